import type { Fix } from "../../protocol/messages/fix.ts";
import { raiseLost, raiseRestored } from "../alerts/alert.ts";
import { judge } from "../gnss/gate.ts";
import { recordFix } from "../journal/record.ts";
import { noteMotion, noteSpeed, paceOf } from "../motion/still.ts";
import { ACQUIRE_LIMIT_MS, makePlan, NEVER_MS, restAfterFailureMs } from "../sampling/plan.ts";
import { advanceReach, CEILING_MPS, freeCoverM } from "../sampling/reach.ts";
import { noteTtff, ttff95Ms } from "../sampling/ttff.ts";
import { radiusOfDoubtM } from "../zones/watch.ts";
import type { Effect } from "./effects.ts";
import type { BraceletEvent, Motion } from "./events.ts";
import type { BraceletState } from "./state.ts";
import { expireWatches, judgePlace, nextExpiryMs, refreshActivity } from "./whereabouts.ts";

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
  const lostMs = lostAtMs(state);
  return Math.min(lostMs, atMs);
}

function wake(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (nowMs >= state.changeMs) {
    refreshActivity(state, nowMs, effects);
    rejudgeLastFix(state, nowMs);
  }
  if (state.receiver.phase === "acquiring") {
    if (nowMs >= state.receiver.sinceMs + ACQUIRE_LIMIT_MS) giveUp(state, nowMs, effects);
  } else if (nowMs >= state.plan.onMs) switchOn(state, nowMs, effects);
  expireWatches(state, nowMs, effects);
  if (nowMs >= lostAtMs(state)) {
    state.lost = true;
    state.lostThisStay = true;
    raiseLost(state, nowMs, effects);
  }
}

function switchOn(state: BraceletState, nowMs: number, effects: Effect[]): void {
  state.receiver = { phase: "acquiring", sinceMs: nowMs, solvedMs: undefined };
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
  // Bytes may still arrive after the power went, and before a fix that could confirm anything.
  if (receiver.phase === "off" || nowMs < state.plan.wantedFromMs) return;
  const verdict = judge(state.gate, fix, nowMs);
  effects.push({ kind: "fix.judged", fix: fix, accepted: verdict.ok, reason: verdict.ok ? undefined : verdict.reason });
  if (!verdict.ok) return;
  if (receiver.solvedMs === undefined) receiver.solvedMs = nowMs;
  const doubtM = radiusOfDoubtM(fix.hAccMm);
  if (!isGoodEnough(state, doubtM) && nowMs - receiver.solvedMs < SETTLE_MS) return;
  noteTtff(
    state.ttff,
    nowMs - receiver.sinceMs,
    state.fixMs === undefined ? undefined : receiver.sinceMs - state.fixMs,
  );
  acceptFix(state, fix, doubtM, nowMs, effects);
}

function isGoodEnough(state: BraceletState, doubtM: number): boolean {
  return doubtM <= GOOD_DOUBT_M || (state.fixMs !== undefined && state.reach.slackM > FAR_RATIO * doubtM);
}

function acceptFix(state: BraceletState, fix: Fix, doubtM: number, nowMs: number, effects: Effect[]): void {
  recordFix(fix, effects);
  noteSpeed(state.belief, fix.speedMmps, nowMs);
  state.fixMs = nowMs;
  state.fix = fix;
  state.fixDoubtM = doubtM;
  state.failures = 0;
  if (state.lost) {
    state.lost = false;
    raiseRestored(state, fix, nowMs, effects);
  }
  const nearestM = judgePlace(state, fix, nowMs, effects);
  state.reach = {
    pace: paceOf(state.belief),
    slackM: nearestM - DOUBTS * doubtM,
    speedMps: startSpeedMps(fix.speedMmps),
    atMs: nowMs,
  };
  state.plan.touchMs = NEVER_MS;
  switchOff(state, effects);
  replan(state, nowMs);
}

/** κ of design §7: two radii of doubt hold the truth in 86 of 100 fixes, and the rest of them is mostly far from a boundary. */
const DOUBTS = 2;
/** Doppler speed is good to this. Metres per second. */
const DOPPLER_DOUBT_MPS = 0.5;

