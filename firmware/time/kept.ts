import { UINT32_MOST } from "../../protocol/limits.ts";
import { numberAt, putNumber } from "../lib/big-end.ts";
import type { Secrets } from "../ports/secrets.ts";
import { raiseCounter, readCounter } from "../secrets/counters.ts";
import { SLOT_FLOOR, SLOT_TIME } from "../secrets/slots.ts";
import { driftedMs, driftIn, type TimeState, utcOf } from "./trusted.ts";

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
/** So far does a boot without a sealed word believe receiver and network: who lies to them locks no field key out for years. */
const GUESS_MOST_MS = 604_800_000;

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

/** `bootFloorMs`: what the floor was at the boot. */
export function writeKept(secrets: Secrets, time: TimeState, bootFloorMs: number, nowMs: number): void {
  let floorMs = Math.min(utcOf(time, nowMs), bootFloorMs + GUESS_MOST_MS);
  if (time.word === "sealed") {
    const slot = new Uint8Array(SLOT_BYTES);
    const errorMs = driftedMs(time, nowMs);
    floorMs = nowMs + time.wordMs - errorMs;
    putNumber(slot, 0, 6, nowMs + time.wordMs);
    putNumber(slot, 6, 4, Math.min(errorMs, UINT32_MOST));
    putNumber(slot, 10, 6, nowMs);
    secrets.write(SLOT_TIME, slot);
  }
  const seconds = Math.floor(floorMs / 1000);
  if (time.word !== "none" && seconds > 0) raiseCounter(secrets, SLOT_FLOOR, Math.min(seconds, UINT32_MOST));
}

/** UTC ms. */
export function floorOf(secrets: Secrets): number {
  return readCounter(secrets, SLOT_FLOOR) * 1000;
}
