import { createGate, judge } from "../../firmware/gnss/gate.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { eachFix } from "./recording.ts";
import { isPossibleTime, LATEST_MS, millimetres, type Trace } from "./trace.ts";

/**
 * Every fix of a trace as the device's gate would judge it: the receiver's own where recorded, else one for each row.
 * `latestMs`: no fix is from later.
 */
export function judgeTrace(
  trace: Trace,
  onFix: (fix: Fix, reason: string | undefined) => void,
  latestMs = LATEST_MS,
): void {
  const gate = createGate();
  // A recording has no clock beside its own, so nothing in it is stale or rolled over against another.
  const take = (fix: Fix) => {
    const { timeMs } = fix;
    // Believed, a date that cannot be would make every later fix stale.
    const known = timeMs !== undefined && isPossibleTime(timeMs, latestMs);
    const verdict = judge(gate, known ? fix : { ...fix, timeMs: undefined }, undefined, 0);
    onFix(fix, verdict.ok ? undefined : verdict.reason);
  };
  if (trace.raw) eachFix(trace.raw.bytes, take);
  else for (let row = 0; row < trace.points; row++) take(fixOf(trace, row));
}

/** What the recording does not say stays unsaid. */
function fixOf(trace: Trace, row: number): Fix {
  return {
    timeMs: trace.timeMs[row],
    latE7: trace.latE7[row],
    lonE7: trace.lonE7[row],
    dimensions: 3,
    hAccMm: millimetres(trace.hAccM?.[row]),
    speedMmps: millimetres(trace.speedMps?.[row]),
    courseCdeg: undefined,
    satellites: undefined,
  };
}
