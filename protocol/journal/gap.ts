import { FRONT_BYTES } from "./inputs.ts";

/**
 * The body of a GAP record: which records had to make way before the centre had them, and some of the positions that they told.
 *
 *   first number lost u32 │ last u32 (big end first) │ positions, 11 bytes each, oldest first
 *
 * Of these numbers, those that are nowhere made way: where the block itself held such a record that the centre lacks, they begin
 * with the first that one told.
 *
 * A position is the front of an INPUTS record as it was: a fix that the machine took, to the second and to 0.7 m. Of those
 * in a block every k-th stays, with k so that they are no more than `GAP_POSITIONS_MOST`; those of a GAP record in it count among
 * them, so what is lost first is thinned most.
 */
export const GAP_HEAD_BYTES = 8;
/** Of a block of 4,096 bytes these take a twentieth: one position in a quarter of an hour at a fix a minute. */
export const GAP_POSITIONS_MOST = 16;

/** Whether the bytes from there are a position: the front of inputs without one begins with a 0. */
export function isPosition(bytes: Uint8Array, at: number): boolean {
  return at + FRONT_BYTES <= bytes.length && bytes[at] >= 128;
}
