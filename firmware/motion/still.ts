import type { Motion } from "../bracelet/events.ts";
import type { Pace } from "../sampling/reach.ts";

/**
 * When to believe the motion sensor. Alone it is no witness: who sits in a train looks still, who walks its aisle looks
 * on foot. A slow fix taken during the same bout makes it believed, until the sensor says otherwise.
 */
export interface Belief {
  motion: Motion;
  /** Slow fixes during the present bout. */
  slowFixes: number;
  /** Device clock of the first of them. */
  firstSlowMs: number;
}

/** Design §7: Doppler speed below which a fix agrees with stillness. */
const STILL_MMPS = 500;
/** A walker's Doppler speed, and not a vehicle's. */
const WALK_MMPS = 3_000;

export function createBelief(): Belief {
  return { motion: "moving", slowFixes: 0, firstSlowMs: 0 };
}

/** The sensor changed its mind. */
export function noteMotion(belief: Belief, motion: Motion): void {
  if (belief.motion === motion) return;
  belief.motion = motion;
  belief.slowFixes = 0;
}

/** A fix came. `speedMmps` is `undefined` where the receiver gives none, and then it witnesses nothing. */
export function noteSpeed(belief: Belief, speedMmps: number | undefined, nowMs: number): void {
  const limit = belief.motion === "still" ? STILL_MMPS : WALK_MMPS;
  if (belief.motion === "moving" || speedMmps === undefined || speedMmps > limit) {
    belief.slowFixes = 0;
    return;
  }
  if (belief.slowFixes === 0) belief.firstSlowMs = nowMs;
  belief.slowFixes += 1;
}

export function paceOf(belief: Belief): Pace {
  if (belief.slowFixes === 0 || belief.motion === "moving") return "free";
  return belief.motion === "still" ? "still" : "walking";
}
