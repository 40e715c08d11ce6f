import fc from "fast-check";
import { expect, test } from "vitest";
import { isZoneActive, nextScheduleChangeMs } from "../../firmware/zones/schedule.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";
import type { Window } from "../../protocol/messages/zone.ts";
import { countsAt } from "../../simulator/replay/truth-schedule.ts";
import { circleZone, orderOf } from "../samples.ts";

const MINUTE = 60_000;
/** Amsterdam in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC. */
const AMSTERDAM: UtcOffset[] = [
  { fromMs: 0, minutes: 60 },
  { fromMs: Date.UTC(2026, 2, 29, 1), minutes: 120 },
  { fromMs: Date.UTC(2026, 9, 25, 1), minutes: 60 },
];
const OFFICE: Window[] = [{ days: 31, fromMin: 8 * 60, toMin: 19 * 60 }];
const NIGHT: Window[] = [{ days: 1 << 4, fromMin: 22 * 60, toMin: 6 * 60 }];

test("office hours move with summer time", () => {
  expect(isZoneActive(OFFICE, AMSTERDAM, Date.UTC(2026, 0, 5, 7, 0))).toBe(true);
  expect(isZoneActive(OFFICE, AMSTERDAM, Date.UTC(2026, 0, 5, 6, 59))).toBe(false);
  expect(isZoneActive(OFFICE, AMSTERDAM, Date.UTC(2026, 6, 6, 6, 0))).toBe(true);
  expect(isZoneActive(OFFICE, AMSTERDAM, Date.UTC(2026, 6, 6, 17, 0))).toBe(false);
  expect(isZoneActive(OFFICE, AMSTERDAM, Date.UTC(2026, 6, 5, 10, 0))).toBe(false);
});

test("a window past midnight belongs to the day on which it starts", () => {
  // Friday 10 July 2026, 22:00 local is 20:00 UTC.
  expect(isZoneActive(NIGHT, AMSTERDAM, Date.UTC(2026, 6, 10, 20, 0))).toBe(true);
  expect(isZoneActive(NIGHT, AMSTERDAM, Date.UTC(2026, 6, 11, 3, 59))).toBe(true);
  expect(isZoneActive(NIGHT, AMSTERDAM, Date.UTC(2026, 6, 11, 4, 0))).toBe(false);
  expect(isZoneActive(NIGHT, AMSTERDAM, Date.UTC(2026, 6, 11, 20, 30))).toBe(false);
});

test("without windows a zone counts always", () => {
  expect(isZoneActive(undefined, [], 0)).toBe(true);
});

const windowArb = fc
  .record({
    days: fc.integer({ min: 1, max: 127 }),
    fromMin: fc.integer({ min: 0, max: 1439 }),
    toMin: fc.integer({ min: 1, max: 1440 }),
  })
  .filter((w) => w.fromMin !== w.toMin);

test("between now and the next change nothing changes, minute by minute", () => {
  fc.assert(
    fc.property(
      fc.array(windowArb, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 400 * 1440 }),
      (windows, minute) => {
        const nowMs = Date.UTC(2026, 0, 1) + minute * MINUTE + 17_000;
        const changeMs = nextScheduleChangeMs(windows, AMSTERDAM, nowMs);
        expect(changeMs).toBeGreaterThan(nowMs);
        const active = isZoneActive(windows, AMSTERDAM, nowMs);
        for (let at = nowMs; at < changeMs; at += 7 * MINUTE) expect(isZoneActive(windows, AMSTERDAM, at)).toBe(active);
        expect(isZoneActive(windows, AMSTERDAM, changeMs - 1)).toBe(active);
      },
    ),
    { numRuns: 300 },
  );
});

test("the device and the judge of the replay agree on when a zone counts", () => {
  fc.assert(
    fc.property(
      fc.array(windowArb, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 400 * 1440 }),
      (windows, minute) => {
        const nowMs = Date.UTC(2026, 0, 1) + minute * MINUTE;
        const zone = circleZone("a", 52, 5, 100, { schedule: windows });
        expect(countsAt(zone, orderOf([zone], { utcOffsets: AMSTERDAM }), nowMs)).toBe(
          isZoneActive(windows, AMSTERDAM, nowMs),
        );
      },
    ),
    { numRuns: 1000 },
  );
});
