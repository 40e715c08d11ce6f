import { type Chunk, createChunk } from "./chunk.ts";
import {
  createMetric,
  distance2,
  HALF_TURN_E7,
  type Metric,
  setMetric,
  setRange,
  sidesDistance2,
  square,
  wrapE7,
} from "./geometry.ts";
import { BOXES_PER_GROUP, geometryAt, i32At, isCircle, type Pack } from "./pack.ts";
import { polygonDistance } from "./polygon.ts";

/** What one look at the zones gave; made once and filled again and again. */
export interface Look {
  /** How many zones contain the point or have their boundary within the asked distance. */
  count: number;
  zone: Int16Array;
  /** Metres to the boundary, negative inside. */
  signedM: Float64Array;
  /** Metres to the nearest boundary of any zone that counts; `NO_BOUNDARY_M` where none does. */
  nearestM: number;
  nearestZone: number;
  metric: Metric;
  chunk: Chunk;
  /** Boxes still to look into, the nearest first, and the squared distance at which each begins. */
  waiting: number;
  waitingBox: Int16Array;
  waitingFrom2: Float64Array;
}

/** Half the globe is 20,000 km: farther than any boundary. */
const NO_BOUNDARY_M = 100_000_000;
/** Boxes that may wait their turn; of more, the last are looked into at once. */
const WAITING = 32;

/** Room for every zone: a wide buffer may bring all of a city near at once, and one left out would be no protection. */
export function createLook(zones: number): Look {
  return {
    count: 0,
    zone: new Int16Array(zones),
    signedM: new Float64Array(zones),
    nearestM: NO_BOUNDARY_M,
    nearestZone: -1,
    metric: createMetric(),
    chunk: createChunk(),
    waiting: 0,
    waitingBox: new Int16Array(WAITING),
    waitingFrom2: new Float64Array(WAITING),
  };
}

/**
 * Which zones the point lies in or near, and how far the nearest boundary is. A point on a boundary is at distance 0 and
 * belongs to the zone to its north or east (half-open edges). `active` holds one byte a zone.
 */
export function look(pack: Pack, latE7: number, lonE7: number, nearM: number, active: Uint8Array, result: Look): void {
  result.count = 0;
  result.nearestM = NO_BOUNDARY_M;
  result.nearestZone = -1;
  setMetric(result.metric, latE7);
  setRange(result.metric, 0);
  const group = nearestBox(pack.groups, 0, pack.groups.length >> 2, latE7, lonE7, result.metric);
  if (group < 0) return;
  const from = group * BOXES_PER_GROUP;
  const first = nearestBox(pack.boxes, from, boxesUpTo(pack, group), latE7, lonE7, result.metric);
  // The nearest box first: its boundary then rules out nearly all others.
  lookInBox(pack, first, latE7, lonE7, nearM, active, result);
  result.waiting = 0;
  for (let i = 0; i < pack.groups.length >> 2; i++) {
    if (isBeyondReach(pack.groups, i, latE7, lonE7, result.metric)) continue;
    queueBoxes(pack, i, first, latE7, lonE7, nearM, active, result);
  }
  for (let i = 0; i < result.waiting; i++) {
    if (result.waitingFrom2[i] > square(reachM(nearM, result))) return;
    lookInBox(pack, result.waitingBox[i], latE7, lonE7, nearM, active, result);
  }
}

/** Signed metres to the boundary of one zone, however far it is; negative inside. `result` lends its metric. */
export function distanceToZone(pack: Pack, zone: number, latE7: number, lonE7: number, result: Look): number {
  setMetric(result.metric, latE7);
  return isCircle(pack, zone)
    ? circleDistance(pack, zone, latE7, lonE7, result.metric)
    : polygonDistance(pack, zone, latE7, lonE7, NO_BOUNDARY_M, result.metric, result.chunk);
}

function boxesUpTo(pack: Pack, group: number): number {
  return Math.min((group + 1) * BOXES_PER_GROUP, pack.boxes.length >> 2);
}

