import { expect, test } from "vitest";
import { CUTS } from "./flash.ts";
import { A, liveOn } from "./story.ts";
import { copyDevice, createDevice } from "./world.ts";

test("power cut at every flash operation of an update, in four ways: it always boots a whole image, and comes to its end", () => {
  const first = createDevice(A);
  const whole = copyDevice(first, 1);
  expect(liveOn(whole)).toMatchObject({ confirmed: true, started: 1, boots: 4 });
  const { operations } = whole.supply;
  expect(operations).toBeGreaterThan(200);
  for (const cut of CUTS)
    for (let at = 0; at < operations; at++) {
      const device = copyDevice(first, at);
      device.supply.cutAt = at;
      device.supply.cut = cut;
      try {
        expect(liveOn(device).confirmed).toBe(true);
      } catch (error) {
        throw new Error(`power cut ${cut} at operation ${at} of ${operations}: ${(error as Error).message}`);
      }
    }
});
