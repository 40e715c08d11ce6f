import fc from "fast-check";
import { expect, test } from "vitest";
import type { Polygon, Ring, Zone } from "../../protocol/messages/zone.ts";
import { truthOf } from "../../simulator/replay/truth-geometry.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { contains } from "./oracle.ts";
import { adversarialPoint, starRing } from "./world.ts";

/** Doubles may lose a unit of the coordinates, and a centimetre with it. */
const DOUBT_M = 0.03;

function zoneOf(polygons: Polygon[]): Zone {
  return { id: "z", kind: "exclusion", bufferM: 0, schedule: undefined, shape: { kind: "polygons", polygons } };
}

function isWithin(ring: Ring, at: [number, number]): boolean {
  return contains(zoneOf([{ rings: [ring] }]), ...at);
}

test.each([
  ["in the lowland", 52, 5],
  ["across the antimeridian", -17, 180],
])("the judge's inside is any polygon's outer ring but its holes, as exact arithmetic has it, %s", (_, lat, lon) => {
  const box = { south: lat - 0.02, north: lat + 0.02, west: lon - 0.03, east: lon + 0.05 };
  let inside = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 4 }), (seed, parts) => {
      const random = seededRandom(seed, "truth");
      const star = (radiusM: number) => {
        const place = (from: number) => Math.round((from + (random() - 0.5) / 100) * 1e7);
        return starRing(random, place(lat), place(lon), radiusM, 3 + Math.floor(random() * 20));
      };
      // Polygons may overlap and holes lie anywhere: the judge takes each as it is.
      const polygons = Array.from({ length: parts }, () => ({ rings: [star(1500), star(400), star(200)] }));
      const zone = zoneOf(polygons);
      const truth = truthOf(zone);
      for (let i = 0; i < 20; i++) {
        const at = adversarialPoint(random, [zone], box);
        if (truth.boundaryM(at[0] / 1e7, at[1] / 1e7) < DOUBT_M) continue;
        const expected = polygons.some(
          ({ rings: [outer, ...holes] }) => isWithin(outer, at) && !holes.some((hole) => isWithin(hole, at)),
        );
        inside += Number(expected);
        expect(truth.contains(at[0] / 1e7, at[1] / 1e7), String(at)).toBe(expected);
      }
    }),
    { numRuns: 300 },
  );
  expect(inside).toBeGreaterThan(500);
});

test("where polygons overlap or repeat, the judge is inside", () => {
  const square = [0, 0, 100_000, 0, 100_000, 100_000, 0, 100_000];
  expect(truthOf(zoneOf([{ rings: [square] }, { rings: [square] }])).contains(0.005, 0.005)).toBe(true);
});
