/** A source of random bytes fit for keys. */
export interface Random {
  /** Fills the array; `false` when the source is not available, and then nothing may be sealed with it. */
  fill(into: Uint8Array): boolean;
}
