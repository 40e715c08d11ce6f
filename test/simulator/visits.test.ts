import { expect, test } from "vitest";
import type { Order } from "../../protocol/messages/order.ts";
import {
  type EntryAlert,
  falseAlerts,
  findVisits,
  type ScoredVisit,
  scoreVisits,
  type Visit,
} from "../../simulator/replay/visits.ts";
import type { Path } from "../../simulator/world/path.ts";
import { orderOf } from "../samples.ts";
import { circleAt, everySecond, pathOf, START_MS, type Step, sOf } from "./walks.ts";

const D = 60;
const HOME = circleAt("home", 0, 100);

/** From 200.5 m south of the zone's centre straight through it, at 1 m/s unless told. */
const through = (seconds: number, mps = 1) => everySecond(seconds, (s) => [s * mps - 200.5, 0]);
const found = (path: Path, order: Order) =>
  findVisits(path, order).map((v) => [v.zone, sOf(v.entryMs), sOf(v.exitMs), v.stayS]);

test("a visit runs from the first row inside to the first row out again", () => {
  const path = pathOf(through(400));
  const [visit] = findVisits(path, orderOf([HOME]));
  // At 101 s he is 99.5 m from the centre, at 301 s 100.5 m on the other side.
  expect(visit).toEqual({
    zone: "home",
    entryMs: START_MS + 101_000,
    exitMs: START_MS + 301_000,
    stayS: 200,
    entryRow: 101,
    exitRow: 301,
  });
  expect(findVisits(path, orderOf([HOME]))).toHaveLength(1);
});

test("a stay that the recording's end cuts short ends with it, and one from the start begins with it", () => {
  expect(found(pathOf(through(200)), orderOf([HOME]))).toEqual([["home", 101, 200, 99]]);
  expect(found(pathOf(everySecond(150, (s) => [s + 0.5, 0])), orderOf([HOME]))).toEqual([["home", 0, 100, 100]]);
});

test("coming back is another visit, and visits stand in the order of their entry", () => {
  const path = pathOf(everySecond(900, (s) => [Math.abs(450 - s) - 250.5, 0]));
  const zones = [circleAt("b", -200, 20), circleAt("a", 0, 100)];
  expect(found(path, orderOf(zones)).map(([zone, entryS]) => [zone, entryS])).toEqual([
    ["a", 100],
    ["b", 380],
    ["b", 481],
    ["a", 601],
  ]);
});

test("two zones that begin at one moment are told by name", () => {
  const zones = [circleAt("z", 0, 100), circleAt("a", 0, 100)];
  expect(found(pathOf(through(400)), orderOf(zones)).map(([zone]) => zone)).toEqual(["a", "z"]);
});

test("who passes by visits nobody", () => {
  expect(found(pathOf(everySecond(400, (s) => [s - 200, 150])), orderOf([HOME]))).toEqual([]);
});

test("outside the place where he must stay is a visit too", () => {
  const stay = circleAt("stay", 0, 100, { kind: "inclusion" });
  expect(found(pathOf(through(400)), orderOf([stay]))).toEqual([
    ["stay", 0, 101, 101],
    ["stay", 301, 400, 99],
  ]);
});

test("a visit begins when the zone begins to count, and ends when it no longer does", () => {
  // The evening begins at 20:00 UTC; the window is 20:02 to 20:04 local time, an hour ahead.
  const at = (hour: number, minute: number) => hour * 60 + minute;
  const schedule = [{ days: 0x7f, fromMin: at(21, 2), toMin: at(21, 4) }];
  const rest = pathOf(everySecond(600, () => [0, 0]));
  const order = orderOf([circleAt("home", 0, 100, { schedule })], { utcOffsets: [{ fromMs: 0, minutes: 60 }] });
  expect(found(rest, order)).toEqual([["home", 120, 240, 120]]);
  const served = orderOf([HOME], { fromMs: START_MS + 50_000, toMs: START_MS + 90_000 });
  expect(found(rest, served)).toEqual([["home", 50, 90, 40]]);
});

