import { expect, test } from "vitest";
import { fuzzCbor } from "./cbor.ts";
import { fuzzNmea, fuzzUbx } from "./receiver.ts";

// Ten million of each: npm run fuzz -- cbor (nmea, ubx).
test.each([
  ["cbor", fuzzCbor],
  ["nmea", fuzzNmea],
  ["ubx", fuzzUbx],
] as const)("hostile bytes neither crash nor stop the %s reader", (_, fuzz) => {
  const { runs, accepted, refused } = fuzz(100_000, 20261124);
  expect(accepted).toBeGreaterThan(100);
  expect(accepted + Object.values(refused).reduce((a, b) => a + b, 0)).toBe(runs);
});
