import type { Fix } from "../../protocol/messages/fix.ts";
import { createMetric, distance2, type Metric, setMetric, wrapE7 } from "../zones/geometry.ts";

/**
 * Which solutions to believe. Receivers repeat their last fix after losing lock, lie about their accuracy, roll their week
 * over; each is dropped under its own name, and a run of dropped ones that agree with each other is believed in the end.
 */
export interface Gate {
  /** Receiver's time of the last fix that was believed, or could have been; −1: none. */
  seenMs: number;
  /** The last believed fix. */
  acceptedMs: number;
  latE7: number;
  lonE7: number;
  hAccMm: number;
  /** It moved faster than the speed model, and what follows from it may as well. */
  fast: boolean;
  /** Fixes in a row that were dropped for their date or speed and follow from each other: how many, the first, the last. */
  agreeing: number;
  first: Doubted;
  last: Doubted;
  metric: Metric;
}

/** A fix that may yet turn out to be the truth. */
interface Doubted {
  timeMs: number;
  latE7: number;
  lonE7: number;
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

/** v_max of the speed model (design §7): a fix that stays below it is plausible by itself. Metres per second. */
const MODEL_MPS = 60;
/** Doppler speed is good to this. Metres per second. */
const DOPPLER_DOUBT_MPS = 2;
/**
 * What is believed of a body that keeps it up. The model's v_max says when to look next; this one only what can be true, for
 * a Shinkansen (89 m/s) must not make the bracelet blind. Metres per second.
 */
const FASTEST_MPS = 100;
/** A receiver's clock and ours agree to this; older is a fix from before it lost lock, newer is no time at all. */
const STALE_MS = 10_000;
/** Without a clock of our own: a recording may pause for a season, but the next fix is not years ahead. */
const LEAP_MS = 365 * 86_400_000;
/** The system's own start, 1980, is what receivers say before they know; nobody was served before 1990. */
const EARLIEST_MS = 631_152_000_000;
/** 1,024 weeks: where the week number of GPS rolls over. */
const ROLLOVER_MS = 1_024 * 7 * 86_400_000;
const ROLLOVER_SLACK_MS = 86_400_000;
/** Beyond this a fix says only in which quarter the wearer is. */
const ACCURACY_MOST_MM = 200_000;
/** Without height the position is worth believing only if the receiver itself says it is good. */
const FLAT_ACCURACY_MOST_MM = 50_000;
/** Metres of error that no claim covers. */
const SLACK_M = 50;
/**
 * Dropped fixes that follow from each other, after which what was believed before is what was wrong. Neighbours share their
 * error, so they must span as much as the fixes that confirm an entry (design §8): one reflection does not last that long.
 */
const AGREEING_LEAST = 4;
const AGREEING_SPAN_MS = 15_000;
const ASSUMED_ACCURACY_MM = 30_000;

const OK: GateVerdict = { ok: true };

export function createGate(): Gate {
  return {
    seenMs: -1,
    acceptedMs: -1,
    latE7: 0,
    lonE7: 0,
    hAccMm: 0,
    fast: false,
    agreeing: 0,
    first: { timeMs: 0, latE7: 0, lonE7: 0 },
    last: { timeMs: 0, latE7: 0, lonE7: 0 },
    metric: createMetric(),
  };
}

/**
 * Judges one fix. `nowMs`: UTC by the device, `undefined` while it is unknown, and `errorMs` by how much that may be off. Without it
 * a date is judged by the last believed one, and as that may itself have been the wrong one, dates that agree with each other
 * are believed in the end.
 */
export function judge(gate: Gate, fix: Fix, nowMs: number | undefined, errorMs: number): GateVerdict {
  const timeMs = fix.timeMs;
  if (timeMs === undefined) return drop("gate.no-time");
  const misdated =
    nowMs === undefined ? undatedReason(gate, timeMs) : datedReason(gate, timeMs, nowMs, STALE_MS + errorMs);
  // With a clock of our own no run of wrong dates is worth believing; and what says nothing new agrees with nothing.
  if (misdated !== undefined && (nowMs !== undefined || !canOutvote(misdated))) return drop(misdated);
  if (misdated === undefined && (nowMs !== undefined || isNext(gate, timeMs))) gate.seenMs = timeMs;
  const poor = poorReason(fix);
  if (poor !== undefined) return drop(poor);
  const reason = misdated !== undefined ? misdated : farReason(gate, fix, timeMs);
  if (reason !== undefined && !agrees(gate, fix, timeMs)) return drop(reason);
  accept(gate, fix, timeMs);
  return OK;
}

function drop(reason: GateReason): GateVerdict {
  return { ok: false, reason: reason };
}

function datedReason(gate: Gate, timeMs: number, nowMs: number, offMostMs: number): GateReason | undefined {
  if (isRolledOver(timeMs, nowMs)) return "gate.week-rollover";
  if (timeMs < EARLIEST_MS) return "gate.no-time";
  // Believed, one wrong date ahead would make every later fix stale.
  if (timeMs - nowMs > offMostMs) return "gate.future";
  if (timeMs === gate.seenMs) return "gate.repeated";
  return timeMs < gate.seenMs || nowMs - timeMs > offMostMs ? "gate.stale" : undefined;
}

function undatedReason(gate: Gate, timeMs: number): GateReason | undefined {
  if (timeMs < EARLIEST_MS) return "gate.no-time";
  if (timeMs === gate.seenMs || (gate.agreeing > 0 && timeMs === gate.last.timeMs)) return "gate.repeated";
  if (gate.acceptedMs < 0) return undefined;
  if (isRolledOver(timeMs, gate.acceptedMs)) return "gate.week-rollover";
  if (timeMs - gate.acceptedMs > LEAP_MS) return "gate.future";
  return timeMs < gate.seenMs ? "gate.stale" : undefined;
}

/** Dates that contradict what was believed, rather than say nothing. */
function canOutvote(reason: GateReason): boolean {
  return reason !== "gate.no-time" && reason !== "gate.repeated";
}

/** A short step on from the last one: so far a date needs no other witness. */
function isNext(gate: Gate, timeMs: number): boolean {
  return gate.seenMs >= 0 && timeMs - gate.seenMs <= STALE_MS;
}

function isRolledOver(timeMs: number, nowMs: number): boolean {
  const offMs = nowMs - timeMs;
  if (offMs < ROLLOVER_MS / 2) return false;
  const turns = Math.floor(offMs / ROLLOVER_MS + 0.5);
  const restMs = offMs - turns * ROLLOVER_MS;
  return restMs < ROLLOVER_SLACK_MS && restMs > -ROLLOVER_SLACK_MS;
}

/** A claim of 0 is no measurement; millimetres are an honest claim of a receiver with corrections, and cost nothing here. */
function poorReason(fix: Fix): GateReason | undefined {
  const hAccMm = fix.hAccMm;
  if (fix.dimensions < 3 && (hAccMm === undefined || hAccMm > FLAT_ACCURACY_MOST_MM)) return "gate.2d";
  if (hAccMm !== undefined && (hAccMm === 0 || hAccMm > ACCURACY_MOST_MM)) return "gate.implausible-accuracy";
  return fix.speedMmps !== undefined && fix.speedMmps > FASTEST_MPS * 1000 ? "gate.implausible-speed" : undefined;
}

function farReason(gate: Gate, fix: Fix, timeMs: number): GateReason | undefined {
  const limitMps = gate.fast ? FASTEST_MPS : MODEL_MPS;
  if (fix.speedMmps !== undefined && fix.speedMmps > (limitMps + DOPPLER_DOUBT_MPS) * 1000)
    return "gate.implausible-speed";
  if (gate.acceptedMs < 0) return undefined;
  const metres2 = distanceTo2(gate, gate, fix);
  const sameM = SLACK_M + (2 * (gate.hAccMm + accuracyOf(fix))) / 1000;
  const allowedM = sameM + (limitMps * (timeMs - gate.acceptedMs)) / 1000;
  const far = metres2 > allowedM * allowedM || (metres2 > sameM * sameM && isOneMore(gate, fix, timeMs, metres2));
  return far ? "gate.implausible-speed" : undefined;
}

/** What came with the doubted ones is one of them, though by now the body could have got there. */
function isOneMore(gate: Gate, fix: Fix, timeMs: number, metres2: number): boolean {
  if (gate.agreeing === 0 || timeMs - gate.last.timeMs > AGREEING_SPAN_MS) return false;
  return distanceTo2(gate, gate.last, fix) < metres2;
}

function accuracyOf(fix: Fix): number {
  return fix.hAccMm === undefined ? ASSUMED_ACCURACY_MM : fix.hAccMm;
}

/** Square metres between a remembered place and a fix. */
function distanceTo2(gate: Gate, place: { latE7: number; lonE7: number }, fix: Fix): number {
  setMetric(gate.metric, fix.latE7);
  return distance2(gate.metric, wrapE7(place.lonE7 - fix.lonE7), place.latE7 - fix.latE7);
}

/** Counts the dropped fixes that follow from each other; the last of enough of them is believed. */
function agrees(gate: Gate, fix: Fix, timeMs: number): boolean {
  if (!follows(gate, fix, timeMs)) {
    gate.agreeing = 0;
    note(gate.first, fix, timeMs);
  }
  gate.agreeing += 1;
  note(gate.last, fix, timeMs);
  const spanMs = timeMs - gate.first.timeMs;
  return gate.agreeing >= AGREEING_LEAST && spanMs >= AGREEING_SPAN_MS && moved(gate, fix, spanMs);
}

function follows(gate: Gate, fix: Fix, timeMs: number): boolean {
  const stepMs = timeMs - gate.last.timeMs;
  if (gate.agreeing === 0 || stepMs <= 0 || stepMs > LEAP_MS) return false;
  const allowedM = SLACK_M + (FASTEST_MPS * stepMs) / 1000;
  return distanceTo2(gate, gate.last, fix) <= allowedM * allowedM;
}

/** A speed beyond the model needs the ground that it covered as its witness; half, for tracks bend and trains brake. */
function moved(gate: Gate, fix: Fix, spanMs: number): boolean {
  if (!isFast(fix)) return true;
  const leastM = (MODEL_MPS * spanMs) / 2000;
  return distanceTo2(gate, gate.first, fix) > leastM * leastM;
}

function isFast(fix: Fix): boolean {
  return fix.speedMmps !== undefined && fix.speedMmps > MODEL_MPS * 1000;
}

function note(doubted: Doubted, fix: Fix, timeMs: number): void {
  doubted.timeMs = timeMs;
  doubted.latE7 = fix.latE7;
  doubted.lonE7 = fix.lonE7;
}

function accept(gate: Gate, fix: Fix, timeMs: number): void {
  gate.agreeing = 0;
  gate.seenMs = timeMs;
  gate.acceptedMs = timeMs;
  gate.latE7 = fix.latE7;
  gate.lonE7 = fix.lonE7;
  gate.hAccMm = accuracyOf(fix);
  gate.fast = isFast(fix);
}
