import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { told, toldAt, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];

test("an opened enclosure is told within five seconds, hourly while it is open, and that it was shut again", () => {
  const device = worn(FAR);
  device.run(100);
  device.send({ kind: "enclosure", closed: false });
  device.run(3_700);
  device.send({ kind: "enclosure", closed: true });
  device.run(700);
  expect(told(device)).toEqual(["enclosure raised", "enclosure continuing", "enclosure cleared"]);
  expect(toldAt(device, "enclosure", "raised")).toEqual([102]);
});
