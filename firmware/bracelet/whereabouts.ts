import type { Fix } from "../../protocol/messages/fix.ts";
import { raiseZone } from "../alerts/alert.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { moveBoundary } from "../sampling/reach.ts";
import { distanceToZone, look as lookAround } from "../zones/membership.ts";
import { zoneBufferM, zoneCount, zoneKind, zoneWindows } from "../zones/pack.ts";
import { isZoneActive, nextScheduleChangeMs } from "../zones/schedule.ts";
import { claimedDoubtM, expire, expiresAtMs, look as lookAtZone, type Watch } from "../zones/watch.ts";
import type { Effect } from "./effects.ts";
import type { BraceletState } from "./state.ts";

/** κ of design §7: two radii of doubt hold the truth in 86 of 100 fixes, and the rest of them is mostly far from a boundary. */
export const DOUBTS = 2;
/** Leaving is judged this far out, metres: the hysteresis and a little. */
const LEAVING_M = 15;

/**
 * Judges every zone that is near the fix and every one that is being watched.
 * Returns metres to the nearest boundary that counts now; `state.close` says whether the fixed cadence holds.
 */
export function judgePlace(state: BraceletState, fix: Fix, nowMs: number, effects: Effect[]): number {
  const near = state.look;
  const doubtM = state.fixDoubtM;
  lookAround(state.pack, fix.latE7, fix.lonE7, doubtM + LEAVING_M + state.widestBufferM, state.active, near);
  const kept: Watch[] = [];
  let inBuffer = false;
  for (let i = 0; i < near.count; i++) {
    const zone = near.zone[i];
    if (zoneKind(state.pack, zone) === "inclusion") continue;
    const signedM = near.signedM[i];
    if (signedM - doubtM <= zoneBufferM(state.pack, zone) && zoneBufferM(state.pack, zone) > 0) inBuffer = true;
    lookOnce(state, zone, signedM, fix, nowMs, kept, effects);
  }
  leaveTheRest(state, fix, nowMs, kept, effects);
  judgeInclusions(state, fix, nowMs, kept, effects);
  state.watches = kept;
  state.close = inBuffer || kept.length > 0;
  return near.nearestM;
}

function lookOnce(
  state: BraceletState,
  zone: number,
  signedM: number,
  fix: Fix,
  nowMs: number,
  kept: Watch[],
  effects: Effect[],
): void {
  const seen = lookAtZone(watchOf(state, zone), zone, signedM, state.fixDoubtM, nowMs, state.dueMs);
  if (seen.turn !== "none") raiseZone(state, zone, seen.turn, sinceOf(seen.watch, nowMs), fix, signedM, nowMs, effects);
  if (seen.watch.phase !== "outside") kept.push(seen.watch);
}

/** Zones watched before and no longer near have been left. */
function leaveTheRest(state: BraceletState, fix: Fix, nowMs: number, kept: Watch[], effects: Effect[]): void {
  for (const watch of state.watches) {
    if (watch.phase === "outside" || zoneKind(state.pack, watch.zone) === "inclusion") continue;
    if (state.active[watch.zone] === 0 || isNear(state, watch.zone)) continue;
    const signedM = distanceToZone(state.pack, watch.zone, fix.latE7, fix.lonE7, state.look);
    lookOnce(state, watch.zone, signedM, fix, nowMs, kept, effects);
  }
}

/** Outside an inclusion zone is where the wearer must not be, so its distances change sign. */
function judgeInclusions(state: BraceletState, fix: Fix, nowMs: number, kept: Watch[], effects: Effect[]): void {
  const zones = zoneCount(state.pack);
  for (let zone = 0; zone < zones; zone++) {
    if (state.active[zone] === 0 || zoneKind(state.pack, zone) !== "inclusion") continue;
    const signedM = distanceToZone(state.pack, zone, fix.latE7, fix.lonE7, state.look);
    lookOnce(state, zone, -signedM, fix, nowMs, kept, effects);
  }
}

function isNear(state: BraceletState, zone: number): boolean {
  for (let i = 0; i < state.look.count; i++) if (state.look.zone[i] === zone) return true;
  return false;
}

function watchOf(state: BraceletState, zone: number): Watch {
  for (const watch of state.watches) if (watch.phase !== "outside" && watch.zone === zone) return watch;
  return { phase: "outside" };
}

function sinceOf(watch: Watch, nowMs: number): number {
  return watch.phase === "outside" ? nowMs : watch.sinceMs;
}

/** Confirmations whose second look never came stand unconfirmed. */
export function expireWatches(state: BraceletState, nowMs: number, effects: Effect[]): void {
  for (let i = 0; i < state.watches.length; i++) {
    const before = state.watches[i];
    const after = expire(before, nowMs);
    if (after.turn === "none" || after.watch.phase === "outside") continue;
    state.watches[i] = after.watch;
    raiseZone(state, after.watch.zone, after.turn, after.watch.sinceMs, state.fix, undefined, nowMs, effects);
  }
}

export function nextExpiryMs(state: BraceletState): number {
  let atMs = NEVER_MS;
  for (const watch of state.watches) {
    if (watch.phase !== "confirming") continue;
    const expiryMs = expiresAtMs(watch);
    if (expiryMs < atMs) atMs = expiryMs;
  }
  return atMs;
}

/** Which zones count now, and when that changes next. A zone that ceases to count is watched no more. */
export function refreshActivity(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const duty = state.duty;
  const inForce = nowMs >= duty.fromMs && (duty.toMs === undefined || nowMs < duty.toMs);
  let changeMs = orderChangeMs(state, nowMs);
  for (let zone = 0; zone < state.active.length; zone++) {
    const windows = zoneWindows(state.pack, zone);
    state.active[zone] = inForce && isZoneActive(windows, duty.utcOffsets, nowMs) ? 1 : 0;
    const atMs = nextScheduleChangeMs(windows, duty.utcOffsets, nowMs);
    if (atMs < changeMs) changeMs = atMs;
  }
  state.changeMs = changeMs;
  const kept: Watch[] = [];
  for (const watch of state.watches) {
    if (watch.phase === "outside") continue;
    if (state.active[watch.zone] === 1) kept.push(watch);
    else if (watch.phase === "inside")
      raiseZone(state, watch.zone, "left", watch.sinceMs, state.fix, undefined, nowMs, effects);
  }
  state.watches = kept;
}

/** A zone began or ceased to count: the last fix is judged anew, and what ground was covered since is remembered. */
export function rejudgeLastFix(state: BraceletState): void {
  const fix = state.fix;
  if (fix === undefined) return;
  const near = state.look;
  const doubtM = claimedDoubtM(fix.hAccMm);
  lookAround(state.pack, fix.latE7, fix.lonE7, doubtM, state.active, near);
  let slackM = near.nearestM - DOUBTS * doubtM;
  for (let i = 0; i < near.count; i++) if (zoneKind(state.pack, near.zone[i]) === "exclusion") slackM = -doubtM;
  const zones = zoneCount(state.pack);
  for (let zone = 0; zone < zones; zone++) {
    if (state.active[zone] === 0 || zoneKind(state.pack, zone) === "exclusion") continue;
    if (distanceToZone(state.pack, zone, fix.latE7, fix.lonE7, near) + doubtM > 0) slackM = -doubtM;
  }
  moveBoundary(state.reach, slackM);
}

function orderChangeMs(state: BraceletState, nowMs: number): number {
  if (nowMs < state.duty.fromMs) return state.duty.fromMs;
  return state.duty.toMs !== undefined && nowMs < state.duty.toMs ? state.duty.toMs : NEVER_MS;
}
