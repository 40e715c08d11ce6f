import { expect, test } from "vitest";
import { rowDistanceM } from "../../simulator/world/globe.ts";
import { createCursor } from "../../simulator/world/path.ts";
import { everySecond, pathOf, pathThrough, START_MS, type Step, sOf } from "./walks.ts";

const times = (path: { timeMs: Float64Array }) => [...path.timeMs].map(sOf);

test("a short gap is bridged by a row a second on the straight line", () => {
  const path = pathOf([
    [0, 0, 0],
    [10, 100, 50],
  ]);
  expect(times(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (let row = 0; row < path.rows; row++) {
    expect((path.lat[row] - path.lat[0]) / (path.lat[10] - path.lat[0])).toBeCloseTo(row / 10, 5);
    expect((path.lon[row] - path.lon[0]) / (path.lon[10] - path.lon[0])).toBeCloseTo(row / 10, 5);
  }
});

test("a minute is bridged, more is a hole", () => {
  const between = (seconds: number) =>
    times(
      pathOf([
        [0, 0, 0],
        [seconds, 0, 0],
      ]),
    ).filter((s) => s > 15 && s < seconds);
  expect(between(60)).toHaveLength(44);
  expect(between(60.001)).toEqual([]);
});

test("in a hole the body stands until it must set off, and then goes as fast as the model allows", () => {
  const path = pathOf([
    [0, 0, 0],
    [1_000, 0, 1_200],
    [1_001, 0, 1_200],
  ]);
  const arrives = times(path).indexOf(1_000);
  const goneM = times(path).map((_, row) => rowDistanceM(path, 0, row));
  const leaves = goneM.filter((metres) => metres < 0.01).length - 1;
  // 600 m of ramp in 20 s, and 600 m at 60 m/s in 10.
  const setsOff = times(path)[leaves];
  expect(setsOff).toBeGreaterThanOrEqual(969);
  expect(setsOff).toBeLessThan(971);
  expect(goneM.slice(0, leaves).every((metres) => metres < 0.01)).toBe(true);
  for (let row = leaves; row <= arrives; row++) {
    const s = times(path)[row] - setsOff;
    const modelM = s < 20 ? 1.5 * s * s : 600 + 60 * (s - 20);
    expect(Math.abs(goneM[row] - modelM), `${s} s after it set off`).toBeLessThan(row < arrives ? 5 : 20);
  }
});

test("who could not have rested, but was no faster than the model, goes on evenly through a hole", () => {
  const path = pathOf([
    ...everySecond(30, (s) => [55 * s, 0]),
    ...everySecond(30, (s) => [55 * (s + 100), 0]).map(later(100)),
  ]);
  for (let row = 3; row < path.rows - 3; row++) expect(path.speedMps[row], `row ${row}`).toBeCloseTo(55, 0);
});

test("where even that is too slow the body jumps, and no speed is made of it", () => {
  const path = pathOf([...everySecond(30, () => [0, 0]), ...everySecond(30, () => [90_000, 0]).map(later(1_000))]);
  expect(path.rows).toBe(62);
  expect(path.speedMps.every((v) => v === 0)).toBe(true);
  expect(path.netMps.every((v) => v === 0)).toBe(true);
});

test("rows closer than a second are kept, and bridging crowds none", () => {
  const path = pathOf([
    [0, 0, 0],
    [0.2, 0, 1],
    [1.6, 0, 8],
    [3.3, 0, 16],
  ]);
  const rows = times(path);
  for (const s of [0, 0.2, 1.6, 3.3]) expect(rows).toContain(s);
  for (let i = 1; i < rows.length; i++) expect(rows[i]).toBeGreaterThan(rows[i - 1]);
  for (let i = 2; i < rows.length; i++) expect(rows[i] - rows[i - 1]).toBeGreaterThanOrEqual(0.5);
});

test("of several rows at one instant the first counts", () => {
  const path = pathOf([
    [0, 0, 0],
    [1, 10, 0],
    [1, 500, 0],
    [2, 20, 0],
  ]);
  expect(times(path)).toEqual([0, 1, 2]);
  expect(rowDistanceM(path, 0, 1)).toBeCloseTo(10, 0);
});

test("the date line is crossed the short way, at its true speed", () => {
  for (const [from, to] of [
    [179.9995, -179.9995],
    [-179.9995, 179.9995],
  ]) {
    const path = pathThrough([
      [0, 0, from],
      [11, 0, to],
    ]);
    expect(path.rows).toBe(12);
    for (let row = 0; row < path.rows; row++) {
      expect(Math.abs(path.lon[row])).toBeGreaterThan(179.999);
      expect(Math.abs(path.lon[row])).toBeLessThanOrEqual(180);
      expect(path.speedMps[row]).toBeCloseTo(111.2 / 11, 0);
    }
    expect(rowDistanceM(path, 0, 11)).toBeCloseTo(111.2, 0);
  }
});

test("speeds are those of the walk, and 0 at rest and for a single row", () => {
  const path = pathOf(everySecond(200, (s) => [7 * Math.min(s, 100), 0]));
  expect(path.speedMps[50]).toBeCloseTo(7, 1);
  expect(path.netMps[50]).toBeCloseTo(7, 1);
  expect(path.speedMps[150]).toBe(0);
  expect(path.netMps[150]).toBe(0);
  expect(pathOf([[0, 0, 0]]).speedMps[0]).toBe(0);
});

test("a recording's jitter at rest is no net speed", () => {
  const path = pathOf(everySecond(120, (s) => [s % 2 === 0 ? 0 : 1, 0]));
  expect(path.speedMps.every((v) => v < 1.1)).toBe(true);
  expect(path.netMps.slice(10).every((v) => v < 0.11)).toBe(true);
});

test("the net speed at a moment is that of the ten seconds before, and knows nothing of what comes", () => {
  const path = pathOf(everySecond(100, (s) => [7 * Math.max(0, s - 50), 0]));
  expect(path.netMps.slice(0, 51).every((v) => v === 0)).toBe(true);
  expect(path.netMps[55]).toBeCloseTo(3.5, 1);
  expect(path.netMps[60]).toBeCloseTo(7, 1);
});

function later(byS: number): (step: Step) => Step {
  return ([s, north, east]) => [s + byS, north, east];
}

const dwelling = (steps: Step[]) => {
  const path = pathOf(steps);
  return times(path).filter((_, row) => path.dwells[row] === 1);
};

test("a stay of some minutes is a dwelling place, a red light and a ride are not", () => {
  const ride = (restS: number) => everySecond(1_500, (s) => [6 * (s - Math.min(Math.max(0, s - 500), restS)), 0]);
  expect(dwelling(ride(0))).toEqual([]);
  expect(dwelling(ride(180))).toEqual([]);
  const stay = dwelling(ride(600));
  expect(stay).toContain(800);
  expect(stay.at(0)).toBeGreaterThanOrEqual(485);
  expect(stay.at(-1)).toBeLessThanOrEqual(1_115);
  expect(stay.length).toBeGreaterThan(450);
});

test("a hole spent in one place is a stay there", () => {
  expect(dwelling([...everySecond(30, () => [0, 0]), ...everySecond(30, () => [0, 0]).map(later(3_600))])).toContain(
    30,
  );
});

test("the row in force is the last one not after the instant, whichever way time is asked", () => {
  const path = pathOf([
    [0, 0, 0],
    [1, 0, 0],
    [100, 0, 90_000],
  ]);
  const rowAt = createCursor(path);
  const ask = (s: number) => rowAt(START_MS + s * 1000);
  expect([-5, 0, 0.9, 1, 99.9, 100, 5_000, 1.5, 0].map(ask)).toEqual([0, 0, 0, 1, 1, 2, 2, 1, 0]);
});
