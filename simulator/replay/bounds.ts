import type { Order } from "../../protocol/messages/order.ts";
import type { MotionChange } from "../hardware/motion-sensor.ts";
import { rowDistanceM } from "../world/globe.ts";
import { createCursor, type Path } from "../world/path.ts";
import { truthOf } from "./truth-geometry.ts";
import { countsAt } from "./truth-schedule.ts";

/** The least number of fixes outside zones that two kinds of perfect knowledge would need. */
export interface Bounds {
  /** Exact positions, the device's own speed model and motion sensor, every wait as long as these allow. */
  greedy: number;
  /** The same without the time that confirmation needs. */
  greedyUnconfirmed: number;
  /** Knows the true path length as it grows: looks when it reaches the boundary's distance, plus D. */
  odometer: number;
}

const CEILING_MPS = 60;
const ACCEL_MPS2 = 3;
const WALK_MPS = 3;
const STILL_MPS = 0.5;
const CONFIRM_S = 15;
const STILL_LOOKS_S = [120, 600];
/** The sensor may notice this late that a body set off: whoever must keep the promise has to assume it. */
const ONSET_S = 12;
const STEP_S = 1;

/** A time during which the sensor says one thing. */
interface MotionSpell {
  motion: MotionChange["motion"];
  sinceS: number;
  untilS: number;
}

/** What every policy walks over: distances, motion and speed along the path. */
interface Ground {
  path: Path;
  motionAt: (tS: number) => MotionSpell;
  /** Metres to the nearest boundary that counts; negative inside. */
  distanceM: (row: number) => number;
  delayS: number;
  heartbeatS: number;
}

export function lowerBounds(path: Path, order: Order, motions: MotionChange[]): Bounds {
  const ground: Ground = {
    path,
    motionAt: motionByTime(motions),
    distanceM: distanceByRow(path, order),
    delayS: order.delayS,
    heartbeatS: order.heartbeatS,
  };
  return {
    greedy: greedyFixes(ground, CONFIRM_S),
    greedyUnconfirmed: greedyFixes(ground, 0),
    odometer: walk(ground, (tS, row) => odometerWaitS(ground, tS, row)),
  };
}

/** Metres to the nearest boundary that counts, negative where a zone is violated; computed when asked, and remembered. */
export function distanceByRow(path: Path, order: Order): (row: number) => number {
  const truths = order.zones.map(truthOf);
  const known = new Float64Array(path.rows).fill(Number.NaN);
  return (row) => {
    if (!Number.isNaN(known[row])) return known[row];
    let least = Number.POSITIVE_INFINITY;
    let inside = false;
    for (const truth of truths) {
      if (!countsAt(truth.zone, order, path.timeMs[row])) continue;
      least = Math.min(least, truth.boundaryM(path.lat[row], path.lon[row]));
      if (truth.contains(path.lat[row], path.lon[row]) === (truth.zone.kind === "exclusion")) inside = true;
    }
    known[row] = inside ? -least : least;
    return known[row];
  };
}

/** What the sensor says at an instant, and since when; binary search, for policies look ahead and start over. */
function motionByTime(motions: MotionChange[]): Ground["motionAt"] {
  return (tS) => {
    let low = 0;
    let high = motions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (motions[middle].atMs <= tS * 1000) low = middle + 1;
      else high = middle;
    }
    const last = motions[low - 1];
    return last === undefined
      ? BEFORE_ANY
      : {
          motion: last.motion,
          sinceS: last.atMs / 1000,
          untilS: (motions[low]?.atMs ?? Number.POSITIVE_INFINITY) / 1000,
        };
  };
}

const BEFORE_ANY: MotionSpell = { motion: "moving", sinceS: 0, untilS: 0 };

/** Counts the fixes of a policy outside zones; inside, it waits for the exit free of charge, and where nobody sees it, to be seen. */
function walk(ground: Ground, waitS: (tS: number, row: number) => number): number {
  const { path } = ground;
  const rowAt = createCursor(path);
  const endS = path.timeMs[path.rows - 1] / 1000;
  let tS = path.timeMs[0] / 1000;
  let fixes = 0;
  while (tS <= endS) {
    let row = rowAt(tS * 1000);
    if (ground.distanceM(row) < 0 || path.hidden[row] === 1) {
      while (row < path.rows && (ground.distanceM(row) < 0 || path.hidden[row] === 1)) row++;
      if (row >= path.rows) break;
      tS = path.timeMs[row] / 1000;
    }
    fixes += 1;
    tS += Math.max(STEP_S, waitS(tS, row));
  }
  return fixes;
}

function greedyFixes(ground: Ground, confirmS: number): number {
  const bout: StillBout = { spellS: -1, witnessedS: 0, looks: 0 };
  return walk(ground, (tS, row) => greedyWaitS(ground, bout, tS, row, confirmS));
}

/** When the present stillness was first witnessed, and how often since. */
interface StillBout {
  /** When the sensor began to say still: names the bout. */
  spellS: number;
  witnessedS: number;
  looks: number;
}

function greedyWaitS(ground: Ground, bout: StillBout, tS: number, row: number, confirmS: number): number {
  const { path } = ground;
  const { motion, sinceS, untilS } = ground.motionAt(tS);
  // In a hole the body stands, and a receiver would say so.
  const speedMps = tS - path.timeMs[row] / 1000 > 2 ? 0 : path.speedMps[row];
  const still = motion === "still" && speedMps < STILL_MPS;
  const walking = motion === "walking" && speedMps < WALK_MPS;
  const limitS = Math.min(ground.heartbeatS, still ? stillLimitS(bout, sinceS, tS) : ground.heartbeatS);
  let leftM = ground.distanceM(row);
  let speed = speedMps;
  let waitS = 0;
  while (waitS < limitS) {
    const believed = (still || walking) && tS + waitS < untilS - ONSET_S;
    if (!believed) {
      if (still && tS + waitS < untilS - ONSET_S + STEP_S) speed = 0;
      leftM -= Math.min(CEILING_MPS, speed + ACCEL_MPS2 / 2);
      speed = Math.min(CEILING_MPS, speed + ACCEL_MPS2);
    } else if (walking) leftM -= WALK_MPS;
    if (leftM < 0) break;
    waitS += STEP_S;
  }
  return Math.min(limitS, waitS + ground.delayS - confirmS);
}

function stillLimitS(bout: StillBout, sinceS: number, tS: number): number {
  if (bout.spellS !== sinceS) {
    bout.spellS = sinceS;
    bout.witnessedS = tS;
    bout.looks = 0;
  }
  const look = STILL_LOOKS_S[bout.looks++];
  return look === undefined ? Number.POSITIVE_INFINITY : Math.max(STEP_S, bout.witnessedS + look - tS);
}

function odometerWaitS(ground: Ground, tS: number, row: number): number {
  const { path } = ground;
  const distanceM = ground.distanceM(row);
  let gone = 0;
  let at = row;
  while (at + 1 < path.rows && gone < distanceM) {
    gone += rowDistanceM(path, at, at + 1);
    at++;
  }
  return gone < distanceM ? Number.POSITIVE_INFINITY : path.timeMs[at] / 1000 - tS + ground.delayS;
}
