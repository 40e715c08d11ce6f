import type { Ring, Zone } from "../../protocol/messages/zone.ts";

/**
 * Inside or outside, and how far, worked out a second way: earth-centred coordinates on WGS-84 and plain ray casting in
 * doubles. It judges the firmware, so it shares nothing with the firmware's geometry.
 */
export interface TruthZone {
  zone: Zone;
  contains(lat: number, lon: number): boolean;
  /** Metres to the boundary, never negative. */
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
  return zone.shape.kind === "circle"
    ? circle(zone, zone.shape)
    : polygons(
        zone,
        zone.shape.polygons.flatMap((p) => p.rings),
      );
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

function polygons(zone: Zone, rings: Ring[]): TruthZone {
  const edges: [number, number, number, number][] = [];
  let south = 90;
  let north = -90;
  let origin = 0;
  for (const ring of rings) {
    const n = ring.length / 2;
    if (edges.length === 0) origin = ring[0] / 1e7;
    for (let i = 0; i < n; i++) {
      const j = (i + 1) % n;
      const a: [number, number] = [unwrap(ring[2 * i] / 1e7, origin), ring[2 * i + 1] / 1e7];
      edges.push([a[0], a[1], unwrap(ring[2 * j] / 1e7, origin), ring[2 * j + 1] / 1e7]);
      if (a[1] < south) south = a[1];
      if (a[1] > north) north = a[1];
    }
  }
  return {
    zone,
    contains(lat, lon) {
      if (lat < south || lat > north) return false;
      const x = unwrap(lon, origin);
      let odd = false;
      for (const [x1, y1, x2, y2] of edges)
        if (y1 > lat !== y2 > lat && x < x1 + ((x2 - x1) * (lat - y1)) / (y2 - y1)) odd = !odd;
      return odd;
    },
    boundaryM: (lat, lon) =>
      edges.reduce((least, edge) => Math.min(least, edgeM(edge, lat, unwrap(lon, origin))), Number.POSITIVE_INFINITY),
  };
}

/** The longitude within half a turn of `origin`. */
function unwrap(lon: number, origin: number): number {
  return lon - origin > 180 ? lon - 360 : lon - origin < -180 ? lon + 360 : lon;
}

/** Distance to the nearest point of an edge, found on a local plane, measured by the chord. */
function edgeM([x1, y1, x2, y2]: [number, number, number, number], lat: number, lon: number): number {
  const scale = Math.cos(((lat + (y1 + y2) / 2) / 2) * RADIANS);
  const ax = (x1 - lon) * scale;
  const dx = (x2 - x1) * scale;
  const ay = y1 - lat;
  const dy = y2 - y1;
  const length2 = dx * dx + dy * dy;
  const part = length2 > 0 ? Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length2)) : 0;
  return chordM(lat, lon, y1 + dy * part, x1 + (x2 - x1) * part);
}
