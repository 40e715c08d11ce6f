import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { Effect } from "../bracelet/effects.ts";
import type { BraceletState } from "../bracelet/state.ts";
import { recordAlert } from "../journal/record.ts";
import { zoneId } from "../zones/pack.ts";
import type { Turn } from "../zones/watch.ts";

/** A zone event becomes a suspected violation; only a human calls it a violation. */
export function raiseZone(
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
  raise(state, effects, {
    seq: 0,
    atMs: nowMs,
    about: "zone",
    zone: zoneId(state.pack, zone),
    state: turn,
    sinceMs: sinceMs,
    fix: fix,
    signedMm: signedM === undefined ? undefined : millimetres(signedM),
  });
}

/** No fix by the promise's deadline near a zone, or by the heartbeat elsewhere. */
export function raiseLost(state: BraceletState, nowMs: number, effects: Effect[]): void {
  raise(state, effects, bare("location-lost", state.fixMs === undefined ? nowMs : state.fixMs, state.fix, nowMs));
}

export function raiseRestored(state: BraceletState, fix: Fix, nowMs: number, effects: Effect[]): void {
  raise(state, effects, bare("location-restored", nowMs, fix, nowMs));
}

function bare(
  about: "location-lost" | "location-restored",
  sinceMs: number,
  fix: Fix | undefined,
  nowMs: number,
): Alert {
  return {
    seq: 0,
    atMs: nowMs,
    about: about,
    zone: undefined,
    state: undefined,
    sinceMs: sinceMs,
    fix: fix,
    signedMm: undefined,
  };
}

/** Journal before send: an alert survives a power cut, and is evidence. */
function raise(state: BraceletState, effects: Effect[], alert: Alert): void {
  state.alertSeq += 1;
  alert.seq = state.alertSeq;
  recordAlert(alert, effects);
  effects.push({ kind: "alert", alert: alert });
}

/** Signed distances further than this say no more than "far". Metres. */
const FAR_M = 1_000;

/** Rounded on the positive side of zero, where all engines agree. */
function millimetres(signedM: number): number {
  const clampedM = signedM > FAR_M ? FAR_M : Math.max(signedM, -FAR_M);
  return Math.floor((clampedM + FAR_M) * 1000 + 0.5) - FAR_M * 1000;
}
