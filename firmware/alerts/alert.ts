import { TIME_MOST_MS, UINT32_MOST } from "../../protocol/limits.ts";
import type { Alert, AlertAbout, AlertState } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { Effect } from "../bracelet/effects.ts";
import type { BraceletState } from "../bracelet/state.ts";
import { recordAlert } from "../journal/record.ts";
import { errorOf, qualityOf, utcOf } from "../time/trusted.ts";
import type { Turn } from "../zones/watch.ts";

/** A zone event becomes a suspected violation; only a human calls it a violation. Instants are the device's clock. */
export function raiseZone(
  state: BraceletState,
  zone: string,
  turn: Exclude<Turn, "none">,
  sinceMs: number,
  fix: Fix | undefined,
  signedM: number | undefined,
  nowMs: number,
  effects: Effect[],
): void {
  const alert = bare(state, "zone", turn, sinceMs, fix, nowMs);
  alert.zone = zone;
  if (signedM !== undefined) alert.signedMm = millimetres(signedM);
  raise(state, alert, effects);
}

/** Anything but a zone. */
export function raiseState(
  state: BraceletState,
  about: Exclude<AlertAbout, "zone">,
  told: Exclude<AlertState, Turn>,
  sinceMs: number,
  nowMs: number,
  effects: Effect[],
): void {
  const alert = bare(state, about, told, sinceMs, state.fix, nowMs);
  const tamper = state.tamper;
  if (about === "battery") alert.percent = tamper.batteryPercent;
  if (about === "integrity") alert.detail = tamper.finding;
  if (about === "removal") alert.detail = tamper.removal;
  raise(state, alert, effects);
}

function bare(
  state: BraceletState,
  about: AlertAbout,
  told: AlertState,
  sinceMs: number,
  fix: Fix | undefined,
  nowMs: number,
): Alert {
  const quality = qualityOf(state.time, nowMs);
  return {
    seq: 0,
    atMs: instant(state, nowMs),
    about: about,
    zone: undefined,
    state: told,
    sinceMs: instant(state, sinceMs),
    fix: fix,
    signedMm: undefined,
    clock: quality === "unknown" ? undefined : quality,
    clockErrorMs: quality === "unknown" ? undefined : Math.min(errorOf(state.time, nowMs), UINT32_MOST),
    percent: undefined,
    detail: undefined,
  };
}

/** UTC, within what a message holds: before anything has said the time it is a guess from a clock that may stand anywhere. */
function instant(state: BraceletState, deviceMs: number): number {
  return Math.min(Math.max(utcOf(state.time, deviceMs), 0), TIME_MOST_MS);
}

/** Journal before send: an alert survives a power cut, and is evidence. */
function raise(state: BraceletState, alert: Alert, effects: Effect[]): void {
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