function nearestBox(boxes: Int32Array, from: number, to: number, latE7: number, lonE7: number, metric: Metric): number {
  let nearest = -1;
  let least2 = NO_BOUNDARY_M * NO_BOUNDARY_M;
  for (let box = from; box < to; box++) {
    const d2 = boxDistance2(boxes, box, latE7, lonE7, metric);
    if (d2 < least2) {
      least2 = d2;
      nearest = box;
    }
  }
  return nearest;
}

function queueBoxes(
  pack: Pack,
  group: number,
  done: number,
  latE7: number,
  lonE7: number,
  nearM: number,
  active: Uint8Array,
  result: Look,
): void {
  const to = boxesUpTo(pack, group);
  for (let box = group * BOXES_PER_GROUP; box < to; box++) {
    if (box === done || isBeyondReach(pack.boxes, box, latE7, lonE7, result.metric)) continue;
    const from2 = boxDistance2(pack.boxes, box, latE7, lonE7, result.metric);
    if (from2 > square(reachM(nearM, result))) continue;
    if (result.waiting === WAITING) lookInBox(pack, box, latE7, lonE7, nearM, active, result);
    else queue(result, box, from2);
  }
}

function queue(result: Look, box: number, from2: number): void {
  let i = result.waiting;
  while (i > 0 && result.waitingFrom2[i - 1] > from2) {
    result.waitingBox[i] = result.waitingBox[i - 1];
    result.waitingFrom2[i] = result.waitingFrom2[i - 1];
    i -= 1;
  }
  result.waitingBox[i] = box;
  result.waitingFrom2[i] = from2;
  result.waiting += 1;
}

/** Beyond this nothing changes the result any more. */
function reachM(nearM: number, result: Look): number {
  return Math.max(result.nearestM, nearM);
}

/** Four comparisons settle nearly every box. */
function isBeyondReach(boxes: Int32Array, box: number, latE7: number, lonE7: number, metric: Metric): boolean {
  const at = box << 2;
  if (latE7 < boxes[at + 1] - metric.northReachE7 || latE7 > boxes[at + 3] + metric.northReachE7) return true;
  const west = boxes[at] - lonE7;
  const east = lonE7 - boxes[at + 2];
  return (west > metric.eastReachE7 && west < HALF_TURN_E7) || (east > metric.eastReachE7 && east < HALF_TURN_E7);
}

/** A lower bound of the squared distance to anything in a resident box. */
function boxDistance2(boxes: Int32Array, box: number, latE7: number, lonE7: number, metric: Metric): number {
  const at = box << 2;
  return sidesDistance2(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3], latE7, lonE7, metric);
}

function lookInBox(
  pack: Pack,
  box: number,
  latE7: number,
  lonE7: number,
  nearM: number,
  active: Uint8Array,
  result: Look,
): void {
  const from = box * pack.perBox;
  const to = Math.min(from + pack.perBox, pack.zones);
  for (let zone = from; zone < to; zone++) if (active[zone] !== 0) lookAtZone(pack, zone, latE7, lonE7, nearM, result);
  setRange(result.metric, reachM(nearM, result));
}

function lookAtZone(pack: Pack, zone: number, latE7: number, lonE7: number, nearM: number, result: Look): void {
  const signedM = isCircle(pack, zone)
    ? circleDistance(pack, zone, latE7, lonE7, result.metric)
    : polygonDistance(pack, zone, latE7, lonE7, reachM(nearM, result), result.metric, result.chunk);
  const absoluteM = signedM < 0 ? -signedM : signedM;
  if (absoluteM < result.nearestM) {
    result.nearestM = absoluteM;
    result.nearestZone = zone;
  }
  if (signedM > nearM) return;
  result.zone[result.count] = zone;
  result.signedM[result.count] = signedM;
  result.count += 1;
}

function circleDistance(pack: Pack, zone: number, latE7: number, lonE7: number, metric: Metric): number {
  const at = geometryAt(pack, zone);
  const dx = wrapE7(i32At(pack, at) - lonE7);
  return Math.sqrt(distance2(metric, dx, i32At(pack, at + 4) - latE7)) - i32At(pack, at + 8);
}
