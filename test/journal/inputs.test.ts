import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBitWriter, putSigned, takeSigned } from "../../protocol/journal/bits.ts";
import { GAP_SPAN_BYTES, isPosition } from "../../protocol/journal/gap.ts";
import {
  beginInputs,
  FRONT_BYTES,
  finishInputs,
  INPUTS_MOST,
  type Input,
  packInput,
} from "../../protocol/journal/inputs.ts";
import { readGap } from "../../protocol/journal/read-gap.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";

const timeMs = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const fix = fc.record({
  timeMs: maybe(
    fc.oneof(
      timeMs,
      timeMs.map((t) => t - (t % 1000)),
    ),
  ),
  latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }),
  lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }),
  dimensions: fc.constantFrom(2, 3),
  hAccMm: maybe(fc.nat(4_294_967_295)),
  speedMmps: maybe(fc.nat(2_147_483_647)),
  courseCdeg: maybe(fc.nat(36_000)),
  satellites: maybe(fc.nat(255)),
});
const bool = fc.boolean();
const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("fix" as const), fix }) },
  { weight: 3, arbitrary: fc.constant({ kind: "wake" as const }) },
  fc.constant({ kind: "boot" as const }),
  fc.record({ kind: fc.constant("motion" as const), motion: fc.constantFrom("still", "walking", "moving") }),
  fc.record({ kind: fc.constantFrom("strap" as const, "enclosure" as const), closed: bool }),
  fc.record({ kind: fc.constantFrom("usb" as const, "coverage" as const), attached: bool }),
  fc.record({
    kind: fc.constant("radio" as const),
    radio: fc.record({
      jamming: fc.nat(3),
      antenna: fc.nat(4),
      level: fc.nat(255),
      agc: fc.nat(8191),
      noise: fc.nat(65_535),
    }),
  }),
  fc.constantFrom({ kind: "served" as const }, { kind: "fit" as const }, { kind: "locate" as const }),
  fc.record({ kind: fc.constant("battery" as const), percent: fc.nat(100), charging: bool }),
  fc.record({
    kind: fc.constant("time" as const),
    utcMs: timeMs,
    errorMs: fc.nat(4_294_967_295),
    source: fc.constantFrom("sealed", "network", "kept"),
  }),
  fc.constant({ kind: "order" as const, counter: 0, hash: new Uint8Array(0) }),
  fc.record({
    kind: fc.constant("order" as const),
    counter: fc.integer({ min: 1, max: 4_294_967_295 }),
    hash: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant("removal" as const), untilMs: timeMs, emergency: bool, spentMin: fc.nat(2047) }),
  fc.record({ kind: fc.constant("pause" as const), untilMs: timeMs }),
  fc.record({ kind: fc.constant("finding" as const), reason: fc.constantFrom("journal.rewound", "x", "y".repeat(64)) }),
);

test("every input comes back as it was, at its instant", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(input, timeMs, bool), { minLength: 1, maxLength: 60 }),
      maybe(fix),
      (events, last) => {
        const packing = beginInputs();
        for (const [event, nowMs, onTime] of events) packInput(packing, event, nowMs, onTime, last);
        const read = readInputs(finishInputs(packing));
        expect(read.ok && read.inputs).toEqual(
          events.map(([event, nowMs, onTime]) => ({
            input: event,
            nowMs: event.kind === "wake" && onTime ? undefined : nowMs,
          })),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test("numbers of any size adapt and come back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), { maxLength: 50 }), (values) => {
      const writer = createBitWriter(4);
      const model = { mean: 8 };
      for (const value of values) putSigned(writer, model, value);
      const reader = { bytes: writer.bytes, pos: 0, failed: false };
      const again = { mean: 8 };
      expect(values.map(() => takeSigned(reader, again) + 0)).toEqual(values.map((v) => v + 0));
      expect(reader).toMatchObject({ pos: writer.length, failed: false });
    }),
  );
});

describe("five minutes of fixes a minute apart, with the wakes between them", () => {
  const START_MS = 1_764_000_000_000;
  const fixAt = (i: number, [north, east]: [number, number]) => ({
    timeMs: START_MS + 60_000 * i,
    latE7: 520_000_000 + north,
    lonE7: 50_000_000 + east,
    dimensions: 3,
    hAccMm: undefined,
    speedMmps: undefined,
    courseCdeg: undefined,
    satellites: undefined,
  });
  const bytes = (step: (i: number) => [number, number]) => {
    const packing = beginInputs();
    for (let i = 1; i <= 5; i++) {
      const fix = fixAt(i, step(i));
      packInput(packing, { kind: "wake" }, fix.timeMs - 1_000, true, fixAt(0, step(0)));
      packInput(packing, { kind: "fix", fix }, fix.timeMs + 80, false);
    }
    return finishInputs(packing).length;
  };

  test("cost five bytes each of someone at home, six of someone who walks, and eleven at the front for where it goes on from", () => {
    expect((bytes((i) => [(i * 7919) % 900, (i * 104729) % 900]) - FRONT_BYTES) / 5).toBeLessThanOrEqual(5);
    expect((bytes((i) => [i * 5_400, i * -6_100]) - FRONT_BYTES) / 5).toBeLessThanOrEqual(6);
  });
});

/** To the second and to 64 × 10⁻⁷ degrees. */
const rounded = (timeMs: number, latE7: number, lonE7: number) => ({
  timeMs: timeMs - (timeMs % 1000),
  latE7: latE7 - ((latE7 + 900_000_000) % 64),
  lonE7: lonE7 - ((lonE7 + 1_800_000_000) % 64),
});

test("the front of a record is the fix that was last taken, and can be read alone", () => {
  fc.assert(
    fc.property(fix, timeMs, (last, nowMs) => {
      const packing = beginInputs();
      packInput(packing, { kind: "wake" }, nowMs, true, last);
      const body = finishInputs(packing);
      expect(isPosition(body, 0)).toBe(last.timeMs !== undefined);
      const gap = new Uint8Array(GAP_SPAN_BYTES + FRONT_BYTES);
      gap.set([0, 0, 0, 7, 0, 0, 1, 0]);
      gap.set(body.subarray(0, FRONT_BYTES), GAP_SPAN_BYTES);
      const { timeMs: at, latE7, lonE7 } = last;
      expect(readGap(gap)).toEqual(
        at === undefined
          ? { ok: false, reason: "gap.malformed" }
          : { ok: true, gap: { spans: [{ from: 7, to: 256 }], positions: [rounded(at, latE7, lonE7)] } },
      );
    }),
  );
});

test("hostile bodies are refused or read, and never more than they hold", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      const read = readInputs(body);
      if (!read.ok) return;
      expect(read.inputs.length).toBeLessThanOrEqual(Math.min(INPUTS_MOST, 8 * body.length));
      const packing = beginInputs();
      for (const { input, nowMs } of read.inputs) packInput(packing, input, nowMs ?? 0, nowMs === undefined);
      if (read.inputs.length > 0) expect(readInputs(finishInputs(packing))).toEqual(read);
    }),
    { numRuns: 5_000 },
  );
  expect(readInputs(new Uint8Array(0))).toEqual({ ok: false, reason: "inputs.malformed" });
  expect(readInputs(new Uint8Array(FRONT_BYTES - 1))).toEqual({ ok: true, inputs: expect.any(Array) });
  expect(readInputs(new Uint8Array(FRONT_BYTES - 1).fill(0xff))).toEqual({ ok: false, reason: "inputs.malformed" });
});
