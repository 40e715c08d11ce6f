import { ALERT_ABOUTS, type AlertAbout } from "../../protocol/messages/alert.ts";
import { raiseState } from "../alerts/alert.ts";
import type { Effect } from "../bracelet/effects.ts";
import type { BraceletState } from "../bracelet/state.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { silentAtMs } from "./comms.ts";
import { isFrozen } from "./frozen.ts";
import {
  ABOUT_OFFSET,
  COMMS,
  INTEGRITY,
  KINDS,
  REMOVAL,
  STILLNESS,
  sense,
  TELEPORT,
  tell,
  tellAgain,
  tellsAtMs,
} from "./signal.ts";
import type { Tamper } from "./tamper.ts";
import { removalEndMs } from "./wearing.ts";

/** Longer than anybody sleeps without turning: it lies somewhere, and he is elsewhere. Milliseconds. */
const STILLNESS_MS = 12 * 3_600_000;

/** Whether there is anything to tell of tampering: an order is in force, and a field unit has put the bracelet on. */
export function isGuarded(state: BraceletState): boolean {
  return state.order !== undefined && state.tamper.wearing.phase === "worn";
}

/** Works out what holds now, and tells what has lasted. After every event. */
export function watchTamper(state: BraceletState, nowMs: number, effects: Effect[]): void {
  const tamper = state.tamper;
  const signals = tamper.signals;
  if (!state.close) tamper.farMs = nowMs;
  if (nowMs >= silenceMs(state)) tamper.silent = true;
  const guarded = isGuarded(state);
  senseAll(state, guarded, nowMs);
  for (let kind = 0; kind < KINDS; kind++) {
    const telling = tell(signals, kind, guarded, nowMs);
    if (telling === "none") continue;
    const about = ALERT_ABOUTS[kind + ABOUT_OFFSET] as Exclude<AlertAbout, "zone">;
    const sinceMs = telling === "cleared" ? signals[kind].changedMs : signals[kind].sinceMs;
    raiseState(state, about, telling, sinceMs, nowMs, effects);
  }
  // What happened in an instant is over with it.
  tamper.found = false;
  tamper.teleported = false;
  sense(signals, INTEGRITY, false, nowMs);
  sense(signals, TELEPORT, false, nowMs);
}

/** When that is wanted next, if nothing happens. */
export function tamperWakeMs(state: BraceletState): number {
  const tamper = state.tamper;
  const signals = tamper.signals;
  const guarded = isGuarded(state);
  let atMs = removalEndMs(tamper.wearing, state.time);
  for (let kind = 0; kind < KINDS; kind++) atMs = Math.min(atMs, tellsAtMs(signals, kind, guarded));
  if (guarded && !signals[COMMS].on) atMs = Math.min(atMs, silenceMs(state));
  return guarded && !signals[STILLNESS].on ? Math.min(atMs, tamper.stillMs + STILLNESS_MS) : atMs;
}

function senseAll(state: BraceletState, guarded: boolean, nowMs: number): void {
  const tamper = state.tamper;
  const wearing = tamper.wearing;
  const steps = tamper.steps;
  // In the order of the kinds.
  const on = [
    tamper.batteryLevel > 0,
    !tamper.strapClosed,
    !tamper.enclosureClosed,
    tamper.usb,
    tamper.jammed,
    tamper.shielded,
    isFrozen(tamper.frozen),
    tamper.teleported,
    steps.gnss || steps.network || steps.own,
    tamper.silent,
    nowMs >= tamper.stillMs + STILLNESS_MS,
  ];
  for (let kind = 0; kind < REMOVAL; kind++) sense(tamper.signals, kind, guarded && on[kind], nowMs);
  const missing = wearing.phase === "removed" && (wearing.emergency || wearing.overdue);
  sense(tamper.signals, REMOVAL, state.order !== undefined && missing, nowMs);
  sense(tamper.signals, INTEGRITY, tamper.found, nowMs);
}

/** Its time is over. Never off him, it is worn; otherwise only a field unit can say so, and this is news also after an emergency. */
export function endRemoval(tamper: Tamper): void {
  const wearing = tamper.wearing;
  if (wearing.phase !== "removed") return;
  if (!wearing.opened) {
    tamper.wearing = { phase: "worn" };
    return;
  }
  wearing.overdue = true;
  tamper.removal = "overdue";
  tellAgain(tamper.signals[REMOVAL]);
}

/** Silence counts from when there was a sign of an uplink. */
function silenceMs(state: BraceletState): number {
  const tamper = state.tamper;
  return tamper.servedMs === NEVER_MS ? NEVER_MS : silentAtMs(tamper.servedMs, state.close, tamper.farMs);
}
