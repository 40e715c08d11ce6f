/**
 * Small things that nobody with a clip on the bulk flash can read or rewind: keys, counters, the journal's ratchet. They lie
 * on the chip. Contract (tested for every implementation): a write is atomic, so that after a power cut the old or the new
 * stands, whole; erased means overwritten in place and read back.
 */
export interface Secrets {
  /** A copy of what stands in the slot; `undefined`: nothing. Slots are numbers of `secrets/slots.ts`. */
  read(slot: number): Uint8Array | undefined;
  /** At most `SECRET_MOST_BYTES`; what stood there before is overwritten. `false`: it could not be written, and the old one stands. */
  write(slot: number, bytes: Uint8Array): boolean;
  /** `false`: what stood there can still be read. */
  erase(slot: number): boolean;
}

/** The longest secret: the ratchet with its numbers, or the state of an update. */
export const SECRET_MOST_BYTES = 64;
