import { expect, test } from "vitest";
import { circleAt, live, START_MS } from "./night.ts";

const STILL_FROM_THE_START: [number, "still"][] = [[5, "still"]];
/** Which alerts came, without their details. */
const told = (alerts: { about: string; zone?: string | undefined; state?: string | undefined }[]) =>
  alerts.map((a) => (a.about === "zone" ? `${a.zone} ${a.state}` : a.about));

test("a quiet night next to a zone raises nothing and is nearly free", () => {
  const night = live({ zones: [circleAt("home", 400, 300)], hours: 8, motions: STILL_FROM_THE_START });
  expect(night.alerts).toEqual([]);
  // One a heartbeat, and the looks that a belief in stillness costs.
  expect(night.fixes.length).toBeLessThan(8 * 4 + 6);
});

test("a single confident outlier does not raise an alert", () => {
  const night = live({
    zones: [circleAt("home", 400, 250)],
    hours: 2,
    motions: STILL_FROM_THE_START,
    errorM: (s) => (s === 1_807 || s === 2_707 ? 200 : 0),
    hAccM: (s) => (s === 1_807 || s === 2_707 ? 1.7 : 4),
  });
  expect(night.alerts).toEqual([]);
});

test.each([
  ["on foot", 1.4],
  ["on a bicycle", 6],
  ["in a car", 25],
  ["in an express train", 58],
])("who comes %s and stays a minute is detected within a minute", (_, mps) => {
  for (let startS = 600; startS < 700; startS += 7) {
    const north = (s: number) => Math.min(Math.max(0, (s - startS) * mps), 8_000);
    const entryS = startS + (8_000 - 300) / mps;
    const night = live({ zones: [circleAt("home", 8_000, 300)], hours: entryS / 3600 + 0.1, northM: north });
    const alert = night.alerts.find((a) => a.zone === "home");
    expect(alert, `${mps} m/s from ${startS} s`).toBeDefined();
    expect((alert?.s ?? 0) - entryS).toBeLessThanOrEqual(60);
  }
});

test("setting off after hours of rest beside the boundary is noticed in time, though the sensor is 5 s late", () => {
  const startS = 7_200;
  const north = (s: number) => (s < startS ? 0 : Math.min(1.5 * (s - startS) ** 2, 300));
  const entryS = startS + Math.sqrt(50 / 1.5);
  const motions: [number, "still" | "moving"][] = [
    [5, "still"],
    [startS + 5, "moving"],
  ];
  const night = live({ zones: [circleAt("home", 350, 300)], hours: 2.2, northM: north, motions });
  expect(told(night.alerts)[0]).toBe("home entered");
  expect(night.alerts[0].s - entryS).toBeLessThanOrEqual(60);
});

test("the journal has an alert before anybody is told", () => {
  const { effects } = live({ zones: [circleAt("home", 0, 300)], hours: 0.1 });
  const kinds = effects.map(({ effect }) => effect.kind);
  expect(kinds[kinds.indexOf("alert") - 1]).toBe("journal.append");
});

test("in a buffer the cadence is 15 s, outside it the plan's", () => {
  const zones = (bufferM: number) => [circleAt("home", 400, 300, { bufferM })];
  const still = { hours: 1, motions: STILL_FROM_THE_START };
  const near = live({ zones: zones(200), ...still });
  expect(near.alerts).toEqual([]);
  expect(near.fixes.length).toBeGreaterThan(3600 / 16);
  expect(live({ zones: zones(0), ...still }).fixes.length).toBeLessThan(12);
});

test("without a sky far from any zone, location-lost comes with the heartbeat and its minute", () => {
  const night = live({ zones: [circleAt("far", 400_000, 300)], hours: 1, sky: (s) => s < 60 });
  expect(told(night.alerts)).toEqual(["location-lost"]);
  expect(night.alerts[0].s).toBeLessThanOrEqual(60 + 900 + 60);
  expect(night.alerts[0].fix, "where he was last").toBeDefined();
});

test("without a sky near a zone, location-lost comes by the zone's own deadline", () => {
  const night = live({ zones: [circleAt("home", 500, 300)], hours: 1, sky: (s) => s < 10 });
  expect(told(night.alerts)).toEqual(["location-lost"]);
  // 200 m at 3 m/s² from rest take 12 s after the last fix.
  expect(night.alerts[0].s).toBeLessThanOrEqual(10 + 12 + 60);
});

