import geographiclib from "geographiclib-geodesic";
import { expect, test } from "vitest";
import type { Polygon, Zone } from "../../protocol/messages/zone.ts";
import { chordM, truthOf } from "../../simulator/replay/truth-geometry.ts";
import { between, seededRandom } from "../../simulator/world/random.ts";
import { circleZone } from "../samples.ts";

const EARTH = geographiclib.Geodesic.WGS84;

function geodesicM(aLat: number, aLon: number, bLat: number, bLon: number): number {
  return EARTH.Inverse(aLat, aLon, bLat, bLon).s12 ?? Number.NaN;
}

function travel(lat: number, lon: number, bearing: number, metres: number): { lat: number; lon: number } {
  const there = EARTH.Direct(lat, lon, bearing, metres);
  return { lat: there.lat2 ?? Number.NaN, lon: there.lon2 ?? Number.NaN };
}

/** Rings in degrees, `[lon, lat]`, not closed. */
function polygonZone(...polygons: [number, number][][][]): Zone {
  const shape = {
    kind: "polygons" as const,
    polygons: polygons.map((rings): Polygon => ({ rings: rings.map((ring) => ring.flat().map(e7)) })),
  };
  return { id: "p", kind: "exclusion", bufferM: 0, schedule: undefined, shape };
}

const e7 = (degrees: number) => Math.round(degrees * 1e7);
const square = (west: number, south: number, side: number): [number, number][] => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
];

test("chords through the whole earth are its axes", () => {
  expect(chordM(0, 0, 0, 180)).toBeCloseTo(2 * 6_378_137, 3);
  expect(chordM(0, -90, 0, 90)).toBeCloseTo(2 * 6_378_137, 3);
  expect(chordM(90, 0, -90, 0)).toBeCloseTo(2 * 6_356_752.3142, 3);
  expect(chordM(0, 0, 0, 90)).toBeCloseTo(6_378_137 * Math.SQRT2, 3);
  expect(chordM(0, 0, 90, 0)).toBeCloseTo(Math.hypot(6_378_137, 6_356_752.3142), 3);
});

test("a degree is as long as the tables say, from the equator to the north", () => {
  // Meridian and parallel of WGS-84 over one degree centred on the latitude.
  for (const [lat, north, east] of [
    [0, 110_574.3, 111_319.5],
    [45, 111_131.8, 78_846.8],
    [60, 111_412.2, 55_800.2],
  ]) {
    expect(Math.abs(chordM(lat - 0.05, 7, lat + 0.05, 7) * 10 - north)).toBeLessThan(1.5);
    expect(Math.abs(chordM(lat, 7, lat, 7.1) * 10 - east)).toBeLessThan(1.5);
  }
});

test("chords are the geodesic to 0.1 m within 25 km, everywhere, across the date line too", () => {
  const random = seededRandom(21, "chords");
  for (let i = 0; i < 5_000; i++) {
    const lat = between(random, -89, 89);
    const lon = i % 10 === 0 ? between(random, 179.8, 180) : between(random, -180, 180);
    const metres = between(random, 0, 25_000);
    const there = travel(lat, lon, between(random, 0, 360), metres);
    expect(Math.abs(chordM(lat, lon, there.lat, there.lon) - metres), `${lat}, ${lon}, ${metres} m`).toBeLessThan(0.1);
  }
});

test("a circle's inside and boundary are those of the geodesic", () => {
  const random = seededRandom(22, "circles");
  for (let i = 0; i < 2_000; i++) {
    const lat = e7(between(random, -85, 85)) / 1e7;
    const lon = e7(between(random, -180, 180)) / 1e7;
    const radiusM = between(random, 20, 10_000);
    const truth = truthOf(circleZone("c", lat, lon, radiusM));
    const metres = between(random, 0, 25_000);
    const { lat: la, lon: lo } = travel(lat, lon, between(random, 0, 360), metres);
    expect(Math.abs(truth.boundaryM(la, lo) - Math.abs(metres - radiusM))).toBeLessThan(0.1);
    if (Math.abs(metres - radiusM) > 0.1) expect(truth.contains(la, lo)).toBe(metres < radiusM);
  }
});

test("a circle across the date line is one circle, and one round a pole too", () => {
  const line = truthOf(circleZone("c", -17, 179.999, 500));
  expect(line.contains(-17, -179.999)).toBe(true);
  expect(line.contains(-17, -179.99)).toBe(false);
  expect(line.contains(-17, 179.9)).toBe(false);
  const pole = truthOf(circleZone("c", 89.999, 0, 500));
  expect(pole.contains(89.999, 180)).toBe(true);
});

