import { UINT32_MOST } from "../../protocol/limits.ts";
import { numberAt, putNumber } from "../lib/big-end.ts";
import type { Secrets } from "../ports/secrets.ts";
import { raiseCounter, readCounter } from "../secrets/counters.ts";
import { SLOT_FLOOR, SLOT_TIME } from "../secrets/slots.ts";
import { driftedMs, driftIn, type TimeState } from "./trusted.ts";

/**
 * What outlasts a boot of the time: on the chip, where nobody sets it back.
 *
 * Of the sealed word: UTC and device clock at one instant, and how far off it may have been then. A clock that ran on since says from it
 * what time it is; one that did not has lost it, and it is erased. And the floor: what had passed for certain, so that no key that has
 * expired is good again after a boot.
 */
export interface Kept {
  utcMs: number;
  errorMs: number;
}

/** Written so often: a twelfth of what ratchet and counters wear. */
export const KEEP_MS = 3_600_000;
/** UTC, its error, the device's clock. */
const SLOT_BYTES = 16;

/** What time it is by a clock that ran on, and may be off by `clockErrorMs` for that; `undefined`: it cannot be vouched for. */
export function readKept(secrets: Secrets, ranOn: boolean, clockErrorMs: number, nowMs: number): Kept | undefined {
  const slot = secrets.read(SLOT_TIME);
  const ageMs = slot === undefined || slot.length !== SLOT_BYTES ? -1 : nowMs - numberAt(slot, 10, 6);
  if (slot === undefined || !ranOn || ageMs < 0) {
    secrets.erase(SLOT_TIME);
    return undefined;
  }
  const errorMs = numberAt(slot, 6, 4) + driftIn(ageMs) + clockErrorMs;
  return { utcMs: numberAt(slot, 0, 6) + ageMs, errorMs: Math.min(errorMs, UINT32_MOST) };
}

/** A guess of receiver or network raises no floor: one that is years off would lock every field key out. */
export function writeKept(secrets: Secrets, time: TimeState, nowMs: number): void {
  if (time.word !== "sealed") return;
  const slot = new Uint8Array(SLOT_BYTES);
  const errorMs = driftedMs(time, nowMs);
  putNumber(slot, 0, 6, nowMs + time.wordMs);
  putNumber(slot, 6, 4, Math.min(errorMs, UINT32_MOST));
  putNumber(slot, 10, 6, nowMs);
  secrets.write(SLOT_TIME, slot);
  const seconds = Math.floor((nowMs + time.wordMs - errorMs) / 1000);
  if (seconds > 0) raiseCounter(secrets, SLOT_FLOOR, Math.min(seconds, UINT32_MOST));
}

/** UTC ms. */
export function floorOf(secrets: Secrets): number {
  return readCounter(secrets, SLOT_FLOOR) * 1000;
}
