import type { Polygon, Ring, Zone } from "../../protocol/messages/zone.ts";

/**
 * Inside or outside, and how far, worked out a second way: earth-centred coordinates on WGS-84 and plain ray casting in
 * doubles, polygon by polygon as RFC 7946 means them: inside the outer ring, in none of the holes, and in any of the polygons.
 * It judges the firmware, so it shares nothing with the firmware's geometry, which counts the rings of a zone all together.
 */
export interface TruthZone {
  zone: Zone;
  contains(lat: number, lon: number): boolean;
  /** Metres to the nearest edge of any ring, never negative; a border that two polygons of a zone share counts too. */
  boundaryM(lat: number, lon: number): number;
}

const SEMI_MAJOR_M = 6_378_137;
const ECCENTRICITY2 = 0.00669437999014;
const RADIANS = Math.PI / 180;

type Xyz = [number, number, number];

function toXyz(lat: number, lon: number): Xyz {
  const sinLat = Math.sin(lat * RADIANS);
  const cosLat = Math.cos(lat * RADIANS);
  const n = SEMI_MAJOR_M / Math.sqrt(1 - ECCENTRICITY2 * sinLat * sinLat);
  return [n * cosLat * Math.cos(lon * RADIANS), n * cosLat * Math.sin(lon * RADIANS), n * (1 - ECCENTRICITY2) * sinLat];
}

/** Straight through the earth: a millimetre short of the arc at 5 km, 16 mm at 25 km. */
export function chordM(latA: number, lonA: number, latB: number, lonB: number): number {
  const a = toXyz(latA, lonA);
  const b = toXyz(latB, lonB);
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

export function truthOf(zone: Zone): TruthZone {
  return zone.shape.kind === "circle" ? circle(zone, zone.shape) : polygons(zone, zone.shape.polygons);
}

function circle(zone: Zone, shape: { latE7: number; lonE7: number; radiusM: number }): TruthZone {
  const lat = shape.latE7 / 1e7;
  const lon = shape.lonE7 / 1e7;
  const centre = toXyz(lat, lon);
  // A chord is never longer than the arc, and a degree of latitude never shorter than 110.5 km: far away needs no sines.
  const reachDeg = shape.radiusM / 110_500 + 1e-6;
  const distance = (la: number, lo: number) => {
    const p = toXyz(la, lo);
    return Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]);
  };
  return {
    zone,
    contains: (la, lo) => Math.abs(la - lat) <= reachDeg && distance(la, lo) < shape.radiusM,
    boundaryM: (la, lo) => Math.abs(distance(la, lo) - shape.radiusM),
  };
}

/** From x1, y1 to x2, y2: degrees of longitude, in the turn of the zone's first vertex, and of latitude. */
type Edge = [x1: number, y1: number, x2: number, y2: number];

interface TruthRing {
  edges: Edge[];
  south: number;
  north: number;
}

function polygons(zone: Zone, parts: Polygon[]): TruthZone {
  const origin = parts[0].rings[0][0] / 1e7;
  const bounds = parts.map(({ rings: [outer, ...holes] }) => ({
    outer: ringOf(outer, origin),
    holes: holes.map((hole) => ringOf(hole, origin)),
  }));
  const edges = bounds.flatMap(({ outer, holes }) => [outer, ...holes].flatMap((ring) => ring.edges));
  return {
    zone,
    contains(lat, lon) {
      const x = unwrap(lon, origin);
      return bounds.some(({ outer, holes }) => isIn(outer, x, lat) && !holes.some((hole) => isIn(hole, x, lat)));
    },
    boundaryM(lat, lon) {
      const x = unwrap(lon, origin);
      return edges.reduce((least, edge) => Math.min(least, edgeM(edge, lat, x)), Number.POSITIVE_INFINITY);
    },
  };
}

function ringOf(ring: Ring, origin: number): TruthRing {
  const n = ring.length / 2;
  const at = (i: number): [number, number] => [unwrap(ring[2 * i] / 1e7, origin), ring[2 * i + 1] / 1e7];
  const edges = Array.from({ length: n }, (_, i): Edge => [...at(i), ...at((i + 1) % n)]);
  let [south, north] = [90, -90];
  for (const [, lat] of edges) [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  return { edges, south, north };
}

function isIn({ edges, south, north }: TruthRing, x: number, lat: number): boolean {
  if (lat < south || lat > north) return false;
  let odd = false;
  for (const [x1, y1, x2, y2] of edges)
    if (y1 > lat !== y2 > lat && x < x1 + ((x2 - x1) * (lat - y1)) / (y2 - y1)) odd = !odd;
  return odd;
}

/** The longitude within half a turn of `origin`. */
function unwrap(lon: number, origin: number): number {
  return lon - origin > 180 ? lon - 360 : lon - origin < -180 ? lon + 360 : lon;
}

/** Distance to the nearest point of an edge, first found on a local plane, measured by the chord. */
function edgeM([x1, y1, x2, y2]: Edge, lat: number, lon: number): number {
  const scale = Math.cos(((lat + (y1 + y2) / 2) / 2) * RADIANS);
  const ax = (x1 - lon) * scale;
  const dx = (x2 - x1) * scale;
  const ay = y1 - lat;
  const dy = y2 - y1;
  const length2 = dx * dx + dy * dy;
  const at = (part: number) => chordM(lat, lon, y1 + dy * part, x1 + (x2 - x1) * part);
  if (length2 === 0) return at(0);
  const foot = clamp(-(ax * dx + ay * dy) / length2);
  // At 25 km the plane's foot is some 100 m off; the squared distance along an edge is nearly a parabola, whose foot is not.
  const [before, here, after] = [at(foot - PROBE) ** 2, at(foot) ** 2, at(foot + PROBE) ** 2];
  const bend = before - 2 * here + after;
  return bend > 0 ? at(clamp(foot + (0.5 * PROBE * (before - after)) / bend)) : Math.sqrt(here);
}

/** Of an edge's length. */
const PROBE = 0.1;

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part));
}
