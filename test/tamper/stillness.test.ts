import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { motion, told, toldAt, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];
const HOUR = 3_600;

test("a bracelet that is worn and has not moved for twelve hours is told, and at once when it moves", () => {
  const device = worn(FAR);
  motion(device, "still");
  device.run(12 * HOUR);
  expect(toldAt(device, "stillness", "raised")).toEqual([12 * HOUR]);
  device.run(7 * HOUR);
  motion(device, "walking");
  expect(told(device)).toEqual(["stillness raised", "stillness continuing", "stillness cleared"]);
});

test("a long sleep is none: a sleeper turns", () => {
  const device = worn(FAR);
  motion(device, "still");
  for (let hour = 0; hour < 30; hour++) {
    device.run(HOUR);
    if (hour % 10 !== 9) continue;
    motion(device, "moving");
    motion(device, "still");
  }
  expect(told(device)).toEqual([]);
});
