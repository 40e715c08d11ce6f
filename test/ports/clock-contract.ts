import { expect } from "vitest";
import { holdTo, type Rule } from "./contract.ts";

/** What the clock said at an instant of the world. */
export interface ClockReading {
  worldMs: number;
  saidMs: number;
}

/** `make`: readings of one boot in their order, over an hour or more. */
export function clockContract(name: string, make: () => ClockReading[]): void {
  holdTo(`clock: ${name}`, CLOCK_RULES, make);
}

/** The drift that design §7 allows a device's clock. */
const DRIFT = 50e-6;
/** A reading is not taken at the very instant that it is compared with. */
const READING_MS = 1_000;

export const CLOCK_RULES: Rule<ClockReading[]>[] = [
  {
    says: "there is an hour of readings to judge",
    check(make) {
      const readings = make();
      expect(readings.length).toBeGreaterThan(10);
      expect(readings[readings.length - 1].worldMs - readings[0].worldMs).toBeGreaterThanOrEqual(3_600_000);
    },
  },
  {
    says: "time is whole milliseconds since 1970",
    check(make) {
      for (const { saidMs } of make()) {
        expect(Number.isSafeInteger(saidMs)).toBe(true);
        expect(saidMs).toBeGreaterThanOrEqual(0);
      }
    },
  },
  {
    says: "time never runs backwards",
    check(make) {
      const readings = make();
      for (let i = 1; i < readings.length; i++)
        expect(readings[i].saidMs).toBeGreaterThanOrEqual(readings[i - 1].saidMs);
    },
  },
  {
    says: "a millisecond of the world is a millisecond, within the drift that is allowed",
    check(make) {
      const readings = make();
      const [first] = readings;
      for (const { worldMs, saidMs } of readings) {
        const passedMs = worldMs - first.worldMs;
        expect(Math.abs(saidMs - first.saidMs - passedMs)).toBeLessThanOrEqual(DRIFT * passedMs + READING_MS);
      }
    },
  },
];
