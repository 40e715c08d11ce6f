import { FRONT_BYTES } from "./inputs.ts";

/**
 * The body of a GAP record: which records had to make way before the centre had them, and some of the positions that they told.
 *
 *   spans: first number lost u32 │ last u32 (big end first), ascending, apart │ positions, 11 bytes each, oldest first
 *
 * Of these numbers, those that are nowhere made way; between the spans nothing did. They are those of the block, from the
 * first that the centre lacked, and those that GAP records in it told. Should there ever be more than `GAP_SPANS_MOST`, the two
 * oldest become one with what lies between them: then it says too much, never too little.
 *
 * A position is the front of an INPUTS record as it was: a fix that the machine took, to the second and to 0.7 m. Of those
 * in a block every k-th stays, with k so that they are no more than `GAP_POSITIONS_MOST`; those of a GAP record in it count among
 * them, so what is lost first is thinned most.
 */
export const GAP_SPAN_BYTES = 8;
/** Between two spans stand an alert's block and the one before it: a ring of 96 blocks has no more. */
export const GAP_SPANS_MOST = 32;
/** Of a block of 4,096 bytes these take a twentieth: one position in a quarter of an hour at a fix a minute. */
export const GAP_POSITIONS_MOST = 16;

/** Whether the bytes from there are a position: the front of inputs without one begins with a 0, and so do numbers. */
export function isPosition(bytes: Uint8Array, at: number): boolean {
  return at + FRONT_BYTES <= bytes.length && bytes[at] >= 128;
}

/** Whether they are a span. */
export function isSpan(bytes: Uint8Array, at: number): boolean {
  return at + GAP_SPAN_BYTES <= bytes.length && bytes[at] < 128;
}