test("in a hole the body stands until it must set off, and so long is the stay", () => {
  const path = pathOf([...everySecond(150, (s) => [s - 200.5, 0]), [1_000, 5_000, 0], [1_001, 5_000, 0]]);
  const [visit] = findVisits(path, orderOf([HOME]));
  // 5 km take 94 s at most speed, and the first 150 m of them 10.
  expect(sOf(visit.exitMs)).toBeGreaterThan(910);
  expect(sOf(visit.exitMs)).toBeLessThan(920);
});

/** A stay of 200 s from 101 s on, with what the device said of it. */
function score(alerts: Partial<EntryAlert & { s: number; leftS: number }>[], path = pathOf(through(400))): ScoredVisit {
  const entries = alerts.map((a) => ({
    zone: a.zone ?? "home",
    atMs: START_MS + (a.s ?? 0) * 1000,
    leftMs: a.leftS === undefined ? undefined : START_MS + a.leftS * 1000,
    hAccM: 3,
  }));
  return scoreVisits(path, findVisits(path, orderOf([HOME])), entries, D, [START_MS])[0];
}

test("an alert within D is in time, at D too, and a moment later is late", () => {
  expect(score([{ s: 120 }])).toMatchObject({ detectedMs: START_MS + 120_000, delayS: 19, late: false, missed: false });
  expect(score([{ s: 161 }])).toMatchObject({ delayS: 60, late: false });
  expect(score([{ s: 161.001 }])).toMatchObject({ delayS: 60.001, late: true, missed: false });
});

test("the first alert of the stay counts, whatever comes after", () => {
  expect(score([{ s: 130, leftS: 140 }, { s: 150 }])).toMatchObject({ delayS: 29 });
});

test("no alert of its own is a miss: none at all, another zone's, one that was over, one too late after the end", () => {
  const miss = { detectedMs: undefined, delayS: undefined, late: true, missed: true };
  expect(score([])).toMatchObject(miss);
  expect(score([{ zone: "work", s: 120 }])).toMatchObject(miss);
  expect(score([{ s: 20, leftS: 101 }])).toMatchObject(miss);
  expect(score([{ s: 361.001 }])).toMatchObject(miss);
  expect(score([{ s: 361 }])).toMatchObject({ delayS: 260, late: true, missed: false });
});

test("an alert that still stands from before covers the stay from its first moment", () => {
  expect(score([{ s: 20 }])).toMatchObject({ detectedMs: START_MS + 101_000, delayS: 0, late: false });
  expect(score([{ s: 20, leftS: 102 }])).toMatchObject({ delayS: 0, late: false });
});

test("a stay shorter than D is owed nothing: neither missed nor late", () => {
  const stayS = (mps: number) => pathOf(through(400, mps));
  expect(score([], stayS(4))).toMatchObject({ stayS: 50, late: false, missed: false, beyondModel: undefined });
  expect(score([{ s: 140 }], stayS(4))).toMatchObject({ late: false, missed: false });
});

test("a stay of just D is owed its alert, a second less is not", () => {
  const stay = (seconds: number) => pathOf(everySecond(300, (s) => [s >= 100 && s < 100 + seconds ? 0 : 150, 0]));
  expect(score([], stay(D))).toMatchObject({ stayS: D, missed: true });
  expect(score([], stay(D - 1))).toMatchObject({ stayS: D - 1, missed: false });
});

/** Why a stay that nobody told is excused, if it is; fixes at these seconds. */
function excuse(steps: Step[], fixS: number[]): string | undefined {
  const path = pathOf(steps);
  const [visit] = findVisits(path, orderOf([HOME]));
  const fixMs = fixS.map((s) => START_MS + s * 1000);
  return scoreVisits(path, [visit as Visit], [], D, fixMs)[0].beyondModel;
}

const arriving = (place: (s: number) => number) => everySecond(600, (s) => [place(s), 0]);

test("a jump in the recording before the entry is named", () => {
  const jump = arriving((s) => (s < 200 ? 5_000 : 0));
  expect(excuse(jump, [10])).toMatch(/^jump of (49|50)\d\d m in 1 s$/);
});

