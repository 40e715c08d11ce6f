import { NEVER_MS } from "../lib/instant.ts";

/**
 * One kind of tampering as it is told: raised once it has lasted, continuing at most hourly, cleared once it has been gone for a
 * while. So nothing that comes and goes, by itself or by somebody's hand, makes a storm of alerts.
 */
export interface Signal {
  /** Whether the condition holds. */
  on: boolean;
  /** Device clock of its last change, and since when it counts as lasting. */
  changedMs: number;
  sinceMs: number;
  /** The alert stands. */
  raised: boolean;
  /** When it was told last. */
  toldMs: number;
}

/** The kinds, by their place in `signals`. An alert's `about` stands so far behind it in the protocol's list. */
export const ABOUT_OFFSET = 2;
export const BATTERY = 0;
export const STRAP = 1;
export const ENCLOSURE = 2;
export const USB = 3;
export const JAMMING = 4;
export const SHIELDING = 5;
export const FROZEN = 6;
export const TELEPORT = 7;
export const CLOCK = 8;
export const COMMS = 9;
export const STILLNESS = 10;
/** From here on with or without a wearer. */
export const REMOVAL = 11;
export const INTEGRITY = 12;
export const KINDS = 13;

/**
 * How long each must last before it is told; breaks no longer than that do not begin it anew, for a loose contact is no way out.
 * Contacts: two seconds are no bounce, and leave three of the five in which a cut must be stamped (design §13). Jamming: a truck
 * that drives past is gone in ten. Shielding: lifts and tunnels of a city give the signals back within three minutes. The others have
 * been counted, or waited for, before they hold at all. Seconds.
 */
const RAISE_S = [0, 2, 2, 2, 10, 180, 0, 0, 0, 0, 0, 0, 0];
/** And how long it must be gone. At once: what took minutes or hours to come about, or a field unit. */
const CLEAR_S = [0, 600, 600, 600, 600, 600, 600, 600, 600, 0, 0, 0, 3_600];
/** Told again hourly while somebody may be doing it; what lasts for days by its nature, four times a day. */
const AGAIN_S = [21_600, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600, 21_600, 21_600, 21_600, 3_600];

export type Telling = "none" | "raised" | "continuing" | "cleared";

export function createSignals(): Signal[] {
  const signals: Signal[] = [];
  for (let i = 0; i < KINDS; i++)
    signals.push({ on: false, changedMs: -NEVER_MS, sinceMs: 0, raised: false, toldMs: 0 });
  return signals;
}

/** The condition as it is now. */
export function sense(signals: Signal[], kind: number, on: boolean, nowMs: number): void {
  const signal = signals[kind];
  if (signal.on === on) return;
  // What was gone for no longer than it takes to be told has not been gone.
  if (on && (signal.raised || nowMs - signal.changedMs > RAISE_S[kind] * 1000)) signal.sinceMs = nowMs;
  signal.on = on;
  signal.changedMs = nowMs;
}

/** It stands, and there is news of it. */
export function tellAgain(signal: Signal): void {
  if (signal.raised) signal.toldMs = -NEVER_MS;
}

/** When there is something to tell next, if nothing changes. `guarded`: what nobody guards any more is over at once. */
export function tellsAtMs(signals: Signal[], kind: number, guarded: boolean): number {
  const signal = signals[kind];
  if (!signal.raised) return signal.on ? signal.sinceMs + RAISE_S[kind] * 1000 : NEVER_MS;
  if (signal.on) return signal.toldMs + AGAIN_S[kind] * 1000;
  return guarded || kind >= REMOVAL ? signal.changedMs + CLEAR_S[kind] * 1000 : signal.changedMs;
}

/** What is to be told now. */
export function tell(signals: Signal[], kind: number, guarded: boolean, nowMs: number): Telling {
  if (nowMs < tellsAtMs(signals, kind, guarded)) return "none";
  const signal = signals[kind];
  const telling: Telling = !signal.raised ? "raised" : signal.on ? "continuing" : "cleared";
  signal.raised = telling !== "cleared";
  signal.toldMs = nowMs;
  return telling;
}
