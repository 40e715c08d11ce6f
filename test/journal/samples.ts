import { GAP_SPAN_BYTES } from "../../protocol/journal/gap.ts";
import { beginInputs, FRONT_BYTES, finishInputs, packInput } from "../../protocol/journal/inputs.ts";
import type { Fix } from "../../protocol/messages/fix.ts";

const START_MS = 1_780_000_000_000;

export function sampleFix(i: number): Fix {
  return {
    timeMs: START_MS + 60_000 * i,
    latE7: 356_800_000 + 700 * i,
    lonE7: 1_397_700_000 - 900 * i,
    dimensions: 3,
    hAccMm: 4_000 + 13 * i,
    speedMmps: 1_200,
    courseCdeg: 9_000,
    satellites: 11,
  };
}

/** An INPUTS record's body: two fixes, a wake, a change of motion and a finding. */
export function sampleInputs(i: number): Uint8Array {
  const packing = beginInputs();
  const nowMs = START_MS + 60_000 * i;
  packInput(packing, { kind: "wake" }, nowMs - 3_000, true, i === 0 ? undefined : sampleFix(i - 1));
  packInput(packing, { kind: "fix", fix: sampleFix(i) }, nowMs + 80, false);
  packInput(packing, { kind: "motion", motion: "walking" }, nowMs + 20_000, false);
  packInput(packing, { kind: "finding", reason: "downlink.replayed" }, nowMs + 30_000, false);
  packInput(packing, { kind: "fix", fix: sampleFix(i + 1) }, nowMs + 60_080, false);
  return finishInputs(packing);
}

/** A GAP record's body of records 7 to 90 with so many positions. */
export function sampleGap(positions: number): Uint8Array {
  const body = new Uint8Array(GAP_SPAN_BYTES + positions * FRONT_BYTES);
  body.set([0, 0, 0, 7, 0, 0, 0, 90]);
  for (let i = 0; i < positions; i++)
    body.set(sampleInputs(i + 1).subarray(0, FRONT_BYTES), GAP_SPAN_BYTES + i * FRONT_BYTES);
  return body;
}