test("a hole before the entry is an excuse only where nobody could have come so far in it", () => {
  const hole = (metres: number) => [
    ...everySecond(100, () => [metres, 0]),
    ...everySecond(300, (s) => [Math.max(0, 400 - s * 5), 0]).map(([s, north, east]): Step => [s + 1_000, north, east]),
  ];
  expect(excuse(hole(5_000), [10])).toBeUndefined();
  expect(excuse(hole(100_000), [10])).toMatch(/^jump of \d+ m in 900 s$/);
});

test("what happened before the last fix excuses nothing", () => {
  const jump = arriving((s) => (s < 200 ? 5_000 : Math.max(0, 400 - (s - 200) * 3)));
  expect(excuse(jump, [10])).toMatch(/^jump/);
  expect(excuse(jump, [10, 210])).toBeUndefined();
});

/** 3 m/s² from rest up to 60 m/s. */
function carM(s: number): number {
  return s < 0 ? 0 : s < 20 ? 1.5 * s * s : 600 + 60 * (s - 20);
}

test.each([
  ["on foot", (s: number) => Math.max(0, 300 - s)],
  ["in a car that starts as fast as the model allows", (s: number) => Math.max(0, 4_000 - carM(s - 60))],
  ["who is at 50 m/s in a second, without a jump,", (s: number) => Math.max(0, 4_000 - 50 * Math.max(0, s - 60))],
  ["in a train at the ceiling", (s: number) => Math.max(0, 12_000 - 60 * s)],
])("a miss %s is no fault of the recording", (_, place) => {
  expect(excuse(arriving(place), [5])).toBeUndefined();
});

test("a visit told in time needs no excuse, though the recording jumps", () => {
  const path = pathOf(arriving((s) => (s < 200 ? 5_000 : 0)));
  const alert = { zone: "home", atMs: START_MS + 230_000, leftMs: undefined, hAccM: 3 };
  const [visit] = scoreVisits(path, findVisits(path, orderOf([HOME])), [alert], D, []);
  expect(visit).toMatchObject({ late: false, beyondModel: undefined });
});

/** Whether an alert at this second is false, for one who walks through (inside from 101 s to 301 s). */
function isFalse(s: number, changes: Partial<EntryAlert> = {}, path = pathOf(through(600)), zone = HOME): boolean {
  const alert = { zone: zone.id, atMs: START_MS + s * 1000, leftMs: undefined, hAccM: 0.1, ...changes };
  return falseAlerts(path, orderOf([zone]), [alert]).length === 1;
}

test("an alert is true while a row within D of it lies inside", () => {
  expect([200, 101, 300].map((s) => isFalse(s))).toEqual([false, false, false]);
  expect([101 - D, 300 + D].map((s) => isFalse(s))).toEqual([false, false]);
  expect([101 - D - 1, 301 + D + 1].map((s) => isFalse(s))).toEqual([true, true]);
});

test("the zone is grown by the accuracy that was reported, and by no more", () => {
  const passing = pathOf(everySecond(600, (s) => [s - 300, 130]));
  expect(isFalse(300, { hAccM: 28 }, passing)).toBe(true);
  expect(isFalse(300, { hAccM: 32 }, passing)).toBe(false);
});

test("an alert of a zone that the order does not know is false", () => {
  expect(isFalse(200, { zone: "nowhere" })).toBe(true);
});

test("an alert of the place where he must stay is true while he is out of it", () => {
  const stay = circleAt("stay", 0, 100, { kind: "inclusion" });
  const path = pathOf(through(900));
  expect(isFalse(200, {}, path, stay)).toBe(true);
  expect(isFalse(20, {}, path, stay)).toBe(false);
  expect(isFalse(400, {}, path, stay)).toBe(false);
});

test("in a hole the body stands where it was: an alert there is true, and after it only where it then is", () => {
  const inside = pathOf([...everySecond(150, (s) => [s - 200.5, 0]), [5_000, 9_000, 0], [5_001, 9_000, 0]]);
  expect(isFalse(2_000, {}, inside)).toBe(false);
  const outside = pathOf([...everySecond(50, (s) => [s - 200.5, 0]), [5_000, 0, 0], [5_001, 0, 0]]);
  expect(isFalse(2_000, {}, outside)).toBe(true);
  expect(isFalse(5_000 - D, {}, outside)).toBe(false);
});
