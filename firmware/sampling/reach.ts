import { NEVER_MS } from "../lib/instant.ts";

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
  /** What the slack was at the fix, and when that was. */
  fixSlackM: number;
  fixMs: number;
  /** Device clock at which the slack was used up; `NEVER_MS` while it is not. */
  touchedMs: number;
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

/** How late the motion sensor may notice that a body set off: one onset in twenty is 5–12 s late. Milliseconds. */
const ONSET_MS = 12_000;

/** Where a fix leaves the body: `slackM` metres from the nearest boundary, its own doubt taken off. */
export function reachFrom(pace: Pace, slackM: number, speedMps: number, fixMs: number): Reach {
  return {
    pace: pace,
    slackM: slackM,
    speedMps: speedMps,
    atMs: fixMs,
    fixSlackM: slackM,
    fixMs: fixMs,
    touchedMs: slackM > 0 ? NEVER_MS : fixMs,
  };
}

/** Moves the bound to `nowMs`: the ground that could have been covered since is gone from the slack. */
export function advanceReach(reach: Reach, nowMs: number): void {
  const seconds = (nowMs - reach.atMs) / 1000;
  if (seconds <= 0) return;
  const touchMs = touchAtMs(reach, nowMs - reach.atMs + 1);
  if (touchMs <= nowMs) reach.touchedMs = touchMs;
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

/** The sensor changed its mind. Who is at rest or on foot no longer may have set off some seconds before it was noticed. */
export function changePace(reach: Reach, pace: Pace, nowMs: number): void {
  advanceReach(reach, nowMs);
  if (reach.pace !== "free" && pace === "free") {
    const lateMs = Math.min(ONSET_MS, nowMs - reach.fixMs);
    reach.atMs -= lateMs;
    reach.speedMps = 0;
    if (reach.pace === "walking") {
      reach.speedMps = WALK_MPS;
      if (reach.touchedMs > nowMs) reach.slackM += (WALK_MPS * lateMs) / 1000;
    }
    reach.pace = "free";
    advanceReach(reach, nowMs);
  }
  reach.pace = pace;
}

/** Another boundary counts now, so many metres from the last fix with its doubt taken off; the ground covered since stays. */
export function moveBoundary(reach: Reach, fixSlackM: number): void {
  reach.slackM += fixSlackM - reach.fixSlackM;
  reach.fixSlackM = fixSlackM;
  reach.touchedMs = reach.slackM > 0 ? NEVER_MS : Math.min(reach.touchedMs, reach.atMs);
}

/** Device clock at which a boundary could first be, or have been, touched; `NEVER_MS` when that is past the horizon. */
export function touchAtMs(reach: Reach, horizonMs: number): number {
  if (reach.slackM <= 0) return Math.min(reach.touchedMs, reach.atMs);
  const afterMs = touchAfterMs(reach, horizonMs);
  return afterMs < horizonMs ? reach.atMs + afterMs : NEVER_MS;
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
