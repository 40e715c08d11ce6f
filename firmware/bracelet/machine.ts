import { raiseState } from "../alerts/alert.ts";
import { createGate } from "../gnss/gate.ts";
import type { Radio } from "../gnss/ubx.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { noteMotion, paceOf } from "../motion/still.ts";
import { batteryLevel } from "../power/battery.ts";
import { ACQUIRE_LIMIT_MS } from "../sampling/plan.ts";
import { advanceReach, changePace, reachFrom } from "../sampling/reach.ts";
import { isGrave } from "../tamper/findings.ts";
import { createFrozen } from "../tamper/frozen.ts";
import { isJammed, isQuiet, learnGain } from "../tamper/jamming.ts";
import { endLoss, lossTellsAtMs } from "../tamper/loss.ts";
import { noteDarkness } from "../tamper/shielding.ts";
import { BATTERY, tellAgain } from "../tamper/signal.ts";
import { noteGoodTime } from "../tamper/steps.ts";
import type { Tamper } from "../tamper/tamper.ts";
import { endRemoval, tamperWakeMs, watchTamper } from "../tamper/watch.ts";
import { removalEndMs } from "../tamper/wearing.ts";
import {
  certainlyPastMs,
  deviceOf,
  guessAnew,
  takeKeptTime,
  takeOutsideTime,
  takeSealedTime,
  utcOf,
} from "../time/trusted.ts";
import type { Effect } from "./effects.ts";
import type { BraceletEvent, Motion, TimeSource } from "./events.ts";
import {
  answerLocate,
  giveUp,
  lookNow,
  lose,
  lostAtMs,
  replan,
  restore,
  switchOff,
  switchOn,
  takeFix,
} from "./looks.ts";
import type { BraceletState } from "./state.ts";
import { changeOrder, expireWatches, nextExpiryMs, refreshActivity, rejudgeLastFix } from "./whereabouts.ts";

/**
 * The bracelet: takes one event, changes its state, says what is to be done. `nowMs` is the device's clock.
 * Everything that may depend on the outside comes in as an event, so that the same events give the same effects.
 */
export function step(state: BraceletState, event: BraceletEvent, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  take(state, event, nowMs, effects);
  if (nowMs >= removalEndMs(state.tamper.wearing, state.time)) {
    endRemoval(state.tamper);
    refresh(state, nowMs, effects);
  }
  endOrderByDate(state, nowMs, effects);
  watchTamper(state, nowMs, effects);
  return effects;
}

function take(state: BraceletState, event: BraceletEvent, nowMs: number, effects: Effect[]): void {
  const tamper = state.tamper;
  switch (event.kind) {
    case "boot":
      refresh(state, nowMs, effects);
      break;
    case "fix":
      takeFix(state, event.fix, nowMs, effects);
      break;
    case "motion":
      takeMotion(state, event.motion, nowMs);
      break;
    case "wake":
      wake(state, nowMs, effects);
      break;
    case "strap":
      tamper.strapClosed = event.closed;
      if (!event.closed && tamper.wearing.phase === "removed") {
        tamper.wearing.opened = true;
        refresh(state, nowMs, effects);
      }
      break;
    case "enclosure":
      tamper.enclosureClosed = event.closed;
      break;
    case "usb":
      tamper.usb = event.attached;
      break;
    case "radio":
      takeRadio(state, event.radio);
      break;
    case "coverage":
      tamper.covered = event.attached;
      if (tamper.servedMs === NEVER_MS) tamper.servedMs = nowMs;
      noteDarkness(state);
      break;
    case "served":
      tamper.servedMs = nowMs;
      tamper.silent = false;
      break;
    case "battery":
      takeBattery(tamper, event.percent);
      break;
    case "time":
      takeTime(state, event.utcMs, event.errorMs, event.source, nowMs);
      refresh(state, nowMs, effects);
      break;
    case "order":
      changeOrder(state, event.order, nowMs, effects);
      // Whom no order binds nobody has to watch over, and the next order's strap is armed by who fits it.
      if (event.order === undefined) tamper.wearing = { phase: "loose" };
      refresh(state, nowMs, effects);
      lookNow(state, nowMs, effects);
      break;
    case "fit":
      tamper.wearing = { phase: "worn" };
      // Who puts it on may do so over a cable; a host that comes later is none of his.
      tamper.usb = false;
      refresh(state, nowMs, effects);
      break;
    case "removal":
      tamper.removal = "emergency";
      tamper.wearing = {
        phase: "removed",
        untilMs: event.untilMs,
        takenMs: nowMs - event.spentMin * 60_000,
        emergency: event.emergency,
        opened: !tamper.strapClosed,
        overdue: false,
      };
      refresh(state, nowMs, effects);
      break;
    case "locate":
      state.locating = true;
      lookNow(state, nowMs, effects);
      if (!state.watching) answerLocate(state, undefined, effects);
      break;
    case "finding":
      if (!isGrave(event.reason)) break;
      tamper.found = true;
      tamper.finding = event.reason.substr(0, FINDING_MOST);
      break;
  }
}

/** Of a finding's code, in an alert. */
const FINDING_MOST = 64;

/** When the machine wants to be woken next, milliseconds of the device clock; `NEVER_MS` when nothing is due. */
export function nextWake(state: BraceletState): number {
  let atMs = state.receiver.phase === "off" ? state.plan.onMs : state.receiver.sinceMs + ACQUIRE_LIMIT_MS;
  atMs = Math.min(atMs, deviceOf(state.time, state.changeMs), nextExpiryMs(state));
  atMs = Math.min(atMs, endsAtMs(state), tamperWakeMs(state));
  return Math.min(lostAtMs(state), lossTellsAtMs(state.loss), atMs);
}

