import { expect, test } from "vitest";
import { CHARGES, chargeMah } from "../../simulator/hardware/charge.ts";

test("every figure has a value, a unit that its name ends with, and an origin", () => {
  const suffixes: Record<string, string> = { mA: "Ma", µA: "Ua", mC: "Mc" };
  for (const [name, { value, unit, origin }] of Object.entries(CHARGES)) {
    expect(value, name).toBeGreaterThan(0);
    expect(name.endsWith(suffixes[unit]), name).toBe(true);
    expect(origin.length, name).toBeGreaterThan(20);
  }
  expect(new Set(Object.values(CHARGES).map((charge) => charge.origin)).size).toBe(Object.keys(CHARGES).length);
});

test("an hour of receiver, a day asleep and 24 messages, added up by hand", () => {
  // 12 mA × 1 h = 12; (4 + 3 + 2.7) µA × 24 h = 0.2328; 24 × 150 mC = 3.6 C = 1 mAh.
  expect(chargeMah(3_600, 86_400, 24)).toBeCloseTo(13.2328, 10);
});

test("each part counts for itself", () => {
  expect(chargeMah(0, 0, 0)).toBe(0);
  expect(chargeMah(3_600, 0, 0)).toBeCloseTo(12, 10);
  expect(chargeMah(0, 3_600, 0)).toBeCloseTo(0.0097, 10);
  expect(chargeMah(0, 0, 12)).toBeCloseTo(0.5, 10);
});
