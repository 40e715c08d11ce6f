import type { Fix } from "../../protocol/messages/fix.ts";
import { raiseLost, raiseRestored } from "../alerts/alert.ts";
import { judge } from "../gnss/gate.ts";
import { recordFix } from "../journal/record.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { noteMotion, noteSpeed, paceOf } from "../motion/still.ts";
import { ACQUIRE_LIMIT_MS, makePlan, promisedOnMs, restAfterFailureMs } from "../sampling/plan.ts";
import { advanceReach, CEILING_MPS, changePace, reachFrom, touchAtMs } from "../sampling/reach.ts";
import { noteTtff, ttff95Ms } from "../sampling/ttff.ts";
import { metresBetween } from "../zones/geometry.ts";
import { claimedDoubtM, radiusOfDoubtM } from "../zones/watch.ts";
import type { Effect } from "./effects.ts";
import type { BraceletEvent, Motion } from "./events.ts";
import type { BraceletState, Held } from "./state.ts";
import { DOUBTS, expireWatches, judgePlace, nextExpiryMs, refreshActivity, rejudgeLastFix } from "./whereabouts.ts";

/**
 * The bracelet: takes one event, changes its state, says what is to be done. `nowMs` is the device's clock.
 * Everything that may depend on the outside comes in as an event, so that the same events give the same effects.
 */
export function step(state: BraceletState, event: BraceletEvent, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  switch (event.kind) {
    case "boot":
      refreshActivity(state, nowMs, effects);
      switchOn(state, nowMs, effects);
      break;
    case "fix":
      takeFix(state, event.fix, nowMs, effects);
      break;
    case "no-fix":
      break;
    case "motion":
      takeMotion(state, event.motion, nowMs);
      break;
    case "wake":
      wake(state, nowMs, effects);
      break;
  }
  return effects;
}

/** When the machine wants to be woken next, milliseconds of the device clock; `NEVER_MS` when nothing is due. */
export function nextWake(state: BraceletState): number {
  let atMs = state.receiver.phase === "off" ? state.plan.onMs : state.receiver.sinceMs + ACQUIRE_LIMIT_MS;
  if (state.changeMs < atMs) atMs = state.changeMs;
  const expiryMs = nextExpiryMs(state);
  if (expiryMs < atMs) atMs = expiryMs;
  return Math.min(lostAtMs(state), atMs);
}

function wake(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (nowMs >= state.changeMs) {
    refreshActivity(state, nowMs, effects);
    advanceReach(state.reach, nowMs);
    rejudgeLastFix(state);
    // A zone that begins to count round a wearer without a sky must not wait for the retry of a quieter time.
    if (state.reach.slackM <= 0) {
      if (state.failures > 0) state.retryMs = nowMs;
      // Nor is a loss near it the loss that was told hours ago.
      state.loss.raisedMs = undefined;
    }
    replan(state, nowMs);
  }
  if (state.receiver.phase === "acquiring") {
    if (nowMs >= state.receiver.sinceMs + ACQUIRE_LIMIT_MS) giveUp(state, nowMs, effects);
  } else if (nowMs >= state.plan.onMs) switchOn(state, nowMs, effects);
  expireWatches(state, nowMs, effects);
  if (nowMs >= lostAtMs(state)) {
    state.loss = { lost: true, raisedMs: nowMs };
    raiseLost(state, nowMs, effects);
  }
}

function switchOn(state: BraceletState, nowMs: number, effects: Effect[]): void {
  state.receiver = { phase: "acquiring", sinceMs: nowMs, solvedMs: undefined, held: undefined };
  effects.push({ kind: "gnss.power", on: true });
}

function switchOff(state: BraceletState, effects: Effect[]): void {
  state.receiver = { phase: "off" };
  effects.push({ kind: "gnss.power", on: false });
}

/** A fix this good is taken at once; a worse one waits for the receiver to settle. Metres. */
const GOOD_DOUBT_M = 12;
/** Or one this much nearer to the truth than the boundary is to the wearer. */
const FAR_RATIO = 20;
/** How long a receiver settles after its first solution. */
const SETTLE_MS = 8_000;

function takeFix(state: BraceletState, fix: Fix, nowMs: number, effects: Effect[]): void {
  const receiver = state.receiver;
  // Bytes may still arrive after the power went.
  if (receiver.phase === "off") return;
  const verdict = judge(state.gate, fix, nowMs);
  if (!verdict.ok) {
    effects.push({ kind: "fix.judged", fix: fix, accepted: false, reason: verdict.reason });
    return;
  }
  if (receiver.solvedMs === undefined) receiver.solvedMs = nowMs;
  // It settles meanwhile, but a fix this soon could confirm nothing.
  if (nowMs < state.plan.wantedFromMs) return;
  receiver.held = { fix: fix, atMs: nowMs };
  if (isGoodEnough(state, fix) || nowMs - receiver.solvedMs >= SETTLE_MS)
    acceptFix(state, receiver.held, receiver.sinceMs, nowMs, effects);
}

function isGoodEnough(state: BraceletState, fix: Fix): boolean {
  // A receiver that claims nothing would never claim better.
  if (fix.hAccMm === undefined) return true;
  const doubtM = claimedDoubtM(fix.hAccMm);
  return doubtM <= GOOD_DOUBT_M || (state.fixMs !== undefined && state.reach.slackM > FAR_RATIO * doubtM);
}