test("inside a ring, in its hole, on an island in the hole, and in another part", () => {
  const zone = polygonZone(
    [square(139, 35, 0.1), square(139.03, 35.03, 0.04)],
    [square(139.04, 35.04, 0.01)],
    [square(139.3, 35, 0.02)],
  );
  const truth = truthOf(zone);
  const inside = (lat: number, lon: number) => truth.contains(lat, lon);
  expect(inside(35.01, 139.01)).toBe(true);
  expect(inside(35.035, 139.035)).toBe(false);
  expect(inside(35.045, 139.045)).toBe(true);
  expect(inside(35.01, 139.31)).toBe(true);
  expect(inside(35.01, 139.2)).toBe(false);
  expect(inside(34.99, 139.05)).toBe(false);
  expect(inside(35.11, 139.05)).toBe(false);
  // 0.001° of latitude inside the hole's southern edge: the hole's boundary is the nearest.
  expect(truth.boundaryM(35.031, 139.05)).toBeCloseTo(geodesicM(35.031, 139.05, 35.03, 139.05), 2);
});

test("a ray through a vertex counts it once", () => {
  const truth = truthOf(
    polygonZone([
      [
        [0, -1],
        [1, 0],
        [0, 1],
        [-1, 0],
      ],
    ]),
  );
  expect(truth.contains(0, 0)).toBe(true);
  expect(truth.contains(0, -1.5)).toBe(false);
  expect(truth.contains(0, 1.5)).toBe(false);
  expect(truth.contains(-1, -0.5)).toBe(false);
});

test.each([
  ["with longitudes that change their sign", -179.9],
  ["with longitudes that run on past 180", 180.1],
])("a ring across the date line is one ring, %s", (_, east) => {
  const ring: [number, number][] = [
    [179.9, -17],
    [east, -17],
    [east, -16.9],
    [179.9, -16.9],
  ];
  for (const turned of [ring, [...ring.slice(2), ...ring.slice(0, 2)]]) {
    const truth = truthOf(polygonZone([turned]));
    for (const lon of [179.95, 180, -180, -179.95]) expect(truth.contains(-16.95, lon), `${lon}`).toBe(true);
    for (const lon of [179.85, -179.85, 0]) expect(truth.contains(-16.95, lon), `${lon}`).toBe(false);
    expect(truth.boundaryM(-16.95, -179.85)).toBeCloseTo(geodesicM(-16.95, -179.85, -16.95, -179.9), 1);
    expect(truth.boundaryM(-16.95, 179.85)).toBeCloseTo(geodesicM(-16.95, 179.85, -16.95, 179.9), 1);
  }
});

/** The least geodesic to a straight edge in lon/lat: sampled, and refined round the best sample. */
function edgeGeodesicM(lat: number, lon: number, [x1, y1]: [number, number], [x2, y2]: [number, number]): number {
  const at = (part: number) => geodesicM(lat, lon, y1 + (y2 - y1) * part, x1 + (x2 - x1) * part);
  let low = 0;
  let high = 1;
  for (let round = 0; round < 60; round++) {
    const [a, b] = [low + (high - low) * 0.382, low + (high - low) * 0.618];
    if (at(a) < at(b)) high = b;
    else low = a;
  }
  return Math.min(at(low), at(0), at(1));
}

/** Worst error over triangles of about this size, seen from up to 25 km. Metres. */
function worstEdgeErrorM(seed: number, sizeM: number): number {
  const random = seededRandom(seed, "edges");
  let worst = 0;
  for (let i = 0; i < 1_000; i++) {
    const from = { lat: between(random, -70, 70), lon: between(random, -178, 178) };
    const centre = travel(from.lat, from.lon, between(random, 0, 360), between(random, 0, 25_000 - sizeM));
    const corners = [0, 120, 240].map((bearing): [number, number] => {
      const corner = travel(centre.lat, centre.lon, bearing + between(random, 0, 100), between(random, 0, sizeM));
      return [e7(corner.lon) / 1e7, e7(corner.lat) / 1e7];
    });
    const least = Math.min(
      ...corners.map((corner, k) => edgeGeodesicM(from.lat, from.lon, corner, corners[(k + 1) % 3])),
    );
    worst = Math.max(worst, Math.abs(truthOf(polygonZone([corners])).boundaryM(from.lat, from.lon) - least));
  }
  return worst;
}

test.each([500, 2_000, 10_000])("distances to edges of up to %i m agree with the geodesic within 25 km", (sizeM) => {
  const worst = worstEdgeErrorM(23, sizeM);
  console.log(`truth's worst error to edges of ${sizeM} m: ${worst.toFixed(3)} m`);
  expect(worst).toBeLessThan(0.1);
});
