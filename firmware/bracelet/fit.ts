import { numberAt, putNumber } from "../lib/big-end.ts";
import { NEVER_MS } from "../lib/instant.ts";
import type { Secrets } from "../ports/secrets.ts";
import { SLOT_FIT } from "../secrets/slots.ts";
import { UNTIMED_MS, type Wearing } from "../tamper/wearing.ts";

/** Who wears it, as it outlasts a boot: it lies on the chip, so that no strap is disarmed by rewinding the bulk flash. */
export interface Fit {
  fitted: boolean;
  removal: Removal | undefined;
}

/** He may be without it until then, UTC ms. */
export interface Removal {
  untilMs: number;
  emergency: boolean;
  /** The strap has been open since: only a field unit can say that it is worn again. */
  opened: boolean;
  /** Of the time that it may last on a device that does not know the time: used up by its own clock, or lost with a boot. */
  spentMin: number;
}

const FITTED = 1;
const REMOVAL = 2;
const EMERGENCY = 3;
/** Added to either. */
const OPENED = 4;
/** Kind, until, minutes spent. */
const SLOT_BYTES = 9;
/** So often is written what is spent, and so much is a boot taken to have cost: nobody gains by taking the power away. Minutes. */
const STEP_MIN = 30;
const MINUTE_MS = 60_000;

/** At a boot. */
export function readFit(secrets: Secrets): Fit {
  const slot = secrets.read(SLOT_FIT);
  if (slot === undefined || slot.length !== SLOT_BYTES || slot[0] < FITTED)
    return { fitted: false, removal: undefined };
  if (slot[0] === FITTED) return { fitted: true, removal: undefined };
  const removal = {
    untilMs: numberAt(slot, 1, 6),
    emergency: (slot[0] & FITTED) === FITTED,
    opened: slot[0] >= OPENED,
    spentMin: Math.min(numberAt(slot, 7, 2) + STEP_MIN, UNTIMED_MS / MINUTE_MS),
  };
  return { fitted: true, removal: removal };
}

/** False: the chip did not take it. */
export function writeFit(secrets: Secrets, fit: Fit): boolean {
  if (!fit.fitted) return secrets.erase(SLOT_FIT);
  const slot = new Uint8Array(SLOT_BYTES);
  const removal = fit.removal;
  slot[0] = FITTED;
  if (removal !== undefined) {
    slot[0] = (removal.emergency ? EMERGENCY : REMOVAL) + (removal.opened ? OPENED : 0);
    putNumber(slot, 1, 6, removal.untilMs);
    putNumber(slot, 7, 2, removal.spentMin);
  }
  return secrets.write(SLOT_FIT, slot);
}

/** What of it outlasts a boot, by now. */
export function fitOf(wearing: Wearing, nowMs: number): Fit {
  if (wearing.phase !== "removed") return { fitted: wearing.phase === "worn", removal: undefined };
  const spent = wearing.overdue ? UNTIMED_MS : Math.min(nowMs - wearing.takenMs, UNTIMED_MS);
  const spentMin = STEP_MIN * Math.floor(spent / (STEP_MIN * MINUTE_MS));
  const removal = {
    untilMs: wearing.untilMs,
    emergency: wearing.emergency,
    opened: wearing.opened,
    spentMin: spentMin,
  };
  return { fitted: true, removal: removal };
}

/** When that changes by itself. */
export function fitWakeMs(wearing: Wearing, nowMs: number): number {
  if (wearing.phase !== "removed" || wearing.overdue) return NEVER_MS;
  const stepMs = STEP_MIN * MINUTE_MS;
  return nowMs + stepMs - ((nowMs - wearing.takenMs) % stepMs);
}
