/**
 * A byte pipe to the receiver (UART or DDC). Bytes towards us arrive as calls of the shell, never from inside the core.
 * Contract (tested for every implementation): what is written goes out whole and in order while the receiver has power and
 * is lost otherwise; an answer is never delivered from within `write`. The caller keeps `bytes` and may write them again.
 */
export interface Serial {
  write(bytes: Uint8Array): void;
}
