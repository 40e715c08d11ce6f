import { expect, test } from "vitest";
import { chargeMah } from "../../simulator/hardware/charge.ts";
import { createReceiver, type GnssReceiver } from "../../simulator/hardware/gnss-receiver.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { runBaseline } from "../../simulator/replay/baseline.ts";
import { everySecond, pathOf, sOf } from "./walks.ts";

const PATH = pathOf(everySecond(600, (s) => [s, 0]));

/** Its first fix comes so many seconds after power-on; before that it says that it has none. */
function slow(ttffS: number): GnssReceiver & { switched: [boolean, number][] } {
  let nextMs = Number.POSITIVE_INFINITY;
  let readyMs = 0;
  const switched: [boolean, number][] = [];
  return {
    switched,
    power(on, nowMs) {
      switched.push([on, sOf(nowMs)]);
      nextMs = on ? nowMs + 1_000 : Number.POSITIVE_INFINITY;
      readyMs = nowMs + ttffS * 1000;
    },
    hear() {},
    nextMs: () => nextMs,
    take() {
      const timeMs = nextMs;
      nextMs += 1_000;
      const solved = timeMs >= readyMs;
      return navPvtFrame({ timeMs, solved, lat: 35, lon: 139, hAccM: 3, speedMps: 0, courseDeg: 0, satellites: 9 });
    },
  };
}

test("it takes a fix a minute, whatever happens, and switches off at once", () => {
  const baseline = runBaseline(PATH, createReceiver(PATH, "ideal", 1), 600, 3);
  expect(baseline.fixMs.map(sOf)).toEqual([1, 61, 121, 181, 241, 301, 361, 421, 481, 541]);
  expect(baseline.fixes).toBe(10);
  expect(baseline.gnssOnS).toBe(10);
  expect(baseline.chargeMah).toBeCloseTo(chargeMah(10, 600, 3), 12);
});

test("a slow receiver is on until its fix", () => {
  const gnss = slow(20);
  const baseline = runBaseline(PATH, gnss, 600, 0);
  expect(baseline.fixMs.map(sOf)).toEqual(Array.from({ length: 10 }, (_, i) => 20 + 60 * i));
  expect(baseline.gnssOnS).toBe(200);
  expect(gnss.switched.slice(0, 4)).toEqual([
    [true, 0],
    [false, 20],
    [true, 60],
    [false, 80],
  ]);
});

test("without a sky it gives up after 55 s of each minute, and has paid for them", () => {
  const baseline = runBaseline(PATH, slow(1_000), 600, 0);
  expect(baseline.fixes).toBe(0);
  expect(baseline.gnssOnS).toBe(550);
});

test("it stops with the recording", () => {
  const short = pathOf(everySecond(70, () => [0, 0]));
  const baseline = runBaseline(short, slow(30), 70, 0);
  expect(baseline.fixMs.map(sOf)).toEqual([30]);
  expect(baseline.gnssOnS).toBe(30 + 10);
});
