import fc from "fast-check";
import geodesic from "geographiclib-geodesic";
import { expect, test } from "vitest";
import { anonymise } from "../../simulator/traces/anonymise.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { ride } from "../samples.ts";
import { anyTrace, T0 } from "./given.ts";

const WGS84 = geodesic.Geodesic.WGS84;
const anySeed = fc.nat();

/** A walk of points round a place, none further than 25 km from it. */
const aDay = fc
  .record({
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
    rays: fc.array(fc.record({ azimuth: fc.integer({ min: 0, max: 359 }), metres: fc.nat(25_000) }), {
      minLength: 2,
      maxLength: 10,
    }),
  })
  .map(({ lat, lon, rays }) => {
    const places = rays.map(({ azimuth, metres }) => WGS84.Direct(lat, lon, azimuth, metres));
    return traceOf(places.map((p): [number, number] => [p.lat2 ?? 0, p.lon2 ?? 0]));
  });

function traceOf(places: [lat: number, lon: number][]): Trace {
  return {
    name: "Anna's way to work",
    file: "anna.csv",
    format: "csv",
    points: places.length,
    timeMs: Float64Array.from(places, (_, i) => T0 + 345 + i * 1000),
    latE7: Int32Array.from(places, ([lat]) => Math.round(lat * 1e7)),
    lonE7: Int32Array.from(places, ([, lon]) => Math.round(lon * 1e7)),
    notices: { repeatedTimes: 1 },
  };
}

function distanceM({ latE7, lonE7 }: Trace, a: number, b: number): number {
  return WGS84.Inverse(latE7[a] / 1e7, lonE7[a] / 1e7, latE7[b] / 1e7, lonE7[b] / 1e7).s12 ?? Number.NaN;
}

const hide = (trace: Trace, seed: number) => anonymise(trace, seededRandom(seed, "anonymise"));

test("distances between all points are kept within a ten-thousandth, wherever the trace was", () => {
  fc.assert(
    fc.property(aDay, anySeed, (trace, seed) => {
      const hidden = hide(trace, seed);
      for (let a = 0; a < trace.points; a++)
        for (let b = 0; b < a; b++) {
          const before = distanceM(trace, a, b);
          // Positions are whole 10⁻⁷ degrees, a centimetre.
          expect(Math.abs(distanceM(hidden, a, b) - before)).toBeLessThan(before * 1e-4 + 0.05);
        }
    }),
  );
});

test("whatever the trace, the result lies on the globe, and within 60° of the equator where the trace is short", () => {
  fc.assert(
    fc.property(anyTrace, anySeed, (trace, seed) => {
      const { latE7, lonE7 } = hide(trace, seed);
      for (const lat of latE7) expect(Math.abs(lat)).toBeLessThanOrEqual(9e8);
      for (const lon of lonE7) expect(Math.abs(lon)).toBeLessThanOrEqual(18e8);
    }),
  );
  fc.assert(
    fc.property(aDay, anySeed, (trace, seed) => {
      for (const lat of hide(trace, seed).latE7) expect(Math.abs(lat)).toBeLessThanOrEqual(6e8);
    }),
  );
});

test("a flight over half the globe stays within 60° too", () => {
  const flight = traceOf(Array.from({ length: 100 }, (_, i) => [-34 + i * 0.9, 150 - i * 1.5]));
  for (let seed = 0; seed < 50; seed++)
    for (const lat of hide(flight, seed).latE7) expect(Math.abs(lat), `seed ${seed}`).toBeLessThanOrEqual(6e8);
});

test("place, direction, date, time of day and names are gone", () => {
  const trace = { ...ride(), name: "Anna's way to work" };
  const first = hide(trace, 1);
  const second = hide(trace, 2);
  expect(JSON.stringify({ ...first, timeMs: 0, latE7: 0, lonE7: 0 })).not.toContain("Anna");
  expect(first).toMatchObject({ name: "anonymised", file: "anonymised", notices: {} });
  expect(first.raw).toBeUndefined();
  expect(new Date(first.timeMs[0]).toISOString()).toBe("2000-01-01T00:00:00.000Z");
  expect([...first.timeMs].map((t) => t - first.timeMs[0])).toEqual([...trace.timeMs].map((t) => t - trace.timeMs[0]));
  expect(distanceM(joined(trace, first), 0, 1)).toBeGreaterThan(10_000);
  expect(Math.abs(azimuth(first) - azimuth(second))).toBeGreaterThan(1);
});

test("the same seed gives the same trace", () => {
  expect(hide(ride(), 7).latE7).toEqual(hide(ride(), 7).latE7);
});

/** The first points of two traces. */
function joined(a: Trace, b: Trace): Trace {
  return { ...a, latE7: Int32Array.of(a.latE7[0], b.latE7[0]), lonE7: Int32Array.of(a.lonE7[0], b.lonE7[0]) };
}

function azimuth({ latE7, lonE7, points }: Trace): number {
  const last = points - 1;
  return WGS84.Inverse(latE7[0] / 1e7, lonE7[0] / 1e7, latE7[last] / 1e7, lonE7[last] / 1e7).azi1 ?? 0;
}
