import { expect, test } from "vitest";
import { between, gaussian, seededRandom } from "../../simulator/world/random.ts";

const draws = (count: number, random: () => number) => Array.from({ length: count }, random);
const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

function correlation(a: number[], b: number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const cross = (x: number[], mx: number, y: number[], my: number) =>
    x.reduce((sum, v, i) => sum + (v - mx) * (y[i] - my), 0);
  return cross(a, ma, b, mb) / Math.sqrt(cross(a, ma, a, ma) * cross(b, mb, b, mb));
}

/** 99 degrees of freedom: mean 99, standard deviation 14. */
function chiSquare(values: number[]): number {
  const counts = new Array<number>(100).fill(0);
  for (const value of values) counts[Math.floor(value * 100)] += 1;
  const expected = values.length / 100;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

// Worked out with Python's integers from the published mulberry32.
test.each([
  [1, "", [2693262067, 11749833, 2265367787, 4213581821]],
  [0, "", [1144304738, 1416247, 958946056, 627933444]],
  [1, "gnss", [3451645547, 3090906554, 1285817795, 1191164891]],
  [7, "motion", [3736543935, 1260362526, 1708744107, 1556024629]],
  [20240613, "zones", [2802294918, 2057504940, 1830102806, 3242156425]],
])("seed %i of stream '%s' draws the same on every machine", (seed, stream, expected) => {
  expect(draws(4, seededRandom(seed, stream)).map((v) => v * 2 ** 32)).toEqual(expected);
});

test("draws are uniform in [0, 1), one after another and over first draws of many streams and seeds", () => {
  const samples = {
    sequence: draws(100_000, seededRandom(3, "gnss")),
    streams: Array.from({ length: 100_000 }, (_, i) => seededRandom(3, `sky 17:42 ${i}`)()),
    seeds: Array.from({ length: 100_000 }, (_, seed) => seededRandom(seed, "motion")()),
  };
  for (const [name, values] of Object.entries(samples)) {
    expect(
      values.every((v) => v >= 0 && v < 1),
      name,
    ).toBe(true);
    expect(chiSquare(values), name).toBeLessThan(180);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1))), name).toBeLessThan(0.015);
  }
});

test("streams of one seed, and one stream of neighbouring seeds, know nothing of one another", () => {
  const of = (seed: number, stream: string) => draws(20_000, seededRandom(seed, stream));
  for (const [a, b] of [
    [of(1, "gnss"), of(1, "motion")],
    [of(1, "gnss"), of(1, "board")],
    [of(1, "a"), of(1, "b")],
    [of(1, "gnss"), of(2, "gnss")],
  ])
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.035);
});

test("a draw more in one stream moves no other", () => {
  const first = seededRandom(5, "gnss");
  const second = seededRandom(5, "motion");
  const alone = draws(3, seededRandom(5, "motion"));
  const interleaved = Array.from({ length: 3 }, () => {
    first();
    return second();
  });
  expect(interleaved).toEqual(alone);
});

test("normal draws have mean 0, variance 1 and the tails of the bell, and are never infinite", () => {
  const random = seededRandom(9, "bell");
  const values = draws(100_000, () => gaussian(random));
  expect(Math.abs(mean(values))).toBeLessThan(0.015);
  expect(mean(values.map((v) => v * v))).toBeCloseTo(1, 1);
  expect(mean(values.map((v) => (Math.abs(v) > 1.96 ? 1 : 0)))).toBeCloseTo(0.05, 2);
  expect(mean(values.map((v) => (Math.abs(v) > 3 ? 1 : 0)))).toBeLessThan(0.004);
  expect(Number.isFinite(gaussian(() => 0))).toBe(true);
});

test("between two bounds is uniform between them", () => {
  const random = seededRandom(4, "between");
  const values = draws(50_000, () => between(random, -3, 7));
  expect(chiSquare(values.map((v) => (v + 3) / 10))).toBeLessThan(180);
});
