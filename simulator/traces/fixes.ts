import { createGate, judge } from "../../firmware/gnss/gate.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { navPvtFrame } from "../hardware/nav-pvt.ts";
import { eachFix } from "./recording.ts";
import type { Trace } from "./trace.ts";

/** Every fix of a trace as the device's gate would judge it. A trace without receiver bytes is put through NAV-PVT. */
export function judgeTrace(trace: Trace, onFix: (fix: Fix, reason: string | undefined) => void): void {
  const gate = createGate();
  const take = (fix: Fix, nowMs: number | undefined) => {
    const verdict = judge(gate, fix, nowMs);
    onFix(fix, verdict.ok ? undefined : verdict.reason);
  };
  // A recording has no clock beside its own, so nothing in it is stale or rolled over against another.
  if (trace.raw) eachFix(trace.raw.bytes, (fix) => take(fix, undefined));
  else for (let i = 0; i < trace.points; i++) eachFix(frameOf(trace, i), (fix) => take(fix, undefined));
}

/** For recordings without an accuracy: what a receiver outdoors claims. Metres. */
const ASSUMED_HACC_M = 3;

function frameOf(trace: Trace, row: number): Uint8Array {
  const known = (value: number | undefined, otherwise: number) =>
    value === undefined || Number.isNaN(value) ? otherwise : value;
  return navPvtFrame({
    timeMs: trace.timeMs[row],
    solved: true,
    lat: trace.latE7[row] / 1e7,
    lon: trace.lonE7[row] / 1e7,
    hAccM: known(trace.hAccM?.[row], ASSUMED_HACC_M),
    speedMps: known(trace.speedMps?.[row], 0),
    courseDeg: 0,
    satellites: 10,
  });
}