test("a basement where the sky comes and goes is one episode, that is told again only when he may be in a zone", () => {
  const flicker = (s: number) => s < 60 || s % 2_400 < 120;
  const zones = [circleAt("home", 900, 300)];
  const rest = live({ zones, hours: 10, sky: flicker, motions: STILL_FROM_THE_START });
  expect(rest.alerts.map((a) => a.state)).toEqual(["raised", "continuing"]);
  expect(rest.alerts[1].s - rest.alerts[0].s, "four times a day at most").toBeGreaterThanOrEqual(6 * 3_600);
  const fidgets: [number, "still" | "moving"][] = [
    [5, "still"],
    [18_000, "moving"],
    [18_030, "still"],
  ];
  const twice = live({ zones, hours: 6, sky: flicker, motions: fidgets });
  expect(twice.alerts.map((a) => a.state)).toEqual(["raised", "continuing"]);
  expect(twice.alerts[1].s - 18_000).toBeLessThanOrEqual(30 + 60);
});

test("failed acquisitions are tried less and less often, and at once when the wearer sets off", () => {
  const zones = [circleAt("far", 200_000, 300)];
  const night = live({ zones, hours: 6, sky: () => false, motions: STILL_FROM_THE_START });
  expect(night.on.filter((s) => s > 7_200).length).toBeLessThanOrEqual(5 * 4);
  const moved = live({
    zones,
    hours: 6,
    sky: () => false,
    motions: [
      [5, "still"],
      [10_000, "moving"],
    ],
  });
  expect(moved.on.some((s) => s >= 10_000 && s <= 10_021)).toBe(true);
});

test("a schedule that begins while he stands inside is an entry, and its end a leaving", () => {
  const at = (hour: number, minute: number) => hour * 60 + minute;
  const schedule = [{ days: 0x7f, fromMin: at(21, 0), toMin: at(22, 0) }];
  const night = live({ zones: [circleAt("work", 0, 300, { schedule })], hours: 3, motions: STILL_FROM_THE_START });
  expect(told(night.alerts)).toEqual(["work entered", "work left"]);
  expect(night.alerts[0].s - 3_600).toBeLessThanOrEqual(60);
  expect(night.alerts[1].s).toBe(7_200);
});

test("a hundred zones in one wide buffer are all watched", () => {
  const zones = Array.from({ length: 100 }, (_, i) => circleAt(`z${i}`, i, 300, { bufferM: 5_000 }));
  const night = live({ zones, hours: 0.1, motions: STILL_FROM_THE_START });
  expect(new Set(night.alerts.map((a) => a.zone)).size).toBe(100);
});

test("who leaves the place where he must stay is detected within the minute", () => {
  const zones = [circleAt("stay", 0, 200, { kind: "inclusion" })];
  const north = (s: number) => Math.max(0, (s - 1_800) * 1.4);
  const night = live({
    zones,
    hours: 1,
    northM: north,
    motions: [
      [5, "still"],
      [1_802, "moving"],
      [1_810, "walking"],
    ],
  });
  expect(told(night.alerts)[0]).toBe("stay entered");
  expect(night.alerts[0].s - (1_800 + 200 / 1.4)).toBeLessThanOrEqual(60);
});

test("before an order begins and after it ends no zone counts", () => {
  const night = live({
    zones: [circleAt("home", 0, 300)],
    hours: 3,
    duty: { fromMs: START_MS + 3_600_000, toMs: START_MS + 7_200_000 },
  });
  expect(told(night.alerts)).toEqual(["home entered", "home left"]);
  expect(night.alerts[0].s).toBeGreaterThan(3_600);
  expect(night.alerts[1].s).toBe(7_200);
});

test("the same night gives the same effects", () => {
  const night = { zones: [circleAt("home", 900, 300)], hours: 2, northM: (s: number) => 1_000 * Math.sin(s / 600) };
  expect(live(night).effects).toEqual(live(night).effects);
});

