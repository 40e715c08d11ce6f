import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { blank, motion, orderWith, START_MS, told, toldAt, type Worn } from "../tamper/worn.ts";

const at = (hour: number, minute: number) => hour * 60 + minute;
// The nights begin at 20:00.
const MORNING = [{ days: 0x7f, fromMin: at(8, 0), toMin: at(9, 0) }];
const HERE = circleZone("here", 35.68, 139.76, 300, { schedule: MORNING });
const HOUR = 3_600;

function booted(duty = {}): Worn {
  const device = blank();
  device.send({ kind: "order", order: orderWith([HERE], duty) });
  device.send({ kind: "fit" });
  return device;
}

const seal = (device: Worn, utcMs = START_MS + device.s * 1000) =>
  device.send({ kind: "time", utcMs, errorMs: 500, source: "sealed" });

test("after a total loss of power every zone counts, whatever the schedules say, until time is trusted again", () => {
  const device = booted();
  device.run(120);
  expect(told(device)).toEqual(["here entered"]);
  expect(device.alerts[0].clock, "and the alert says that the time is a guess").toBeUndefined();
  expect(device.alerts[0].atMs, "a good one: the receiver's").toBe(START_MS + device.alerts[0].s * 1000);
  seal(device);
  expect(told(device)).toEqual(["here entered", "here left"]);
  expect(device.alerts[1].clock).toBe("trusted");
  device.run(HOUR);
  expect(told(device)).toHaveLength(2);
});

test("an order whose last day may have passed stays in force until a sealed word says so, whatever GNSS and network say", () => {
  const device = booted({ toMs: START_MS - 86_400_000 });
  device.run(600);
  device.send({ kind: "time", utcMs: START_MS + 600_000, errorMs: 3_000, source: "network" });
  device.run(600);
  expect(told(device)).toEqual(["here entered"]);
  expect(device.effects.some(({ effect }) => effect.kind === "order.ended")).toBe(false);
  seal(device);
  expect(device.effects.filter(({ effect }) => effect.kind === "order.ended")).toHaveLength(1);
  expect(told(device)).toEqual(["here entered", "here left"]);
});

test("a spoofed first date is corrected by the first sealed word, and nothing was decided by it", () => {
  const device = booted({ toMs: START_MS + 7 * 86_400_000 });
  const spoof = (s: number) => START_MS + 30 * 86_400_000 + s * 1000;
  device.sky = (s) => (s < 300 ? { timeMs: spoof(s) } : {});
  device.run(290);
  expect(told(device)).toEqual(["here entered"]);
  seal(device);
  device.run(60);
  expect(device.effects.some(({ effect }) => effect.kind === "order.ended")).toBe(false);
  expect(told(device)).toEqual(["here entered", "here left"]);
  device.sky = () => ({});
  device.run(HOUR);
  expect(device.state.watching).toBe(true);
});

test("two sources that contradict one another while time is unknown are told", () => {
  const device = booted();
  device.send({ kind: "time", utcMs: START_MS + 3_600_000, errorMs: 3_000, source: "network" });
  device.run(60);
  expect(told(device, "clock-step")).toEqual(["clock-step raised"]);
  device.run(1_200);
  expect(told(device, "clock-step")).toEqual(["clock-step raised", "clock-step cleared"]);
});

test("a receiver that counts weeks from 1980 before it knows gives no date", () => {
  const device = booted();
  device.sky = (s) => (s < 20 ? { timeMs: 315_964_800_000 + s * 1000 } : {});
  device.run(60);
  expect(device.state.time.correctionMs).toBe(START_MS - 5_000);
});

test("a clock that drifts by 50 ppm for ten days without a sealed word raises nothing, and keeps to the schedule by GNSS", () => {
  const device = blank();
  device.driftPpm = -50;
  seal(device);
  device.send({ kind: "order", order: orderWith([HERE]) });
  device.send({ kind: "fit" });
  motion(device, "still");
  for (let hour = 0; hour < 10 * 24; hour++) {
    device.run(HOUR - 10);
    motion(device, "walking");
    device.run(10);
    motion(device, "still");
  }
  const others = device.alerts.filter((a) => a.about !== "zone");
  expect(others).toEqual([]);
  const entered = toldAt(device, "zone", "entered");
  expect(entered).toHaveLength(10);
  // 08:00 is twelve hours in, each day; D later at most, and the clock was set by the last fix.
  for (const [day, s] of entered.entries()) expect(Math.abs(s - (day * 86_400 + 12 * HOUR))).toBeLessThanOrEqual(75);
});

test("the same drift in a cellar without GNSS is told in the alert's own error", () => {
  const device = blank(() => undefined);
  seal(device);
  device.send({ kind: "order", order: orderWith([HERE]) });
  device.run(3 * 86_400);
  const last = device.alerts.at(-1);
  expect(last?.clock).toBe("holdover");
  expect(last?.clockErrorMs).toBeGreaterThan(9_000);
  expect(last?.clockErrorMs).toBeLessThan(14_000);
});

test("after ten days in a cellar the first fix is believed, though the clock is off by forty seconds", () => {
  for (const ppm of [-50, 50]) {
    const device = blank((s) => (s < 60 || s > 10 * 86_400 ? {} : undefined));
    device.driftPpm = ppm;
    seal(device);
    device.send({ kind: "order", order: orderWith([circleZone("far", 40, 139.76, 300)]) });
    device.send({ kind: "fit" });
    motion(device, "still");
    device.run(10 * 86_400);
    const fixes = device.effects.filter(({ effect }) => effect.kind === "fix.judged").length;
    device.run(1_000);
    const later = device.effects.filter(({ effect }) => effect.kind === "fix.judged").slice(fixes);
    expect(later[0].effect).toMatchObject({ accepted: true });
    expect(told(device, "clock-step")).toEqual([]);
  }
});
