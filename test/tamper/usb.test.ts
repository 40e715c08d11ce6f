import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { blank, orderWith, told, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];

test("a host that talks to a fitted bracelet is told, and that it went", () => {
  const device = worn(FAR);
  device.send({ kind: "usb", attached: true });
  device.run(10);
  device.send({ kind: "usb", attached: false });
  device.run(700);
  expect(told(device)).toEqual(["usb raised", "usb cleared"]);
});

test("the cable over which it is provisioned and fitted is none of that", () => {
  const device = blank();
  device.send({ kind: "usb", attached: true });
  device.run(10);
  device.send({ kind: "order", order: orderWith(FAR) });
  device.send({ kind: "fit" });
  device.run(60);
  expect(told(device)).toEqual([]);
});
