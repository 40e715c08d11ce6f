import { cosE7, RADIANS_PER_E7, sinE7 } from "../lib/trig.ts";

/**
 * Metres between near places: the radii of WGS-84 at the pair's mid-latitude (design §8), as polynomials in the latitude
 * difference round one query point, so that an edge costs no trigonometry.
 */
export interface Metric {
  /** Metres per 10⁻⁷ degree of longitude: constant, linear and quadratic in the latitude difference (10⁻⁷ degrees). */
  east0: number;
  east1: number;
  east2: number;
  /** Metres per 10⁻⁷ degree of latitude: constant and linear. */
  north0: number;
  north1: number;
  /** No place within the range set last has fewer metres than these to 10⁻⁷ degree. */
  eastFloor: number;
  northFloor: number;
  /** The range itself in 10⁻⁷ degrees, never less. */
  eastReachE7: number;
  northReachE7: number;
}

const SEMI_MAJOR_M = 6378137;
/** First eccentricity squared of WGS-84. */
const E2 = 669437999014 / 100000000000000;

/** A degree of latitude is 110.6 km at the equator and 111.7 km at the poles. */
const LEAST_NORTH = 99 / 100;

export const HALF_TURN_E7 = 1800000000;

export function createMetric(): Metric {
  return {
    east0: 0,
    east1: 0,
    east2: 0,
    north0: 0,
    north1: 0,
    eastFloor: 0,
    northFloor: 0,
    eastReachE7: 0,
    northReachE7: 0,
  };
}

/** Sets the metric for pairs of which one end is at `latE7`. */
export function setMetric(metric: Metric, latE7: number): void {
  const sin = sinE7(latE7);
  const cos = cosE7(latE7);
  const w2 = 1 - E2 * sin * sin;
  const w = Math.sqrt(w2);
  const meridianM = (SEMI_MAJOR_M * (1 - E2)) / (w2 * w);
  const meridianSlopeM = (3 * meridianM * E2 * sin * cos) / w2;
  const u = RADIANS_PER_E7;
  metric.east0 = (SEMI_MAJOR_M / w) * cos * u;
  // d(N cos φ)/dφ = −M sin φ; the mid-latitude moves half as far as the other end.
  metric.east1 = (-meridianM * sin * u * u) / 2;
  metric.east2 = (-(meridianM * cos + meridianSlopeM * sin) * u * u * u) / 8;
  metric.north0 = meridianM * u;
  metric.north1 = (meridianSlopeM * u * u) / 2;
}

/**
 * Sets the floors for places up to `rangeM` away: with them a plane gives a lower bound of the distance. Where the range
 * is so wide that meridians may meet in it, only the latitude counts.
 */
export function setRange(metric: Metric, rangeM: number): void {
  const dy = rangeM / (metric.north0 * LEAST_NORTH);
  const fall = metric.east1 < 0 ? -metric.east1 : metric.east1;
  const bend = metric.east2 < 0 ? -metric.east2 : metric.east2;
  metric.eastFloor = Math.max(0, metric.east0 - dy * (fall + dy * bend));
  metric.northFloor = metric.north0 - dy * (metric.north1 < 0 ? -metric.north1 : metric.north1);
  metric.northReachE7 = dy;
  metric.eastReachE7 = metric.eastFloor * HALF_TURN_E7 > rangeM ? rangeM / metric.eastFloor : HALF_TURN_E7;
}

/** Square of the distance in metres to the place `dxE7` east and `dyE7` north of the metric's point. */
export function distance2(metric: Metric, dxE7: number, dyE7: number): number {
  const east = dxE7 * (metric.east0 + dyE7 * (metric.east1 + dyE7 * metric.east2));
  const north = dyE7 * (metric.north0 + dyE7 * metric.north1);
  return east * east + north * north;
}

interface Position {
  latE7: number;
  lonE7: number;
}

/** Metres between two places; sets the metric at the first. */
export function metresBetween(metric: Metric, a: Position, b: Position): number {
  setMetric(metric, a.latE7);
  return Math.sqrt(distance2(metric, wrapE7(b.lonE7 - a.lonE7), b.latE7 - a.latE7));
}

/**
 * Square of the distance in metres to the edge from a to b, both relative to the metric's point, straight in lon/lat.
 * The nearest place on it is found in the metric of the edge's middle and measured in its own.
 */
export function edgeDistance2(metric: Metric, ax: number, ay: number, bx: number, by: number): number {
  const middle = (ay + by) * 0.5;
  const eastScale = metric.east0 + middle * metric.east1;
  const vx = (bx - ax) * eastScale;
  const vy = (by - ay) * metric.north0;
  const length2 = vx * vx + vy * vy;
  let part = length2 > 0 ? -(vx * ax * eastScale + vy * ay * metric.north0) / length2 : 0;
  if (part < 0) part = 0;
  else if (part > 1) part = 1;
  return distance2(metric, ax + part * (bx - ax), ay + part * (by - ay));
}

/** The longitude difference the short way round, in 10⁻⁷ degrees. */
export function wrapE7(dxE7: number): number {
  if (dxE7 > 1800000000) return dxE7 - 3600000000;
  return dxE7 < -1800000000 ? dxE7 + 3600000000 : dxE7;
}

/** A lower bound of the squared distance from the point to anything in a box, within the range set last. */
export function sidesDistance2(
  west: number,
  south: number,
  east: number,
  north: number,
  latE7: number,
  lonE7: number,
  metric: Metric,
): number {
  let dx = lonE7 < west ? west - lonE7 : lonE7 > east ? lonE7 - east : 0;
  if (dx > HALF_TURN_E7) dx = 0;
  const dy = latE7 < south ? south - latE7 : latE7 > north ? latE7 - north : 0;
  const x = dx * metric.eastFloor;
  const y = dy * metric.northFloor;
  return x * x + y * y;
}

export function square(value: number): number {
  return value * value;
}
