/**
 * How far the body may have got since the last fix, and when it could first touch a boundary.
 * Source: speed model of design §7. Speed starts at Doppler speed, which is trusted even where position is not.
 */
export type Pace =
  /** Motion sensor and a slow fix during the same stillness agree: the body stays. */
  | "still"
  /** Step cadence: on foot. */
  | "walking"
  /** Anything else, vehicles and the unknown included. */
  | "free";

export interface Reach {
  pace: Pace;
  /** Metres left before the body could touch the nearest boundary that counts. Negative: it could have. */
  slackM: number;
  /** Metres per second at `atMs`, an upper bound. */
  speedMps: number;
  /** Device clock at which `slackM` and `speedMps` hold. */
  atMs: number;
}

/** Trains in the Netherlands and expressways in Japan stay below this (216 km/h); faster is beyond the model. */
export const CEILING_MPS = 60;
/** Hard braking or a sports car's start; a body cannot gain speed faster for long. */
export const ACCEL_MPS2 = 3;
/** A brisk walk is 2 m/s; a run shows in the cadence as no walk. */
export const WALK_MPS = 3;

/** Metres a free body covers in `seconds` from `speedMps`. */
export function freeCoverM(speedMps: number, seconds: number): number {
  const rampS = (CEILING_MPS - speedMps) / ACCEL_MPS2;
  if (seconds <= rampS) return seconds * (speedMps + 0.5 * ACCEL_MPS2 * seconds);
  return rampS * 0.5 * (speedMps + CEILING_MPS) + (seconds - rampS) * CEILING_MPS;
}

/** Moves the bound to `nowMs`: the ground that could have been covered since is gone from the slack. */
export function advanceReach(reach: Reach, nowMs: number): void {
  const seconds = (nowMs - reach.atMs) / 1000;
  if (seconds <= 0) return;
  reach.atMs = nowMs;
  if (reach.pace === "still") return;
  if (reach.pace === "walking") {
    reach.slackM -= WALK_MPS * seconds;
    return;
  }
  reach.slackM -= freeCoverM(reach.speedMps, seconds);
  const faster = reach.speedMps + ACCEL_MPS2 * seconds;
  reach.speedMps = Math.min(faster, CEILING_MPS);
}

/** Milliseconds after `reach.atMs` until the slack is used up; `horizonMs` when that is later. */
export function touchAfterMs(reach: Reach, horizonMs: number): number {
  if (reach.slackM <= 0) return 0;
  if (reach.pace === "still") return horizonMs;
  const seconds = reach.pace === "walking" ? reach.slackM / WALK_MPS : freeSecondsToCover(reach.speedMps, reach.slackM);
  const ms = Math.floor(seconds * 1000);
  return Math.min(ms, horizonMs);
}

function freeSecondsToCover(speedMps: number, distanceM: number): number {
  const rampS = (CEILING_MPS - speedMps) / ACCEL_MPS2;
  const rampM = rampS * 0.5 * (speedMps + CEILING_MPS);
  if (distanceM > rampM) return rampS + (distanceM - rampM) / CEILING_MPS;
  return (Math.sqrt(speedMps * speedMps + 2 * ACCEL_MPS2 * distanceM) - speedMps) / ACCEL_MPS2;
}
