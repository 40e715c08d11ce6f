import { expect, test } from "vitest";
import { liveDay } from "./day.ts";
import { loop } from "./loop.ts";

/** `npm run powercut` takes them all. */
test("power cuts at some of a day's flash operations: it boots, nothing promised is lost, nothing false is believed", () => {
  const day = liveDay(1);
  expect(day.operations.length).toBeGreaterThan(400);
  expect(day.boots).toBe(4);
  const failures: string[] = [];
  const { cuts } = loop(day, {
    sample: 60,
    rewinds: 500,
    onFailure: (id, wrong) => failures.push(`${id}: ${wrong.join("; ")}`),
  });
  expect(failures).toEqual([]);
  expect(cuts).toBeGreaterThan(40);
});