function wake(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (utcOf(state.time, nowMs) >= state.changeMs) refresh(state, nowMs, effects);
  if (state.receiver.phase === "acquiring") {
    if (nowMs >= state.receiver.sinceMs + ACQUIRE_LIMIT_MS) giveUp(state, nowMs, effects);
  } else if (nowMs >= state.plan.onMs) switchOn(state, nowMs, effects);
  expireWatches(state, nowMs, effects);
  if (nowMs >= lostAtMs(state)) lose(state, nowMs, effects);
  if (nowMs >= lossTellsAtMs(state.loss)) {
    if (state.loss.lost) lose(state, nowMs, effects);
    else restore(state, nowMs, effects);
  }
}

/** Zones began or ceased to count, or time, order or wearing have changed: what follows for where to look, and when. */
function refresh(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const wasWatching = state.watching;
  refreshActivity(state, nowMs, effects);
  if (!state.watching) {
    if (wasWatching) stopWatching(state, nowMs, effects);
    return;
  }
  if (!wasWatching) {
    // Until the first fix the wearer could be anywhere: no slack.
    state.reach = reachFrom("free", 0, 0, nowMs);
    state.failures = 0;
    lookNow(state, nowMs, effects);
    return;
  }
  advanceReach(state.reach, nowMs);
  rejudgeLastFix(state);
  // A zone that begins to count round a wearer without a sky must not wait for the retry of a quieter time.
  if (state.reach.slackM <= 0) {
    if (state.failures > 0) state.retryMs = nowMs;
    // Nor is a loss near it the loss that was told hours ago.
    if (state.loss.lost) lose(state, nowMs, effects);
  }
  replan(state, nowMs);
}

/** Nobody is to be watched: no position is taken, and the last one is forgotten. */
function stopWatching(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (state.receiver.phase === "acquiring") switchOff(state, effects);
  state.plan = { onMs: NEVER_MS, wantedFromMs: NEVER_MS };
  if (state.loss.raised) {
    endLoss(state.loss);
    raiseState(state, "location-lost", "cleared", nowMs, nowMs, effects);
  }
  state.loss.lost = false;
  state.fix = undefined;
  state.fixMs = undefined;
  state.gate = createGate();
  state.close = false;
  state.strange = false;
  state.failures = 0;
  state.tamper.shielded = false;
  state.tamper.frozen = createFrozen();
  if (state.locating) answerLocate(state, undefined, effects);
}

/** Once, and only on a clock that is trusted; a shell that could not forget it is told again at the next boot. */
function endOrderByDate(state: BraceletState, nowMs: number, effects: Effect[]): void {
  if (nowMs < endsAtMs(state)) return;
  state.ended = true;
  effects.push({ kind: "order.ended" });
}

function endsAtMs(state: BraceletState): number {
  const toMs = state.duty.toMs;
  if (state.order === undefined || state.ended || toMs === undefined) return NEVER_MS;
  return certainlyPastMs(state.time, toMs);
}

function takeTime(state: BraceletState, utcMs: number, errorMs: number, source: TimeSource, nowMs: number): void {
  const steps = state.tamper.steps;
  if (source === "kept") takeKeptTime(state.time, utcMs, errorMs, nowMs);
  if (source === "field") guessAnew(state.time, utcMs, nowMs);
  if (source === "network") {
    steps.network = !takeOutsideTime(state.time, utcMs - errorMs, utcMs + errorMs, nowMs);
    return;
  }
  if (source === "sealed") steps.own = !takeSealedTime(state.time, utcMs, errorMs, nowMs);
  // Receiver and network are held against the new word; and what came from a later time never came.
  steps.network = false;
  noteGoodTime(steps);
  if (state.gate.seenMs > utcMs + errorMs) state.gate = createGate();
}

function takeRadio(state: BraceletState, radio: Radio): void {
  const tamper = state.tamper;
  const receiver = state.receiver;
  const solved = receiver.phase === "acquiring" && receiver.solvedMs !== undefined;
  if (solved && isQuiet(radio)) tamper.agc = learnGain(tamper.agc, radio);
  // Readings of a receiver that is going off are of no sky.
  tamper.jammed = receiver.phase === "acquiring" && isJammed(radio, tamper.agc, solved);
}

/** Each threshold is told once on the way down. */
function takeBattery(tamper: Tamper, percent: number): void {
  const before = tamper.batteryLevel;
  tamper.batteryPercent = percent;
  tamper.batteryLevel = batteryLevel(percent, before);
  if (tamper.batteryLevel > before) tellAgain(tamper.signals[BATTERY]);
}

function takeMotion(state: BraceletState, motion: Motion, nowMs: number): void {
  noteMotion(state.belief, motion);
  changePace(state.reach, paceOf(state.belief), nowMs);
  if (motion !== "still") state.tamper.stillMs = NEVER_MS;
  else if (state.tamper.stillMs === NEVER_MS) state.tamper.stillMs = nowMs;
  noteDarkness(state);
  // The sky may open where he goes.
  if (motion !== "still" && state.failures > 0) state.retryMs = Math.min(state.retryMs, nowMs + RETRY_ON_MOTION_MS);
  replan(state, nowMs);
}

/** After failed acquisitions, setting off brings the next one forward to this. */
const RETRY_ON_MOTION_MS = 20_000;
