/** A byte pipe to the receiver (UART or DDC). Bytes towards us arrive as calls of the shell, never from inside the core. */
export interface Serial {
  write(bytes: Uint8Array): void;
}
