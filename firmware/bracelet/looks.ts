import type { Fix } from "../../protocol/messages/fix.ts";
import { raiseState } from "../alerts/alert.ts";
import { type GateVerdict, judge } from "../gnss/gate.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { noteSpeed, paceOf } from "../motion/still.ts";
import { makePlan, promisedOnMs, restAfterFailureMs } from "../sampling/plan.ts";
import { advanceReach, CEILING_MPS, reachFrom, touchAtMs } from "../sampling/reach.ts";
import { noteTtff, ttff95Ms } from "../sampling/ttff.ts";
import { noteRepeat } from "../tamper/frozen.ts";
import { clearLoss, noteFound, noteLost } from "../tamper/loss.ts";
import { noteDarkness } from "../tamper/shielding.ts";
import { JAMMING } from "../tamper/signal.ts";
import { noteGoodTime, noteOffTime } from "../tamper/steps.ts";
import { deviceOf, errorOf, guessAnew, type TimeState, takeOutsideTime, utcOf } from "../time/trusted.ts";
import { metresBetween } from "../zones/geometry.ts";
import { claimedDoubtM, radiusOfDoubtM } from "../zones/watch.ts";
import type { Effect } from "./effects.ts";
import type { BraceletState, Held } from "./state.ts";
import { DOUBTS, judgePlace } from "./whereabouts.ts";

/**
 * Looking for the wearer: when the receiver goes on, which of its fixes count and what follows from one, and what is said where
 * none comes. The machine's own part; it calls these with its state.
 */
/** A look at once, where there is somebody to look for. */
export function lookNow(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (!state.watching) return;
  state.plan = { onMs: nowMs, wantedFromMs: nowMs };
  if (state.receiver.phase === "off") switchOn(state, nowMs, effects);
}

export function switchOn(state: BraceletState, nowMs: number, effects: Effect[]): void {
  state.receiver = { phase: "acquiring", sinceMs: nowMs, solvedMs: undefined, held: undefined };
  effects.push({ kind: "gnss.power", on: true });
}

export function switchOff(state: BraceletState, effects: Effect[]): void {
  state.receiver = { phase: "off" };
  // What was seen for less than it takes to be told is not told of a receiver that sees nothing.
  if (!state.tamper.signals[JAMMING].raised) state.tamper.jammed = false;
  effects.push({ kind: "gnss.power", on: false });
}

/** A fix this good is taken at once; a worse one waits for the receiver to settle. Metres. */
const GOOD_DOUBT_M = 12;
/** Or one this much nearer to the truth than the boundary is to the wearer. */
const FAR_RATIO = 20;
/** How long a receiver settles after its first solution. */
const SETTLE_MS = 8_000;

export function takeFix(state: BraceletState, fix: Fix, nowMs: number, effects: Effect[]): void {
  const receiver = state.receiver;
  // Bytes may still arrive after the power went.
  if (receiver.phase === "off") return;
  noteRepeat(state.tamper.frozen, fix, state.belief.motion);
  const verdict = judgeFix(state, fix, nowMs);
  if (!verdict.ok) {
    effects.push({ kind: "fix.judged", fix: fix, accepted: false, reason: verdict.reason });
    return;
  }
  state.tamper.jammed = false;
  if (receiver.solvedMs === undefined) receiver.solvedMs = nowMs;
  // It settles meanwhile, but a fix this soon could confirm nothing.
  if (nowMs < state.plan.wantedFromMs) return;
  receiver.held = { fix: fix, atMs: nowMs };
  if (isGoodEnough(state, fix) || nowMs - receiver.solvedMs >= SETTLE_MS)
    acceptFix(state, receiver.held, receiver.sinceMs, nowMs, effects);
}

