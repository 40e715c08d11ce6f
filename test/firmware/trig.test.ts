import fc from "fast-check";
import { expect, test } from "vitest";
import { daysFromDate, utcMs } from "../../firmware/lib/calendar.ts";
import { cosE7, sinE7 } from "../../firmware/lib/trig.ts";

/** Seen: 2.1e-14. A micrometre on the Earth's radius would be 1.6e-13. */
const BOUND = 3e-14;
const QUARTER_TURN_E7 = 900_000_000;
const radians = (angleE7: number) => (angleE7 * Math.PI) / 1_800_000_000;
const sinError = (angleE7: number) => Math.abs(sinE7(angleE7) - Math.sin(radians(angleE7)));
const cosError = (angleE7: number) => Math.abs(cosE7(angleE7) - Math.cos(radians(angleE7)));

test("sine and cosine agree with the engine's over every latitude", () => {
  let worst = 0;
  // A prime step, so that no digit of the angles stands out.
  for (let angle = -QUARTER_TURN_E7; angle <= QUARTER_TURN_E7; angle += 4_999)
    worst = Math.max(worst, sinError(angle), cosError(angle));
  for (const fold of [-QUARTER_TURN_E7, -QUARTER_TURN_E7 / 2, 0, QUARTER_TURN_E7 / 2, QUARTER_TURN_E7])
    for (let near = -1_000; near <= 1_000; near++) {
      const angle = Math.max(-QUARTER_TURN_E7, Math.min(QUARTER_TURN_E7, fold + near));
      worst = Math.max(worst, sinError(angle), cosError(angle));
    }
  expect(worst).toBeLessThan(BOUND);
});

test("and so they do at any latitude", () => {
  fc.assert(
    fc.property(fc.integer({ min: -QUARTER_TURN_E7, max: QUARTER_TURN_E7 }), (angle) => {
      expect(sinError(angle)).toBeLessThan(BOUND);
      expect(cosError(angle)).toBeLessThan(BOUND);
    }),
    { numRuns: 10_000 },
  );
});

test("sine is odd, cosine is even, and the ends are exact", () => {
  for (let angle = 0; angle <= QUARTER_TURN_E7; angle += 1_234_567) {
    expect(sinE7(-angle)).toBe(-sinE7(angle));
    expect(cosE7(-angle)).toBe(cosE7(angle));
  }
  expect([sinE7(0), cosE7(0), sinE7(QUARTER_TURN_E7), cosE7(QUARTER_TURN_E7)]).toEqual([0, 1, 1, 0]);
});

test("the calendar agrees with the engine's on every day that it knows, and knows no others", () => {
  for (let year = 1969; year <= 2200; year++)
    for (let month = 0; month <= 13; month++)
      for (let day = 0; day <= 32; day++) {
        const date = new Date(Date.UTC(year, month - 1, day));
        const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1970 && year <= 2199;
        const wanted = exists ? date.getTime() / 86_400_000 : -1;
        if (daysFromDate(year, month, day) !== wanted)
          expect(daysFromDate(year, month, day), `${year}-${month}-${day}`).toBe(wanted);
      }
});

test("an instant is a day and a time of it; a leap second is the next minute's first moment", () => {
  const cases: [Parameters<typeof utcMs>, number | undefined][] = [
    [[1970, 1, 1, 0, 0, 0, 0], 0],
    [[2024, 2, 29, 23, 59, 59, 999], Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
    [[2016, 12, 31, 23, 59, 60, 0], Date.UTC(2017, 0, 1)],
    [[2199, 12, 31, 0, 0, 0, 0], Date.UTC(2199, 11, 31)],
    [[2023, 2, 29, 0, 0, 0, 0], undefined],
    [[2024, 1, 1, 24, 0, 0, 0], undefined],
    [[2024, 1, 1, 0, 60, 0, 0], undefined],
    [[2024, 1, 1, 0, 0, 61, 0], undefined],
  ];
  for (const [parts, wanted] of cases) expect(utcMs(...parts), parts.join(" ")).toBe(wanted);
});