function startSpeedMps(speedMmps: number | undefined): number {
  if (speedMmps === undefined) return CEILING_MPS;
  const mps = speedMmps / 1000 + DOPPLER_DOUBT_MPS;
  return Math.min(mps, CEILING_MPS);
}

/** The sensor may be this late to notice that a body set off. Milliseconds. */
const ONSET_MS = 5_000;

function takeMotion(state: BraceletState, motion: Motion, nowMs: number): void {
  advanceReach(state.reach, nowMs);
  const before = state.reach.pace;
  noteMotion(state.belief, motion);
  if (motion !== "still") state.lostThisStay = false;
  state.reach.pace = paceOf(state.belief);
  if (before === "still" && state.reach.pace !== "still") {
    state.reach.slackM -= freeCoverM(0, ONSET_MS / 1000);
    state.reach.speedMps = (3 * ONSET_MS) / 1000;
  }
  replanAfterMotion(state, nowMs);
}

function replanAfterMotion(state: BraceletState, nowMs: number): void {
  if (state.receiver.phase === "acquiring") return;
  // After a failure the retry stands, unless the wearer sets off: then the sky may have opened.
  if (state.failures > 0 && state.belief.motion === "still") return;
  if (state.failures > 0) {
    state.plan.onMs = Math.min(state.plan.onMs, nowMs + REST_ON_MOTION_MS);
    return;
  }
  replan(state, nowMs);
}

/** After failed acquisitions, setting off brings the next one forward to this. */
const REST_ON_MOTION_MS = 20_000;

function replan(state: BraceletState, nowMs: number): void {
  advanceReach(state.reach, nowMs);
  const fixMs = state.fixMs === undefined ? nowMs : state.fixMs;
  state.plan = makePlan({
    fixMs: fixMs,
    reach: state.reach,
    touchedMs: state.plan.touchMs,
    delayMs: state.duty.delayMs,
    heartbeatMs: state.duty.heartbeatMs,
    ttff95Ms: ttff95Ms(state.ttff, state.fixMs === undefined ? undefined : 0),
    close: state.close,
    stillFixes: state.reach.pace === "still" ? state.belief.slowFixes : 0,
    stillSinceMs: state.belief.firstSlowMs,
  });
}

/** A zone began or ceased to count: the last fix is judged anew by what it could have become since. */
function rejudgeLastFix(state: BraceletState, nowMs: number): void {
  if (state.fixMs === undefined || state.receiver.phase === "acquiring") return;
  // The ground covered since the fix is unknown, so the next look is due as if a boundary had just been touched.
  state.reach.slackM = 0;
  state.plan.touchMs = nowMs;
  replan(state, nowMs);
}

function giveUp(state: BraceletState, nowMs: number, effects: Effect[]): void {
  switchOff(state, effects);
  state.failures += 1;
  advanceReach(state.reach, nowMs);
  // Once the loss is told, a wearer at rest is in no hurry: his basement would empty the battery.
  const resting = state.reach.pace === "still" || (state.lost && state.belief.motion === "still");
  const near = state.reach.slackM <= 0 && !resting;
  const onMs = nowMs + restAfterFailureMs(state.failures, near, state.duty.heartbeatMs);
  const touchMs = state.plan.touchMs;
  state.plan = { onMs: onMs, wantedFromMs: onMs, touchMs: touchMs };
}

/** When `location-lost` is due unless a fix comes first: by the promise near a zone, after the heartbeat elsewhere. */
function lostAtMs(state: BraceletState): number {
  if (state.lost || (state.lostThisStay && state.reach.pace === "still")) return NEVER_MS;
  const sinceMs = state.fixMs === undefined ? state.plan.touchMs + FIRST_FIX_MS : state.fixMs + state.duty.heartbeatMs;
  const heartbeatMs = sinceMs + state.duty.delayMs;
  const promiseMs = state.fixMs === undefined ? NEVER_MS : state.plan.touchMs + state.duty.delayMs;
  return Math.min(promiseMs, heartbeatMs);
}

/** After a boot the first fix may need a cold start or two. */
const FIRST_FIX_MS = 120_000;
