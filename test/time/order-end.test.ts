import { expect, test } from "vitest";
import { nextWake } from "../../firmware/bracelet/machine.ts";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import { circleZone } from "../samples.ts";
import { deviceMs, motion, orderWith, START_MS, told, type Worn, worn } from "../tamper/worn.ts";

const HOUR = 3_600;
const HERE = circleZone("here", 35.68, 139.76, 300);
const ends = (device: Worn) => device.effects.filter(({ effect }) => effect.kind === "order.ended").map(({ s }) => s);

test("at the order's end its zones count no more; once that is certain the shell is told to forget it, once", () => {
  const device = worn([HERE], undefined, { toMs: START_MS + 24 * HOUR * 1000 });
  motion(device, "still");
  device.run(23 * HOUR);
  expect(told(device)[0]).toBe("here entered");
  device.run(2 * HOUR);
  expect(told(device, "zone")).toEqual(["here entered", "here left"]);
  const left = device.alerts.find((a) => a.state === "left");
  expect(left?.s).toBe(24 * HOUR);
  // A day at 50 ppm is 4.3 s.
  expect(ends(device)).toEqual([24 * HOUR + 5]);
});

test("after the end no position is taken, and none is kept", () => {
  const device = worn([HERE], undefined, { toMs: START_MS + HOUR * 1000 });
  device.run(HOUR + 10);
  const looks = device.on.length;
  device.run(5 * HOUR);
  expect(device.on.length).toBe(looks);
  expect(device.state.fix).toBeUndefined();
  expect(device.state.gate.acceptedMs).toBe(-1);
  device.send({ kind: "locate" });
  expect(device.effects.at(-1)?.effect).toEqual({ kind: "located", fix: undefined });
});

test("a receiver that lies about the date ends nothing", () => {
  const device = worn([HERE], (s) => (s > 600 ? { timeMs: START_MS + 90 * 86_400_000 + s * 1000 } : {}), {
    toMs: START_MS + 48 * HOUR * 1000,
  });
  device.send({ kind: "time", utcMs: START_MS + 90 * 86_400_000, errorMs: 0, source: "network" });
  device.run(2 * HOUR);
  expect(ends(device)).toEqual([]);
  expect(device.state.watching).toBe(true);
});

test("without an order the device sleeps, and tells of nothing", () => {
  const device = worn([HERE]);
  device.run(600);
  device.send({ kind: "order", order: undefined });
  expect(told(device)).toEqual(["here entered", "here left"]);
  const looks = device.on.length;
  device.send({ kind: "strap", closed: false });
  device.send({ kind: "battery", percent: 3, charging: false });
  device.send({ kind: "coverage", attached: false });
  device.run(2 * HOUR);
  expect(told(device)).toHaveLength(2);
  expect(device.on.length).toBe(looks);
  expect(nextWake(device.state)).toBe(NEVER_MS);
});

test("an amended order keeps whom it finds in a zone that it has as well, wherever that stands in it now", () => {
  const device = worn([HERE]);
  device.run(600);
  const before = circleZone("a school", 35.7, 139.76, 300);
  device.send({ kind: "order", order: orderWith([before, HERE], {}, 2) });
  device.run(600);
  expect(told(device)).toEqual(["here entered"]);
  device.send({ kind: "order", order: orderWith([before], {}, 3) });
  expect(told(device)).toEqual(["here entered", "here left"]);
  device.run(600);
  expect(told(device)).toHaveLength(2);
});

test("a new order's zones are looked at at once", () => {
  const device = worn([circleZone("far", 40, 139.76, 300)]);
  motion(device, "still");
  device.run(HOUR);
  device.send({ kind: "order", order: orderWith([HERE], {}, 2) });
  device.run(60);
  expect(told(device)).toEqual(["here entered"]);
});

test("an order that begins tomorrow takes no position today", () => {
  const device = worn([HERE], undefined, { fromMs: START_MS + 12 * HOUR * 1000 });
  device.run(12 * HOUR - 1);
  expect(device.on).toEqual([]);
  expect(nextWake(device.state)).toBeLessThanOrEqual(deviceMs(device) + 1_000);
  device.run(60);
  expect(told(device)).toEqual(["here entered"]);
});

test("locate looks at once and answers, or says that there was nothing to see", () => {
  const device = worn([circleZone("far", 40, 139.76, 300)], (s) => (s < 3_000 ? {} : undefined));
  motion(device, "still");
  device.run(2_000);
  device.send({ kind: "locate" });
  device.run(5);
  const located = () => device.effects.filter(({ effect }) => effect.kind === "located");
  expect(located()).toHaveLength(1);
  expect(located()[0].effect).toMatchObject({ fix: { dimensions: 3 } });
  device.run(2_000);
  device.send({ kind: "locate" });
  device.run(70);
  expect(located()).toHaveLength(2);
  expect(located()[1].effect).toMatchObject({ fix: undefined });
});
