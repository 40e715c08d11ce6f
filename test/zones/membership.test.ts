import geographiclib from "geographiclib-geodesic";
import { expect, test } from "vitest";
import type { Zone } from "../../protocol/messages/zone.ts";
import { truthOf } from "../../simulator/replay/truth-geometry.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { circleZone } from "../samples.ts";
import { viewOf } from "./bracelet-view.ts";
import { contains } from "./oracle.ts";
import { adversarialPoint, LOWLAND, starZones } from "./world.ts";

const ISLANDS = { south: -17.2, north: -16.8, west: 179.7, east: 180.3 };

// A million points: npm run bench -- membership
test.each([
  ["lowland", LOWLAND],
  ["across the antimeridian", ISLANDS],
  ["far north", { south: 69.5, north: 69.9, west: 18.5, east: 19.6 }],
])("membership agrees with exact arithmetic, %s", (_, box) => {
  const random = seededRandom(11, "zones");
  const zones = starZones(random, 40, 30, box);
  const view = viewOf(zones);
  for (let i = 0; i < 8000; i++) {
    const [latE7, lonE7] = adversarialPoint(random, zones, box);
    const expected = view.zones.flatMap((zone, z) => (contains(zone, latE7, lonE7) ? [z] : []));
    const seen = view.at(latE7, lonE7);
    const found: number[] = [];
    // On the very boundary the distance is 0 and the side is nobody's: it is asked by distance alone.
    for (let k = 0; k < seen.count; k++)
      if (seen.signedM[k] < 0 || (seen.signedM[k] === 0 && expected.includes(seen.zone[k]))) found.push(seen.zone[k]);
    expect(
      found.sort((a, b) => a - b),
      `point ${i}: ${latE7}, ${lonE7}`,
    ).toEqual(expected);
  }
});

test("the nearest boundary is the nearest of all, worked out one by one", () => {
  const random = seededRandom(12, "zones");
  const zones = [...starZones(random, 25, 24, LOWLAND), circleZone("round", 52.3, 5, 700)];
  const truths = zones.map(truthOf);
  const view = viewOf(zones);
  for (let i = 0; i < 400; i++) {
    const [latE7, lonE7] = adversarialPoint(random, zones.slice(0, 25), LOWLAND);
    const nearest = Math.min(...truths.map((t) => t.boundaryM(latE7 / 1e7, lonE7 / 1e7)));
    expect(Math.abs(view.at(latE7, lonE7).nearestM - nearest)).toBeLessThan(nearest < 25_000 ? 0.2 : 2);
  }
});

test("every zone within the asked distance is listed, with its signed distance", () => {
  const zones = [circleZone("a", 52, 5, 100), circleZone("b", 52, 5.01, 100), circleZone("c", 52, 5.2, 100)];
  const view = viewOf(zones);
  const look = view.at(520_000_000, 50_000_000, 1000);
  const signedM = Array.from(look.zone.subarray(0, look.count), (zone, i) => [view.zones[zone].id, look.signedM[i]]);
  expect(Object.fromEntries(signedM)).toEqual({ a: -100, b: expect.closeTo(586.5, 0) });
});

/** Metres along the ellipsoid. */
function geodesicM(aLat: number, aLon: number, bLat: number, bLon: number): number {
  return geographiclib.Geodesic.WGS84.Inverse(aLat, aLon, bLat, bLon).s12 ?? Number.NaN;
}

test("distances agree with the geodesic to 0.2 m within 25 km, from the equator to 70°", () => {
  const random = seededRandom(13, "geodesic");
  let worst = 0;
  for (let i = 0; i < 3000; i++) {
    const lat = (random() * 2 - 1) * 70;
    const lon = (random() * 2 - 1) * 180;
    const there = geographiclib.Geodesic.WGS84.Direct(lat, lon, random() * 360, random() * 25_000);
    const radiusM = 50;
    const centre = { latE7: Math.round(lat * 1e7), lonE7: Math.round(lon * 1e7) };
    const point = { latE7: Math.round((there.lat2 ?? 0) * 1e7), lonE7: Math.round((there.lon2 ?? 0) * 1e7) };
    const zone: Zone = { ...circleZone("c", 0, 0, radiusM), shape: { kind: "circle", ...centre, radiusM } };
    const truth = geodesicM(centre.latE7 / 1e7, centre.lonE7 / 1e7, point.latE7 / 1e7, point.lonE7 / 1e7);
    worst = Math.max(worst, Math.abs(viewOf([zone]).at(point.latE7, point.lonE7, 30_000).signedM[0] + radiusM - truth));
  }
  console.log(`worst distance error within 25 km: ${worst.toFixed(4)} m`);
  expect(worst).toBeLessThan(0.2);
});

test("distances to edges agree with the geodesic to their nearest place", () => {
  const random = seededRandom(14, "edges");
  for (let i = 0; i < 60; i++) {
    const box = { south: 35, north: 35.1, west: 139, east: 139.1 };
    const [zone] = starZones(random, 1, 5, box).map((z) => ({ ...z, id: "one" }));
    const lat = 35.05 + (random() - 0.5) * 0.3;
    const lon = 139.05 + (random() - 0.5) * 0.3;
    let least = Number.POSITIVE_INFINITY;
    const rings = zone.shape.kind === "polygons" ? zone.shape.polygons.flatMap((p) => p.rings) : [];
    for (const ring of rings)
      for (let k = 0; k < ring.length; k += 2)
        for (let part = 0; part <= 1; part += 1 / 400) {
          const next = (k + 2) % ring.length;
          least = Math.min(
            least,
            geodesicM(
              lat,
              lon,
              (ring[k + 1] + part * (ring[next + 1] - ring[k + 1])) / 1e7,
              (ring[k] + part * (ring[next] - ring[k])) / 1e7,
            ),
          );
        }
    const seen = viewOf([zone]).at(Math.round(lat * 1e7), Math.round(lon * 1e7)).nearestM;
    expect(Math.abs(seen - least)).toBeLessThan(0.2);
  }
});