/** The gate's verdict; and what the receiver's time says of ours. */
function judgeFix(state: BraceletState, fix: Fix, nowMs: number): GateVerdict {
  const time = state.time;
  const steps = state.tamper.steps;
  const isTimed = time.word === "sealed";
  const verdict = judge(state.gate, fix, isTimed ? utcOf(time, nowMs) : undefined, errorOf(time, nowMs));
  const timeMs = fix.timeMs;
  if (timeMs === undefined) return verdict;
  if (verdict.ok) {
    if (takeOutsideTime(time, timeMs, timeMs + FIX_AGE_MS, nowMs)) noteGoodTime(steps);
    else if (!isTimed) {
      steps.gnss = true;
      guessAnew(time, timeMs, nowMs);
    }
  } else if (isTimed && (verdict.reason === "gate.future" || verdict.reason === "gate.stale"))
    noteOffTime(steps, timeMs - utcOf(time, nowMs), nowMs);
  return verdict;
}

/** A fix comes so late after its instant at most, unless something is wrong. */
const FIX_AGE_MS = 5_000;

function isGoodEnough(state: BraceletState, fix: Fix): boolean {
  // A receiver that claims nothing would never claim better.
  if (fix.hAccMm === undefined) return true;
  const doubtM = claimedDoubtM(fix.hAccMm);
  return doubtM <= GOOD_DOUBT_M || (state.fixMs !== undefined && state.reach.slackM > FAR_RATIO * doubtM);
}

function acceptFix(state: BraceletState, held: Held, onMs: number, nowMs: number, effects: Effect[]): void {
  const fix = held.fix;
  effects.push({ kind: "fix.judged", fix: fix, accepted: true, reason: undefined });
  noteTtff(state.ttff, nowMs - onMs, state.fixMs === undefined ? undefined : onMs - state.fixMs);
  // What was held for long may be from before the present stillness, and is no witness of it.
  if (held.atMs === nowMs) noteSpeed(state.belief, fix.speedMmps, nowMs);
  const beyondM = metresBeyondDoubt(state, fix);
  if (state.fixMs !== undefined)
    state.tamper.teleported = beyondM > TELEPORT_LEAST_M + (FASTEST_MPS * (held.atMs - state.fixMs)) / 1000;
  state.fixMs = held.atMs;
  state.fix = fix;
  state.fixDoubtM = radiusOfDoubtM(fix.hAccMm);
  state.failures = 0;
  noteDarkness(state);
  // Until fixes have come for so long, it is the same loss; elsewhere, it is over.
  noteFound(state.loss, beyondM > ELSEWHERE_M ? 0 : 2 * state.duty.heartbeatMs, nowMs);
  answerLocate(state, fix, effects);
  // Whom the sensor has at rest since the last fix cannot be elsewhere: one of the two fixes lies, and another look is due.
  state.strange = beyondM > 0 && state.reach.pace === "still";
  advanceReach(state.reach, nowMs);
  state.dueMs = touchAtMs(state.reach, state.duty.heartbeatMs) + state.duty.delayMs;
  const slackM = judgePlace(state, fix, nowMs, effects) - DOUBTS * claimedDoubtM(fix.hAccMm);
  state.reach = reachFrom(paceOf(state.belief), slackM, startSpeedMps(fix.speedMmps), takenMs(state.time, fix, nowMs));
  switchOff(state, effects);
  replan(state, nowMs);
}

/** Metres from the last fix to this one beyond what both may be off; negative: they may be of one place, or there is no last one. */
function metresBeyondDoubt(state: BraceletState, fix: Fix): number {
  const last = state.fix;
  if (last === undefined) return -1;
  const allowedM = STRANGE_DOUBTS * (claimedDoubtM(last.hAccMm) + claimedDoubtM(fix.hAccMm));
  return metresBetween(state.look.metric, last, fix) - allowedM;
}

/** Faster than any train, and a jump that no error of position explains: believed by the gate in the end, for it was repeated. */
const FASTEST_MPS = 100;
const TELEPORT_LEAST_M = 500;

/** Honest claims of two fixes are not exceeded together by so many times. */
const STRANGE_DOUBTS = 3;
/** Doppler speed is good to this. Metres per second. */
const DOPPLER_DOUBT_MPS = 0.5;

/** Another place than that of the loss, whatever both fixes' errors. Metres. */
const ELSEWHERE_M = 150;

