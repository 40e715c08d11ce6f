import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { blank, orderWith, told, toldAt, utcAt, type Worn, worn } from "./worn.ts";

const HOME = [circleZone("home", 35.68, 139.76, 300)];
const FAR = [circleZone("far", 40, 139.76, 300)];

function remove(device: Worn, hours: number, emergency = false): void {
  device.send({ kind: "removal", untilMs: utcAt(device) + hours * 3_600_000, emergency, spentMin: 0 });
}

test("who is not fitted again when a removal's time is over is told of, until he is", () => {
  const device = worn(FAR);
  device.run(60);
  remove(device, 1);
  device.send({ kind: "strap", closed: false });
  device.run(7_200);
  expect(told(device)).toEqual(["removal raised"]);
  expect(toldAt(device, "removal", "raised")).toEqual([60 + 3_600]);
  expect(device.alerts[0].detail).toBe("overdue");
  device.send({ kind: "strap", closed: true });
  device.run(600);
  device.send({ kind: "fit" });
  expect(told(device)).toEqual(["removal raised", "removal cleared"]);
});

test("once it is overdue its whereabouts are wanted again, for who knows where he is", () => {
  const device = worn(FAR);
  remove(device, 1);
  device.send({ kind: "strap", closed: false });
  device.run(3_590);
  expect(device.state.watching).toBe(false);
  device.run(20);
  expect(device.state.watching).toBe(true);
  expect(device.state.fix).toBeDefined();
});

test("closing the strap round something else is no fit", () => {
  const device = worn(FAR);
  remove(device, 1);
  device.send({ kind: "strap", closed: false });
  device.run(60);
  device.send({ kind: "strap", closed: true });
  device.run(3_600);
  expect(told(device)).toEqual(["removal raised"]);
});

test("a removal that nobody used ends by itself, and the strap is armed again", () => {
  const device = worn(FAR);
  remove(device, 1);
  device.run(3_700);
  expect(told(device)).toEqual([]);
  device.send({ kind: "strap", closed: false });
  device.run(5);
  expect(told(device)).toEqual(["strap raised"]);
});

test("an emergency is told at once, as such, and again when its time is over", () => {
  const device = worn(FAR);
  device.run(60);
  remove(device, 2, true);
  device.send({ kind: "strap", closed: false });
  device.run(2 * 3_600 + 10);
  const removals = device.alerts.filter((a) => a.about === "removal").map((a) => [a.state, a.detail]);
  expect(removals).toEqual([
    ["raised", "emergency"],
    ["continuing", "overdue"],
  ]);
  expect(told(device, "strap")).toEqual([]);
});

test("while it is off him by a field unit's hand, it takes no positions and enters no zone", () => {
  const device = worn(FAR, (s) => (s < 600 ? {} : { northM: 200_000 }));
  device.run(300);
  remove(device, 2);
  device.run(100);
  expect(device.state.watching, "it may be removed, but has not been").toBe(true);
  device.send({ kind: "strap", closed: false });
  const looked = device.on.length;
  device.run(3_600);
  expect(device.on.length).toBe(looked);
  expect(device.state.fix).toBeUndefined();
  device.send({ kind: "strap", closed: true });
  device.send({ kind: "fit" });
  device.run(10);
  expect(device.state.fix).toBeDefined();
  expect(told(device)).toEqual([]);
});

test("on a device without time a removal lasts a day at most", () => {
  const device = blank();
  device.send({ kind: "order", order: orderWith(HOME) });
  device.send({ kind: "fit" });
  device.send({ kind: "removal", untilMs: 9_000_000_000_000, emergency: false, spentMin: 0 });
  device.send({ kind: "strap", closed: false });
  device.run(86_390);
  expect(told(device, "removal")).toEqual([]);
  device.run(20);
  expect(told(device, "removal")).toEqual(["removal raised"]);
});