function acceptFix(state: BraceletState, held: Held, onMs: number, nowMs: number, effects: Effect[]): void {
  const fix = held.fix;
  effects.push({ kind: "fix.judged", fix: fix, accepted: true, reason: undefined });
  recordFix(fix, effects);
  noteTtff(state.ttff, nowMs - onMs, state.fixMs === undefined ? undefined : onMs - state.fixMs);
  // What was held for long may be from before the present stillness, and is no witness of it.
  if (held.atMs === nowMs) noteSpeed(state.belief, fix.speedMmps, nowMs);
  state.fixMs = held.atMs;
  state.fix = fix;
  state.fixDoubtM = radiusOfDoubtM(fix.hAccMm);
  state.failures = 0;
  if (state.loss.lost) {
    state.loss.lost = false;
    raiseRestored(state, fix, nowMs, effects);
  }
  state.strange = isStrange(state, fix);
  advanceReach(state.reach, nowMs);
  state.dueMs = touchAtMs(state.reach, state.duty.heartbeatMs) + state.duty.delayMs;
  const slackM = judgePlace(state, fix, nowMs, effects) - DOUBTS * claimedDoubtM(fix.hAccMm);
  state.reach = reachFrom(paceOf(state.belief), slackM, startSpeedMps(fix.speedMmps), takenMs(fix, nowMs));
  switchOff(state, effects);
  replan(state, nowMs);
}

/** Whom the sensor has at rest since the last fix cannot be elsewhere: one of the two fixes lies, and another look is due. */
function isStrange(state: BraceletState, fix: Fix): boolean {
  const last = state.fix;
  if (last === undefined || state.reach.pace !== "still") return false;
  const allowedM = STRANGE_DOUBTS * (claimedDoubtM(last.hAccMm) + claimedDoubtM(fix.hAccMm));
  return metresBetween(state.look.metric, last, fix) > allowedM;
}

/** Honest claims of two fixes are not exceeded together by so many times. */
const STRANGE_DOUBTS = 3;
/** Doppler speed is good to this. Metres per second. */
const DOPPLER_DOUBT_MPS = 0.5;

function startSpeedMps(speedMmps: number | undefined): number {
  if (speedMmps === undefined) return CEILING_MPS;
  const mps = speedMmps / 1000 + DOPPLER_DOUBT_MPS;
  return Math.min(mps, CEILING_MPS);
}

/** When the body was there: the gate has seen to it that a fix is young, but it may be some seconds old. */
function takenMs(fix: Fix, nowMs: number): number {
  return fix.timeMs !== undefined && fix.timeMs < nowMs ? fix.timeMs : nowMs;
}

function takeMotion(state: BraceletState, motion: Motion, nowMs: number): void {
  noteMotion(state.belief, motion);
  changePace(state.reach, paceOf(state.belief), nowMs);
  if (motion !== "still") {
    state.loss.raisedMs = undefined;
    // The sky may open where he goes.
    if (state.failures > 0) state.retryMs = Math.min(state.retryMs, nowMs + RETRY_ON_MOTION_MS);
  }
  replan(state, nowMs);
}

/** After failed acquisitions, setting off brings the next one forward to this. */
const RETRY_ON_MOTION_MS = 20_000;

/** Settles when to switch on next; while the receiver is on, only how long the promise can wait is at stake. */
function replan(state: BraceletState, nowMs: number): void {
  advanceReach(state.reach, nowMs);
  if (state.receiver.phase === "acquiring") return;
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

function giveUp(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const receiver = state.receiver;
  if (receiver.phase === "acquiring" && receiver.held !== undefined) {
    // A poor fix says more than none.
    acceptFix(state, receiver.held, receiver.sinceMs, nowMs, effects);
    return;
  }
  switchOff(state, effects);
  state.failures += 1;
  advanceReach(state.reach, nowMs);
  // Once the loss is told, a wearer at rest is in no hurry: his basement would empty the battery.
  const resting = state.reach.pace === "still" || (state.loss.lost && state.belief.motion === "still");
  const near = state.reach.slackM <= 0 && !resting;
  state.retryMs = nowMs + restAfterFailureMs(state.failures, near, state.duty.heartbeatMs);
  planRetry(state, nowMs);
}

/** When `location-lost` is due unless a fix comes first: by the promise near a zone, after the heartbeat elsewhere. */
function lostAtMs(state: BraceletState): number {
  if (state.loss.lost) return NEVER_MS;
  const raisedMs = state.loss.raisedMs;
  const dueMs = promisedLossMs(state);
  if (raisedMs === undefined || state.reach.pace !== "still") return dueMs;
  return Math.max(dueMs, raisedMs + LOST_AGAIN_MS);
}

/** Before the first fix the wearer may be anywhere, inside a zone too. */
function promisedLossMs(state: BraceletState): number {
  const touchMs = touchAtMs(state.reach, state.duty.heartbeatMs);
  return Math.min(touchMs, state.reach.fixMs + state.duty.heartbeatMs) + state.duty.delayMs;
}

/** A stay without a sky is told at most four times a day. */
const LOST_AGAIN_MS = 6 * 3_600_000;
