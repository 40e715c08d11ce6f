import type { Fix } from "../../protocol/messages/fix.ts";
import type { Motion } from "../bracelet/events.ts";

/** A receiver that says the same place, or the same instant, again and again. Seen in the field for hours (design §14). */
export interface Frozen {
  latE7: number;
  lonE7: number;
  timeMs: number;
  /** Fixes in a row at the very same place, and of the very same instant. */
  places: number;
  instants: number;
  /** Motion sensor or Doppler said meanwhile that he is elsewhere by now. */
  moved: boolean;
}

/** Noise alone moves the last digit, 11 mm, nearly every time: so many in a row are no chance. */
const REPEATS = 10;
/** Doppler of who is not at rest. */
const MOVING_MMPS = 1_000;

export function createFrozen(): Frozen {
  return { latE7: 0, lonE7: 0, timeMs: 0, places: 0, instants: 0, moved: false };
}

/** Every fix that the receiver gives, believed or not. */
export function noteRepeat(frozen: Frozen, fix: Fix, motion: Motion): void {
  const timeMs = fix.timeMs === undefined ? 0 : fix.timeMs;
  const isThere = fix.latE7 === frozen.latE7 && fix.lonE7 === frozen.lonE7;
  const moves = motion !== "still" || (fix.speedMmps !== undefined && fix.speedMmps > MOVING_MMPS);
  frozen.instants = timeMs === frozen.timeMs ? frozen.instants + 1 : 0;
  frozen.places = isThere ? frozen.places + 1 : 0;
  frozen.moved = isThere && (frozen.moved || moves);
  frozen.latE7 = fix.latE7;
  frozen.lonE7 = fix.lonE7;
  frozen.timeMs = timeMs;
}

/** A held position at rest is how receivers save themselves noise, and no fault. */
export function isFrozen(frozen: Frozen): boolean {
  return frozen.instants >= REPEATS || (frozen.places >= REPEATS && frozen.moved);
}
