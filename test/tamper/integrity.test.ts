import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { blank, told, toldAt, type Worn, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];
const find = (device: Worn, reason: string) => device.send({ kind: "finding", reason });

test("something sealed that was forged, altered or put back is told with its code", () => {
  for (const reason of ["journal.rewound", "order.forged", "order.damaged", "image.rolled-back"]) {
    const device = worn(FAR);
    find(device, reason);
    expect(told(device)).toEqual(["integrity raised"]);
    expect(device.alerts[0].detail).toBe(reason);
  }
});

test("what honest wear and mistakes bring about is only journalled", () => {
  const device = worn(FAR);
  for (const reason of ["order.worn", "order.expired", "seal.malformed", "session.revoked", "image.battery-low"])
    find(device, reason);
  expect(told(device)).toEqual([]);
});

test("a thousand forgeries are a few alerts", () => {
  const device = worn(FAR);
  for (let i = 0; i < 1_000; i++) {
    find(device, "seal.forged");
    device.run(10);
  }
  expect(told(device)).toEqual(["integrity raised", "integrity continuing", "integrity continuing"]);
  device.run(5_000);
  expect(told(device).at(-1)).toBe("integrity cleared");
});

test("it is told of a bracelet that nobody wears as well, for it is the evidence that is at stake", () => {
  const device = blank();
  find(device, "journal.rewound");
  device.run(4_000);
  expect(told(device)).toEqual(["integrity raised", "integrity cleared"]);
  expect(toldAt(device, "integrity", "cleared")[0]).toBeGreaterThanOrEqual(3_600);
});
