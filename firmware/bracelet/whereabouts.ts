import type { Fix } from "../../protocol/messages/fix.ts";
import { raiseZone } from "../alerts/alert.ts";
import { NEVER_MS } from "../lib/instant.ts";
import type { OrderInForce } from "../orders/store.ts";
import { moveBoundary } from "../sampling/reach.ts";
import { isTakenOff } from "../tamper/wearing.ts";
import { utcOf } from "../time/trusted.ts";
import { distanceToZone, look as lookAround } from "../zones/membership.ts";
import { zoneBufferM, zoneCount, zoneId, zoneKind, zoneWindows } from "../zones/pack.ts";
import { isZoneActive, nextScheduleChangeMs } from "../zones/schedule.ts";
import { claimedDoubtM, expire, expiresAtMs, look as lookAtZone, type Turn, type Watch } from "../zones/watch.ts";
import type { Effect } from "./effects.ts";
import { type BraceletState, type Duty, enforce } from "./state.ts";

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
  tellTurn(state, zone, seen.turn, sinceOf(seen.watch, nowMs), fix, signedM, nowMs, effects);
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
    tellTurn(state, after.watch.zone, after.turn, after.watch.sinceMs, state.fix, undefined, nowMs, effects);
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

/**
 * Which zones count now, and when that changes next. A zone that ceases to count is watched no more. While time is unknown all of
 * them count, and the order is in force: a wearer must not gain by taking the device's power away.
 */
export function refreshActivity(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const duty = state.duty;
  const isTimed = state.time.word === "sealed";
  const utcMs = utcOf(state.time, nowMs);
  const inForce = !isTimed || (utcMs >= duty.fromMs && (duty.toMs === undefined || utcMs < duty.toMs));
  state.watching = state.order !== undefined && inForce && !isTakenOff(state.tamper.wearing);
  state.changeMs = isTimed && state.order !== undefined ? orderChangeMs(duty, utcMs) : NEVER_MS;
  for (let zone = 0; zone < state.active.length; zone++) {
    const windows = zoneWindows(state.pack, zone);
    const counts = !isTimed || isZoneActive(windows, duty.utcOffsets, utcMs);
    state.active[zone] = state.watching && counts ? 1 : 0;
    if (isTimed && inForce)
      state.changeMs = Math.min(state.changeMs, nextScheduleChangeMs(windows, duty.utcOffsets, utcMs));
  }
  const kept: Watch[] = [];
  for (const watch of state.watches) {
    if (watch.phase === "outside") continue;
    if (state.active[watch.zone] === 1) kept.push(watch);
    else if (watch.phase === "inside")
      tellTurn(state, watch.zone, "left", watch.sinceMs, state.fix, undefined, nowMs, effects);
  }
  state.watches = kept;
}

/**
 * Another order, or none. Whom it finds in a zone that it has as well stays there; zones that it no longer has are left. A
 * suspicion begins anew with the next look, which is due at once.
 */
export function changeOrder(
  state: BraceletState,
  order: OrderInForce | undefined,
  nowMs: number,
  effects: Effect[],
): void {
  const entered = state.entered;
  const watches = state.watches;
  state.entered = [];
  state.watches = [];
  if (order === undefined) enforce(state, undefined, undefined, undefined);
  else enforce(state, { counter: order.counter, hash: order.hash }, order.duty, order.pack);
  for (const zone of entered) {
    const watch = insideOf(watches, zone.zone);
    if (watch === undefined) continue;
    const now = zoneOf(state, zone.id);
    if (now < 0) raiseZone(state, zone.id, "left", watch.sinceMs, state.fix, undefined, nowMs, effects);
    else {
      watch.zone = now;
      state.watches.push(watch);
      state.entered.push({ zone: now, id: zone.id });
    }
  }
}

function insideOf(watches: Watch[], zone: number): Inside | undefined {
  for (const watch of watches) if (watch.phase === "inside" && watch.zone === zone) return watch;
  return undefined;
}

type Inside = Extract<Watch, { phase: "inside" }>;

/** −1: the order has no zone of this name. */
function zoneOf(state: BraceletState, id: string): number {
  for (let zone = 0; zone < state.active.length; zone++) if (zoneId(state.pack, zone) === id) return zone;
  return -1;
}

/** Names kept at once: nobody stands in more places than a few, and of what is beyond it another order only finds anew who is inside. */
const ENTERED_MOST = 32;

/** A zone's name is kept from entering to leaving: by then the order may be another, and its zones overwritten. */
function tellTurn(
  state: BraceletState,
  zone: number,
  turn: Turn,
  sinceMs: number,
  fix: Fix | undefined,
  signedM: number | undefined,
  nowMs: number,
  effects: Effect[],
): void {
  if (turn === "none") return;
  const entered = state.entered;
  let at = 0;
  while (at < entered.length && entered[at].zone !== zone) at += 1;
  const id = at < entered.length ? entered[at].id : zoneId(state.pack, zone);
  if (turn === "left") entered.splice(at, 1);
  else if (at < ENTERED_MOST) entered[at] = { zone: zone, id: id };
  raiseZone(state, id, turn, sinceMs, fix, signedM, nowMs, effects);
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

function orderChangeMs(duty: Duty, utcMs: number): number {
  if (utcMs < duty.fromMs) return duty.fromMs;
  return duty.toMs !== undefined && utcMs < duty.toMs ? duty.toMs : NEVER_MS;
}
