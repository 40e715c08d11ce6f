import type { Ring, Zone } from "../../protocol/messages/zone.ts";

/** Zones for tests: star-shaped rings, which never cross themselves, with holes and several parts now and then. */

const E7_PER_METRE = 1e7 / 111_195;

export function starRing(random: () => number, latE7: number, lonE7: number, radiusM: number, vertices: number): Ring {
  const shrink = 1 / Math.cos((latE7 / 1e7) * (Math.PI / 180));
  const ring: number[] = [];
  for (let i = 0; i < vertices; i++) {
    const angle = (2 * Math.PI * (i + 0.6 * random())) / vertices;
    const reach = radiusM * (0.6 + 0.4 * random()) * E7_PER_METRE;
    ring.push(wrap(Math.round(lonE7 + reach * Math.cos(angle) * shrink)), Math.round(latE7 + reach * Math.sin(angle)));
  }
  return ring;
}

function wrap(lonE7: number): number {
  return lonE7 > 1.8e9 ? lonE7 - 3.6e9 : lonE7 < -1.8e9 ? lonE7 + 3.6e9 : lonE7;
}

export interface Box {
  south: number;
  north: number;
  west: number;
  east: number;
}

/** Degrees; 60 km of lowland. */
export const LOWLAND: Box = { south: 52, north: 52.54, west: 4.5, east: 5.4 };

export function starZones(random: () => number, count: number, vertices: number, box: Box): Zone[] {
  return Array.from({ length: count }, (_, i): Zone => {
    const latE7 = Math.round((box.south + random() * (box.north - box.south)) * 1e7);
    const lonE7 = Math.round((box.west + random() * (box.east - box.west)) * 1e7);
    const radiusM = 200 + random() * 1300;
    const outer = starRing(random, latE7, lonE7, radiusM, vertices);
    const rings = i % 5 === 0 ? [outer, starRing(random, latE7, lonE7, radiusM * 0.3, 7)] : [outer];
    const polygons = [{ rings }];
    if (i % 7 === 0) polygons.push({ rings: [starRing(random, latE7 + 400_000, lonE7, radiusM, 12)] });
    return { id: `z${i}`, kind: "exclusion", bufferM: 0, schedule: undefined, shape: { kind: "polygons", polygons } };
  });
}

export function ringsOf(zone: Zone): Ring[] {
  return zone.shape.kind === "polygons" ? zone.shape.polygons.flatMap((p) => p.rings) : [];
}

export function vertexCount(zones: Zone[]): number {
  return zones.reduce((sum, zone) => sum + ringsOf(zone).reduce((n, ring) => n + ring.length / 2, 0), 0);
}

/** Random places, and places where arithmetic goes wrong: vertices, edges, a unit beside them, corners of boxes. */
export function adversarialPoint(random: () => number, zones: Zone[], box: Box): [number, number] {
  const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(random() * list.length)];
  const kind = random();
  if (kind < 0.4)
    return [
      Math.round((box.south + random() * (box.north - box.south)) * 1e7),
      wrap(Math.round((box.west + random() * (box.east - box.west)) * 1e7)),
    ];
  const ring = pick(ringsOf(pick(zones)));
  const n = ring.length / 2;
  const i = Math.floor(random() * n);
  const j = (i + 1) % n;
  const unit = () => Math.floor(random() * 3) - 1;
  if (kind < 0.6) return [ring[2 * i + 1] + unit(), wrap(ring[2 * i] + unit())];
  if (kind < 0.8) {
    const part = random();
    const turn = ring[2 * j] - ring[2 * i];
    const dx = turn > 1.8e9 ? turn - 3.6e9 : turn < -1.8e9 ? turn + 3.6e9 : turn;
    return [
      Math.round(ring[2 * i + 1] + part * (ring[2 * j + 1] - ring[2 * i + 1])) + unit(),
      wrap(Math.round(ring[2 * i] + part * dx) + unit()),
    ];
  }
  // The latitude of one vertex and the longitude of another: rays through vertices, corners of boxes.
  return [ring[2 * i + 1], wrap(ring[2 * Math.floor(random() * n)])];
}