function startSpeedMps(speedMmps: number | undefined): number {
  if (speedMmps === undefined) return CEILING_MPS;
  const mps = speedMmps / 1000 + DOPPLER_DOUBT_MPS;
  return Math.min(mps, CEILING_MPS);
}

/** When the body was there, by the device's clock: the gate has seen to it that a fix is young, but it may be some seconds old. */
function takenMs(time: TimeState, fix: Fix, nowMs: number): number {
  return fix.timeMs === undefined ? nowMs : Math.min(deviceOf(time, fix.timeMs), nowMs);
}

/** Settles when to switch on next; while the receiver is on, only how long the promise can wait is at stake. */
export function replan(state: BraceletState, nowMs: number): void {
  advanceReach(state.reach, nowMs);
  if (state.receiver.phase === "acquiring" || !state.watching) return;
  if (state.failures > 0) {
    planRetry(state, nowMs);
    return;
  }
  state.plan = makePlan({
    fixMs: state.fixMs === undefined ? nowMs : state.fixMs,
    touchMs: touchAtMs(state.reach, 2 * state.duty.heartbeatMs),
    delayMs: state.duty.delayMs,
    heartbeatMs: state.duty.heartbeatMs,
    ttff: state.ttff,
    close: state.close || state.strange,
    stillFixes: state.reach.pace === "still" ? state.belief.slowFixes : 0,
    stillSinceMs: state.belief.firstSlowMs,
  });
}

/** After a failure the retry stands, unless the promise wants the next look before it. */
function planRetry(state: BraceletState, nowMs: number): void {
  const touchMs = touchAtMs(state.reach, 2 * state.duty.heartbeatMs);
  const promisedMs = promisedOnMs(touchMs, state.duty.delayMs, ttff95Ms(state.ttff, 0));
  const onMs = promisedMs > nowMs && promisedMs < state.retryMs ? promisedMs : state.retryMs;
  state.plan = { onMs: onMs, wantedFromMs: onMs };
}

export function giveUp(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const receiver = state.receiver;
  if (receiver.phase === "acquiring" && receiver.held !== undefined) {
    // A poor fix says more than none.
    acceptFix(state, receiver.held, receiver.sinceMs, nowMs, effects);
    return;
  }
  switchOff(state, effects);
  state.failures += 1;
  noteDarkness(state);
  answerLocate(state, undefined, effects);
  advanceReach(state.reach, nowMs);
  // Once the loss is told, a wearer at rest is in no hurry: his basement would empty the battery.
  const resting = state.reach.pace === "still" || (state.loss.lost && state.belief.motion === "still");
  const near = state.reach.slackM <= 0 && !resting;
  state.retryMs = nowMs + restAfterFailureMs(state.failures, near, state.duty.heartbeatMs);
  planRetry(state, nowMs);
}

export function answerLocate(state: BraceletState, fix: Fix | undefined, effects: Effect[]): void {
  if (!state.locating) return;
  state.locating = false;
  effects.push({ kind: "located", fix: fix });
}

/** When a fix must have come: by the promise near a zone, after the heartbeat elsewhere. */
export function lostAtMs(state: BraceletState): number {
  const loss = state.loss;
  if ((loss.lost && loss.near) || !state.watching) return NEVER_MS;
  // Before the first fix the wearer may be anywhere, inside a zone too.
  const touchMs = touchAtMs(state.reach, state.duty.heartbeatMs);
  // Whom one knows to be lost, far from any zone, may come to be in one.
  const beatMs = loss.lost ? NEVER_MS : state.reach.fixMs + state.duty.heartbeatMs;
  return Math.min(touchMs, beatMs) + state.duty.delayMs;
}

export function lose(state: BraceletState, nowMs: number, effects: Effect[]): void {
  advanceReach(state.reach, nowMs);
  const telling = noteLost(state.loss, state.reach.slackM <= 0, nowMs);
  if (telling === "none") return;
  const sinceMs = state.fixMs === undefined ? nowMs : state.fixMs;
  raiseState(state, "location-lost", telling, sinceMs, nowMs, effects);
}

export function restore(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (clearLoss(state.loss, nowMs)) raiseState(state, "location-lost", "cleared", nowMs, nowMs, effects);
}
