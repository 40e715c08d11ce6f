import type { Motion } from "../../firmware/bracelet/events.ts";
import type { Path } from "../world/path.ts";
import { between, seededRandom } from "../world/random.ts";

/** One change of mind of the sensor. */
export interface MotionChange {
  atMs: number;
  motion: Motion;
}

/** Net speed under which an accelerometer on an ankle sees nothing; the recording's own jitter stays below it. */
const REST_MPS = 0.4;
/** Above a brisk walk. */
const WALK_MPS = 2.2;
/** The sensor calls stillness only after this long without movement. */
const SETTLE_MS = 30_000;
/** Steps need a few seconds to be told from other movement. */
const STEP_SETTLE_MS = 10_000;
/** One onset in this many is missed at first, and noticed late. */
const MISSED_ONE_IN = 20;
/** Smooth riding looks still now and then: about once in this long. */
const FALSE_STILL_EVERY_MS = 600_000;
const SMOOTH_MPS = 8;

/**
 * What an accelerometer would have said along the path: late, sometimes wrong, never an oracle.
 * Onsets are seen 1–4 s late and one in twenty 4–12 s late (1–3 s of it until the window shows them); smooth rides look still for up to three minutes at a time.
 */
export function senseMotion(path: Path, seed: number): MotionChange[] {
  const random = seededRandom(seed, "motion");
  const changes: MotionChange[] = [];
  let said: Motion = "moving";
  let falseUntilMs = 0;
  let candidate: Motion = "moving";
  let candidateMs = path.rows > 0 ? path.timeMs[0] : 0;
  let latencyMs = 0;
  let stepsSinceMs = candidateMs;
  for (let i = 0; i < path.rows; i++) {
    const t = path.timeMs[i];
    const holeAheadMs = i + 1 < path.rows ? path.timeMs[i + 1] - t : 0;
    const truth = trueMotion(path.netMps[i]);
    if (
      truth === "moving" &&
      path.speedMps[i] > SMOOTH_MPS &&
      t > falseUntilMs &&
      random() < (t - path.timeMs[Math.max(0, i - 1)]) / FALSE_STILL_EVERY_MS
    ) {
      falseUntilMs = t + between(random, 30_000, 180_000);
    }
    if (truth !== "walking") stepsSinceMs = t;
    // Steps are movement first, and a gait only once there have been enough of them.
    const steps = truth === "walking" && t - stepsSinceMs < STEP_SETTLE_MS ? "moving" : truth;
    const seen: Motion = t < falseUntilMs && path.speedMps[i] > SMOOTH_MPS ? "still" : steps;
    if (seen !== candidate) {
      candidate = seen;
      candidateMs = t;
      latencyMs = latencyOf(seen, random);
    }
    const dueMs = candidateMs + latencyMs;
    if (candidate !== said && t + holeAheadMs > dueMs) {
      said = candidate;
      changes.push({ atMs: Math.max(t, Math.round(dueMs)), motion: said });
    }
  }
  return changes;
}

function trueMotion(netMps: number): Motion {
  if (netMps < REST_MPS) return "still";
  return netMps < WALK_MPS ? "walking" : "moving";
}

function latencyOf(seen: Motion, random: () => number): number {
  if (seen === "still") return SETTLE_MS;
  if (seen === "walking") return 0;
  return random() < 1 / MISSED_ONE_IN ? between(random, 3_000, 9_000) : between(random, 0, 1_000);
}
