import { NEVER_MS } from "../lib/instant.ts";
import type { Telling } from "./signal.ts";

/**
 * `location-lost`: no fix by the deadline that the promise gives (design §7). A basement where the sky comes and goes is one
 * episode, and a day has at most four. What is held back is only ever the all-clear: while the alert stands, no loss goes
 * untold, so the promise near a zone costs nothing.
 *
 *   none ──no fix by the deadline──▶ standing, lost ◀──no fix by the deadline── standing, found ──fixes for long enough──▶ none
 *                                            └────────────────a fix──────────────────▶        (or a fix far away)
 */
export interface Loss {
  /** No fix came by the deadline, and none since. */
  lost: boolean;
  /** The alert stands. */
  raised: boolean;
  /** It has been told that he may be in a zone meanwhile. */
  near: boolean;
  toldMs: number;
  /** When fixes will have come for long enough; `NEVER_MS` while he is lost. */
  clearMs: number;
  /** They have, and only the day's count keeps the alert standing. */
  steady: boolean;
  /** When it was raised last, the oldest at `next`. */
  raisedMs: Float64Array;
  next: number;
}

/** Four a day. */
const RAISED_MOST = 4;
const DAY_MS = 86_400_000;
/** How often a loss that lasts is told again. */
const AGAIN_MS = 6 * 3_600_000;
/** And a new one, under an alert that only the day's count keeps standing. */
const RELAPSE_MS = 3_600_000;

export function createLoss(): Loss {
  return {
    lost: false,
    raised: false,
    near: false,
    toldMs: 0,
    clearMs: NEVER_MS,
    steady: false,
    raisedMs: new Float64Array(RAISED_MOST).fill(-DAY_MS),
    next: 0,
  };
}

/** No fix by the deadline. `near`: a boundary may have been touched. */
export function noteLost(loss: Loss, near: boolean, nowMs: number): Telling {
  const isRelapse = loss.steady && nowMs - loss.toldMs >= RELAPSE_MS;
  const isNews = (near && !loss.near) || isRelapse;
  loss.lost = true;
  loss.steady = false;
  loss.clearMs = NEVER_MS;
  if (loss.raised && !isNews && nowMs - loss.toldMs < AGAIN_MS) return "none";
  const telling = loss.raised ? "continuing" : "raised";
  if (!loss.raised) {
    loss.raisedMs[loss.next] = nowMs;
    loss.next = (loss.next + 1) % RAISED_MOST;
  }
  loss.raised = true;
  loss.near = near || loss.near;
  loss.toldMs = nowMs;
  return telling;
}

/** A fix. `patienceMs`: for so long others must follow; 0 where he is elsewhere by now. */
export function noteFound(loss: Loss, patienceMs: number, nowMs: number): void {
  loss.lost = false;
  if (loss.raised && !loss.steady) loss.clearMs = Math.min(loss.clearMs, nowMs + patienceMs);
}

/** When it is told again, or cleared, if nothing changes. */
export function lossTellsAtMs(loss: Loss): number {
  if (!loss.raised) return NEVER_MS;
  return loss.lost ? loss.toldMs + AGAIN_MS : loss.clearMs;
}

/** Whether the all-clear may be told now: a fifth loss within the day would otherwise follow it. */
export function clearLoss(loss: Loss, nowMs: number): boolean {
  const freeMs = loss.raisedMs[loss.next] + DAY_MS;
  if (nowMs < freeMs) {
    loss.steady = true;
    loss.clearMs = freeMs;
    return false;
  }
  endLoss(loss);
  return true;
}

/** What was told of it is over. The day's count goes on. */
export function endLoss(loss: Loss): void {
  loss.lost = false;
  loss.raised = false;
  loss.near = false;
  loss.steady = false;
  loss.clearMs = NEVER_MS;
}