test("setting off while the receiver searches in vain keeps the zone's deadline for location-lost", () => {
  const zones = [circleAt("home", 1_110, 300)];
  const sky = (s: number) => s < 100;
  // The look of two minutes into the stillness is on when he sets off.
  const motions: [number, "still" | "moving"][] = [
    [5, "still"],
    [200, "moving"],
  ];
  const night = live({ zones, hours: 1, sky, motions });
  expect(night.on.some((s) => s > 140 && s < 200)).toBe(true);
  // 800 m at 3 m/s² from 12 s before the sensor noticed take 23 s.
  expect(night.alerts[0].s).toBeLessThanOrEqual(200 - 12 + 25 + 60);
});

test("setting off after failed looks keeps the zone's deadline too", () => {
  const zones = [circleAt("home", 1_110, 300)];
  const motions: [number, "still" | "moving"][] = [
    [5, "still"],
    [1_000, "moving"],
  ];
  const night = live({ zones, hours: 1, sky: (s) => s < 130, motions });
  expect(told(night.alerts)[0]).toBe("location-lost");
  expect(night.alerts[0].s).toBeLessThanOrEqual(1_000 - 12 + 25 + 60);
});

test("a schedule that opens while the receiver searches in vain is not forgotten", () => {
  const schedule = [{ days: 0x7f, fromMin: 20 * 60 + 16, toMin: 23 * 60 }];
  const zones = [circleAt("work", 0, 300, { schedule })];
  const night = live({ zones, hours: 1, sky: (s) => s < 130, motions: STILL_FROM_THE_START });
  expect(told(night.alerts)[0]).toBe("location-lost");
  expect(night.alerts[0].s).toBeLessThanOrEqual(16 * 60 + 60);
});

test("a schedule that opens far away does not make a place without a sky a loss", () => {
  const schedule = [{ days: 0x7f, fromMin: 20 * 60 + 10, toMin: 23 * 60 }];
  const zones = [circleAt("work", 40_000, 300, { schedule })];
  const night = live({ zones, hours: 0.2, sky: (s) => s < 130, motions: STILL_FROM_THE_START });
  expect(night.alerts).toEqual([]);
});

test("a claim of 190 m does not make a boundary at 300 m far", () => {
  const zones = [circleAt("home", 600, 300)];
  const night = live({ zones, hours: 0.05, hAccM: () => 190 });
  expect(night.fixes.length).toBeGreaterThan(3);
});

test("a poor fix is used when no better one comes", () => {
  const zones = [circleAt("far", 60_000, 300)];
  const night = live({ zones, hours: 0.2, sky: (s) => s >= 55 && s <= 57, hAccM: () => 25 });
  expect(night.fixes).toHaveLength(1);
  expect(night.on).toEqual([0]);
});

test("what an alert says of the distance is measured, or not said", () => {
  const north = (s: number) => (s < 600 ? 0 : Math.min((s - 600) * 25, 30_000));
  const night = live({ zones: [circleAt("home", 0, 300)], hours: 0.5, northM: north });
  expect(told(night.alerts)).toEqual(["home entered", "home left"]);
  const left = night.alerts[1];
  const metres = ((left.fix?.latE7 ?? 0) / 1e7 - 35.68) * 110_950 - 300;
  expect((left.signedMm ?? 0) / 1000).toBeCloseTo(metres, -1);
});

test("a loss told in the evening does not hush a zone that begins to count in the night", () => {
  const schedule = [{ days: 0x7f, fromMin: 23 * 60, toMin: 23 * 60 + 59 }];
  const zones = [circleAt("home", 0, 300, { schedule })];
  const flicker = (s: number) => s < 60 || (s > 3_000 && s < 3_100) || s > 20_000;
  const night = live({ zones, hours: 4, sky: flicker, motions: STILL_FROM_THE_START });
  const lostAtS = night.alerts.filter((a) => a.about === "location-lost").map((a) => a.s);
  expect(lostAtS.some((s) => s >= 3 * 3_600 && s <= 3 * 3_600 + 60)).toBe(true);
});

test("a fix held since before he came to rest is no witness of the rest", () => {
  const zones = [circleAt("home", 1_000, 300)];
  const sky = (s: number) => s === 2 || s > 400;
  const night = live({ zones, hours: 0.1, sky, hAccM: () => 40, motions: [[30, "still"]] });
  // 620 m at 3 m/s² take 20 s, and D and the confirmation leave 38 s more.
  expect(night.on[1]).toBeLessThanOrEqual(2 + 60 + 30);
});
