import { type BitReader, takeBits } from "./bits.ts";
import { GAP_HEAD_BYTES } from "./gap.ts";
import { createTrack, FRONT_BYTES } from "./inputs.ts";
import { takeFront } from "./read-inputs.ts";

/** Where the wearer was taken to be: UTC ms by the receiver, degrees × 10⁷. */
export interface KeptPosition {
  timeMs: number;
  latE7: number;
  lonE7: number;
}

/** Numbers inclusive. */
export interface Gap {
  from: number;
  to: number;
  positions: KeptPosition[];
}

export type ReadGap = { ok: true; gap: Gap } | { ok: false; reason: "gap.malformed" };

/** Bodies come from outside: what is not whole is refused whole. */
export function readGap(body: Uint8Array): ReadGap {
  const refused: ReadGap = { ok: false, reason: "gap.malformed" };
  if (body.length < GAP_HEAD_BYTES || (body.length - GAP_HEAD_BYTES) % FRONT_BYTES !== 0) return refused;
  const head: BitReader = { bytes: body, pos: 0, failed: false };
  const gap: Gap = { from: takeBits(head, 32), to: takeBits(head, 32), positions: [] };
  if (gap.from < 1 || gap.to < gap.from) return refused;
  for (let at = GAP_HEAD_BYTES; at < body.length; at += FRONT_BYTES) {
    const track = createTrack();
    if (!takeFront({ bytes: body.subarray(at, at + FRONT_BYTES), pos: 0, failed: false }, track)) return refused;
    gap.positions.push({ timeMs: track.timeMs, latE7: track.latE7, lonE7: track.lonE7 });
  }
  return { ok: true, gap };
}
