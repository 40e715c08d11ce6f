import { type BitReader, takeBits } from "./bits.ts";
import { GAP_SPAN_BYTES, GAP_SPANS_MOST, isSpan } from "./gap.ts";
import { createTrack, FRONT_BYTES } from "./inputs.ts";
import { takeFront } from "./read-inputs.ts";

/** Where the wearer was taken to be: UTC ms by the receiver, degrees × 10⁷. */
export interface KeptPosition {
  timeMs: number;
  latE7: number;
  lonE7: number;
}

/** Numbers inclusive. Of those in the spans the ones that are nowhere made way. */
export interface Gap {
  spans: { from: number; to: number }[];
  positions: KeptPosition[];
}

export type ReadGap = { ok: true; gap: Gap } | { ok: false; reason: "gap.malformed" };

/** Bodies come from outside: what is not whole is refused whole. */
export function readGap(body: Uint8Array): ReadGap {
  const refused: ReadGap = { ok: false, reason: "gap.malformed" };
  const gap: Gap = { spans: [], positions: [] };
  const head: BitReader = { bytes: body, pos: 0, failed: false };
  let at = 0;
  for (let last = 0; isSpan(body, at); at += GAP_SPAN_BYTES) {
    const span = { from: takeBits(head, 32), to: takeBits(head, 32) };
    if (span.from <= last || span.to < span.from) return refused;
    last = span.to;
    gap.spans.push(span);
  }
  if (gap.spans.length < 1 || gap.spans.length > GAP_SPANS_MOST || (body.length - at) % FRONT_BYTES !== 0)
    return refused;
  for (; at < body.length; at += FRONT_BYTES) {
    const track = createTrack();
    if (!takeFront({ bytes: body.subarray(at, at + FRONT_BYTES), pos: 0, failed: false }, track)) return refused;
    gap.positions.push({ timeMs: track.timeMs, latE7: track.latE7, lonE7: track.lonE7 });
  }
  return { ok: true, gap };
}
