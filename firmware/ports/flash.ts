/**
 * Raw flash: bits fall from 1 to 0 by `program`, and only `erase` lifts them, a block at a time.
 * Contract (tested for every implementation): reads see what was programmed; programming is the bitwise AND of what was
 * there and what is written; erase leaves 0xFF in the whole block of its address; an address outside the area is refused by an exception of the shell.
 */
export interface Flash {
  /** Bytes in the area set aside for us. */
  readonly sizeBytes: number;
  /** Bytes an erase clears; a power of two. */
  readonly eraseBytes: number;
  /** Fills `into[0..length)` from `address`. Copies: the caller owns `into`. */
  read(address: number, into: Uint8Array, length: number): void;
  program(address: number, bytes: Uint8Array): void;
  erase(address: number): void;
}
