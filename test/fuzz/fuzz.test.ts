import { expect, test } from "vitest";
import { fuzzAt } from "./at.ts";
import { fuzzCbor } from "./cbor.ts";
import { fuzzCose } from "./cose.ts";
import { fuzzDownlink } from "./downlink.ts";
import { fuzzImage } from "./image.ts";
import { fuzzJournal } from "./journal.ts";
import { fuzzOrder } from "./order.ts";
import { fuzzNmea, fuzzUbx } from "./receiver.ts";
import { fuzzSmp } from "./smp.ts";

// Ten million of each: npm run fuzz -- cbor (or another).
test.each([
  ["at", fuzzAt],
  ["cbor", fuzzCbor],
  ["cose", fuzzCose],
  ["downlink", fuzzDownlink],
  ["image", fuzzImage],
  ["journal", fuzzJournal],
  ["nmea", fuzzNmea],
  ["order", fuzzOrder],
  ["smp", fuzzSmp],
  ["ubx", fuzzUbx],
] as const)("hostile bytes neither crash nor stop the %s reader", (_, fuzz) => {
  const { runs, accepted, refused } = fuzz(100_000, 20261124);
  expect(accepted).toBeGreaterThan(100);
  expect(accepted + Object.values(refused).reduce((a, b) => a + b, 0)).toBe(runs);
});
