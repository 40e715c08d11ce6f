import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { blank, orderWith, START_MS, told, toldAt, utcAt, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];
const cut = { kind: "strap", closed: false } as const;
const close = { kind: "strap", closed: true } as const;

test("a cut strap is stamped within five seconds, with the instant of the cut", () => {
  const device = worn(FAR);
  device.run(600);
  device.send(cut);
  device.run(10);
  expect(told(device)).toEqual(["strap raised"]);
  expect(device.alerts[0].s - 600).toBeLessThanOrEqual(5);
  expect(device.alerts[0].sinceMs).toBe(START_MS + 600_000);
  expect(device.alerts[0].fix, "where he was last").toBeDefined();
});

test("a contact that bounces for less than two seconds is no cut", () => {
  const device = worn(FAR);
  device.send(cut);
  device.run(1);
  device.send(close);
  device.run(3_600);
  expect(told(device)).toEqual([]);
});

test("a strap that is opened and closed every second is stamped within five seconds all the same", () => {
  const device = worn(FAR);
  for (let s = 0; s < 5; s++) {
    device.send(s % 2 === 0 ? cut : close);
    device.run(1);
  }
  expect(told(device)).toEqual(["strap raised"]);
});

test("it continues hourly, and is cleared once it has been closed for ten minutes", () => {
  const device = worn(FAR);
  device.send(cut);
  device.run(3 * 3_600);
  device.send(close);
  device.run(1_200);
  expect(told(device)).toEqual(["strap raised", "strap continuing", "strap continuing", "strap cleared"]);
  expect(toldAt(device, "strap", "cleared")).toEqual([3 * 3_600 + 600]);
});

test("before it is fitted, and without an order, nobody is told of a strap", () => {
  const device = blank();
  device.send(cut);
  device.run(60);
  device.send({ kind: "fit" });
  device.run(60);
  expect(told(device)).toEqual([]);
  device.send({ kind: "order", order: orderWith(FAR) });
  device.run(5);
  expect(told(device)).toEqual(["strap raised"]);
});

test("a removal disarms it until then, and a fit arms it again", () => {
  const device = worn(FAR);
  device.run(60);
  device.send({ kind: "removal", untilMs: utcAt(device) + 3_600_000, emergency: false, spentMin: 0 });
  device.run(60);
  device.send(cut);
  device.run(1_200);
  device.send(close);
  device.send({ kind: "fit" });
  device.run(3_600);
  expect(told(device)).toEqual([]);
  device.send(cut);
  device.run(5);
  expect(told(device)).toEqual(["strap raised"]);
});

test("a removal that comes after a cut clears it", () => {
  const device = worn(FAR);
  device.send(cut);
  device.run(60);
  device.send({ kind: "removal", untilMs: utcAt(device) + 3_600_000, emergency: false, spentMin: 0 });
  expect(told(device)).toEqual(["strap raised", "strap cleared"]);
});
