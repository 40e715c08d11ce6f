import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDecimal } from "../../simulator/traces/decimal.ts";
import { parseInstant } from "../../simulator/traces/instant.ts";

test("every instant is read as it was written, in any offset", () => {
  const time = fc.integer({ min: 0, max: Date.UTC(2199, 0) });
  const offsetMin = fc.integer({ min: -14 * 60, max: 14 * 60 });
  fc.assert(
    fc.property(time, offsetMin, (ms, offset) => {
      const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
      const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
      const zone = `${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
      expect(parseInstant(local + zone)).toBe(ms);
    }),
  );
});

test.each([
  ["2024-02-29T24:00:00Z", "2024-03-01T00:00:00.000Z"],
  ["2024-02-29 10:00Z", "2024-02-29T10:00:00.000Z"],
  ["2024-02-29T10:00:00.1239+0200", "2024-02-29T08:00:00.123Z"],
  ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(expected);
});

test.each([
  "",
  "2024-02-30T00:00:00Z",
  "2023-02-29T00:00:00Z",
  "2024-04-31T00:00:00Z",
  "2024-13-01T00:00:00Z",
  "2024-01-00T00:00:00Z",
  "2024-01-01T25:00:00Z",
  "2024-01-01T24:00:01Z",
  "2024-01-01T10:60:00Z",
  "2024-01-01T10:00:60Z",
  "2024-01-01T10:00:00",
  "2024-01-01",
  "2024-01-01T10:00:00+15:00",
  "2024-01-01T10:00:00+09:60",
  " 2024-01-01T10:00:00Z",
])("“%s” is no instant", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("a number is decimal or none", () => {
  expect(["1", "-1.5", "+.5", "5.", "4.5e-05"].map(parseDecimal)).toEqual([1, -1.5, 0.5, 5, 4.5e-5]);
  for (const text of ["", " ", "0x10", "Infinity", "NaN", "1e999", "1,5", "1 2", "--1", "."])
    expect(parseDecimal(text), text).toBeUndefined();
});
