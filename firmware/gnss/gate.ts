import type { Fix } from "../../protocol/messages/fix.ts";
import { createMetric, distance2, type Metric, setMetric, wrapE7 } from "../zones/geometry.ts";

/**
 * Which solutions to believe. Receivers repeat their last fix after losing lock, lie about their accuracy, roll their week
 * over; each is dropped under its own name, and a run of dropped ones that agree with each other is believed in the end.
 */
export interface Gate {
  /** Receiver's time of the last fix seen, believed or not; −1: none. */
  seenMs: number;
  /** The last believed fix. */
  acceptedMs: number;
  latE7: number;
  lonE7: number;
  hAccMm: number;
  /** Fixes in a row that were dropped for their speed and agree with each other, and the last of them. */
  agreeing: number;
  doubtedMs: number;
  doubtedLatE7: number;
  doubtedLonE7: number;
  metric: Metric;
}

export type GateReason =
  | "gate.no-time"
  | "gate.week-rollover"
  | "gate.stale"
  | "gate.future"
  | "gate.repeated"
  | "gate.2d"
  | "gate.implausible-accuracy"
  | "gate.implausible-speed";

export type GateVerdict = { ok: true } | { ok: false; reason: GateReason };

/** v_max of the speed model (design §7). Metres per second. */
const SPEED_LIMIT_MPS = 60;
const SPEED_LIMIT_MMPS = 60_000;
/** A receiver's clock and ours agree to this; older is a fix from before it lost lock, newer is no time at all. */
const STALE_MS = 10_000;
/** 1,024 weeks: where the week number of GPS rolls over. */
const ROLLOVER_MS = 1_024 * 7 * 86_400_000;
const ROLLOVER_SLACK_MS = 86_400_000;
/** A claim below this is no measurement: the best receivers of this class reach half a metre. */
const ACCURACY_LEAST_MM = 100;
/** Beyond this a fix says only in which quarter the wearer is. */
const ACCURACY_MOST_MM = 200_000;
/** Without height the position is worth believing only if the receiver itself says it is good. */
const FLAT_ACCURACY_MOST_MM = 50_000;
/** Metres of error that no claim covers. */
const SLACK_M = 50;
/** Dropped fixes that agree with each other, after which the old position is the one that was wrong. */
const AGREEING_LIMIT = 3;
const ASSUMED_ACCURACY_MM = 30_000;

const OK: GateVerdict = { ok: true };

export function createGate(): Gate {
  return {
    seenMs: -1,
    acceptedMs: -1,
    latE7: 0,
    lonE7: 0,
    hAccMm: 0,
    agreeing: 0,
    doubtedMs: 0,
    doubtedLatE7: 0,
    doubtedLonE7: 0,
    metric: createMetric(),
  };
}

/** Judges one fix. `nowMs`: the device's clock, `undefined` while it is unknown. */
export function judge(gate: Gate, fix: Fix, nowMs: number | undefined): GateVerdict {
  const timeMs = fix.timeMs;
  if (timeMs === undefined) return drop("gate.no-time");
  if (nowMs !== undefined && isRolledOver(timeMs, nowMs)) return drop("gate.week-rollover");
  const seenMs = gate.seenMs;
  // Believed, one wrong date ahead would make every later fix stale.
  if (nowMs !== undefined && timeMs - nowMs > STALE_MS) return drop("gate.future");
  if (timeMs === seenMs) return drop("gate.repeated");
  if (timeMs < seenMs || (nowMs !== undefined && nowMs - timeMs > STALE_MS)) return drop("gate.stale");
  gate.seenMs = timeMs;
  if (fix.dimensions < 3 && (fix.hAccMm === undefined || fix.hAccMm > FLAT_ACCURACY_MOST_MM)) return drop("gate.2d");
  if (fix.hAccMm !== undefined && (fix.hAccMm < ACCURACY_LEAST_MM || fix.hAccMm > ACCURACY_MOST_MM)) {
    return drop("gate.implausible-accuracy");
  }
  if (fix.speedMmps !== undefined && fix.speedMmps > SPEED_LIMIT_MMPS) return drop("gate.implausible-speed");
  if (gate.acceptedMs >= 0 && isTooFar(gate, fix, timeMs) && !agrees(gate, fix, timeMs))
    return drop("gate.implausible-speed");
  accept(gate, fix, timeMs);
  return OK;
}

function drop(reason: GateReason): GateVerdict {
  return { ok: false, reason: reason };
}

function isRolledOver(timeMs: number, nowMs: number): boolean {
  const offMs = nowMs - timeMs;
  if (offMs < ROLLOVER_MS / 2) return false;
  const turns = Math.floor(offMs / ROLLOVER_MS + 0.5);
  const restMs = offMs - turns * ROLLOVER_MS;
  return restMs < ROLLOVER_SLACK_MS && restMs > -ROLLOVER_SLACK_MS;
}

function accuracyOf(fix: Fix): number {
  return fix.hAccMm === undefined ? ASSUMED_ACCURACY_MM : fix.hAccMm;
}

function isTooFar(gate: Gate, fix: Fix, timeMs: number): boolean {
  const allowedM =
    SLACK_M + (SPEED_LIMIT_MPS * (timeMs - gate.acceptedMs) + 2 * (gate.hAccMm + accuracyOf(fix))) / 1000;
  return isFurther(gate, gate.latE7, gate.lonE7, fix, allowedM);
}

function isFurther(gate: Gate, latE7: number, lonE7: number, fix: Fix, metres: number): boolean {
  setMetric(gate.metric, fix.latE7);
  return distance2(gate.metric, wrapE7(lonE7 - fix.lonE7), latE7 - fix.latE7) > metres * metres;
}

/** Counts the dropped fixes that follow from each other; the last of enough of them is believed. */
function agrees(gate: Gate, fix: Fix, timeMs: number): boolean {
  const allowedM = SLACK_M + (SPEED_LIMIT_MPS * (timeMs - gate.doubtedMs)) / 1000;
  const follows = gate.agreeing > 0 && !isFurther(gate, gate.doubtedLatE7, gate.doubtedLonE7, fix, allowedM);
  gate.agreeing = follows ? gate.agreeing + 1 : 1;
  gate.doubtedMs = timeMs;
  gate.doubtedLatE7 = fix.latE7;
  gate.doubtedLonE7 = fix.lonE7;
  return gate.agreeing > AGREEING_LIMIT;
}

function accept(gate: Gate, fix: Fix, timeMs: number): void {
  gate.agreeing = 0;
  gate.acceptedMs = timeMs;
  gate.latE7 = fix.latE7;
  gate.lonE7 = fix.lonE7;
  gate.hAccMm = accuracyOf(fix);
}
