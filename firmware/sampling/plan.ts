import { CONFIRM_MS, SPACING_MS } from "../zones/watch.ts";
import { type Ttff, ttff95Ms } from "./ttff.ts";

/**
 * When to switch the receiver on next: as late as the promise allows (design §7). For a fixed speed bound nothing later
 * keeps the promise, and nothing earlier saves a fix.
 */
export interface Plan {
  /** Device clock at which to switch the receiver on. */
  onMs: number;
  /** Fixes before this confirm nothing, for they share the error of the last one. */
  wantedFromMs: number;
}

/** What the plan is made from. Times in milliseconds of the device clock. */
export interface Situation {
  /** When the last accepted fix came. */
  fixMs: number;
  /** The earliest instant at which a boundary could be touched; `NEVER_MS`: not within the horizon. */
  touchMs: number;
  delayMs: number;
  heartbeatMs: number;
  ttff: Ttff;
  /** In a zone, in its buffer, or confirming: the fixed cadence of design §13. */
  close: boolean;
  /** How many fixes have confirmed the present stillness; 0 while it is not believed. */
  stillFixes: number;
  /** When the first of them came. */
  stillSinceMs: number;
}

/** A belief in stillness is looked at again after these (design §7): who sits down in a train looks still. */
const STILL_LOOKS_MS = [120_000, 600_000];
/** Two fixes can't be closer than this: the epoch of the receiver is a second. */
const EPOCH_MS = 1_000;

export function makePlan(now: Situation): Plan {
  const hotMs = ttff95Ms(now.ttff, 0);
  if (now.close) {
    const wantedFromMs = now.fixMs + SPACING_MS;
    return { onMs: wantedFromMs - hotMs, wantedFromMs: wantedFromMs - EPOCH_MS };
  }
  let onMs = promisedOnMs(now.touchMs, now.delayMs, hotMs);
  const heartbeatMs = now.fixMs + now.heartbeatMs;
  if (onMs > heartbeatMs) onMs = heartbeatMs;
  // After a long rest the receiver starts cold, and must start so much earlier.
  const coldOnMs = onMs - ttff95Ms(now.ttff, onMs - now.fixMs) + hotMs;
  if (onMs > coldOnMs) onMs = coldOnMs;
  if (now.stillFixes > 0 && now.stillFixes <= STILL_LOOKS_MS.length) {
    const lookMs = now.stillSinceMs + STILL_LOOKS_MS[now.stillFixes - 1];
    if (onMs > lookMs) onMs = lookMs;
  }
  const soonestMs = now.fixMs + EPOCH_MS;
  return { onMs: Math.max(onMs, soonestMs), wantedFromMs: soonestMs };
}

/** The latest instant to switch on that leaves time for a fix and its confirmation within D of the touch. */
export function promisedOnMs(touchMs: number, delayMs: number, ttffMs: number): number {
  return touchMs + delayMs - ttffMs - CONFIRM_MS - EPOCH_MS;
}

/** How long an acquisition may run before it counts as failed: a cold start under a poor sky. */
export const ACQUIRE_LIMIT_MS = 60_000;
/** The first wait after a failure; each further one doubles, for failed fixes indoors dominate the charge. */
const RETRY_FIRST_MS = 30_000;
/** Where a boundary may have been touched, the wait between tries never grows past this. */
const RETRY_NEAR_MS = 120_000;

/** Milliseconds to rest after `failures` acquisitions in a row have failed. */
export function restAfterFailureMs(failures: number, near: boolean, heartbeatMs: number): number {
  const limitMs = near && RETRY_NEAR_MS < heartbeatMs ? RETRY_NEAR_MS : heartbeatMs;
  let restMs = RETRY_FIRST_MS;
  for (let i = 1; i < failures && restMs < limitMs; i++) restMs *= 2;
  return Math.min(restMs, limitMs);
}
