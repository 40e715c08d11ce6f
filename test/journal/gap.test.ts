import fc from "fast-check";
import { expect, test } from "vitest";
import { acknowledge, type Journal } from "../../firmware/journal/ring.ts";
import { uint32Bytes } from "../../protocol/bytes.ts";
import { GAP_SPANS_MOST } from "../../protocol/journal/gap.ts";
import { readGap } from "../../protocol/journal/read-gap.ts";
import { ALERT, GAP, INPUTS } from "../../protocol/journal/record.ts";
import { allRecords, blankDevice, boot, write } from "./device.ts";

const body = (fill: number, bytes = 100) => new Uint8Array(bytes).fill(fill);

/** Numbers that the GAP records of the journal tell of. */
function toldIn(journal: Journal): Set<number> {
  const told = new Set<number>();
  for (const record of allRecords(journal)) {
    if (record.kind !== GAP) continue;
    const read = readGap(record.body);
    if (!read.ok) throw new Error(read.reason);
    for (const { from, to } of read.gap.spans) for (let n = from; n <= to; n++) told.add(n);
  }
  return told;
}

test("losses on either side of what stays are told apart, through any number of rounds", () => {
  const { journal } = boot(blankDevice(12));
  const alerts: number[] = [];
  for (let i = 0; i < 2_000; i++) {
    const number = write(journal, i === 100 || i === 260 ? ALERT : INPUTS, body(i & 255));
    if (i === 100 || i === 260) alerts.push(number);
  }
  const there = new Set(allRecords(journal).map(({ number }) => number));
  const told = toldIn(journal);
  for (const alert of alerts) expect([alert, there.has(alert), told.has(alert)]).toEqual([alert, true, false]);
  // A block that is told of while it still stands is the only one of which both are true.
  const next = journal.blocks.find((block) => block.told);
  const end = Math.min(...journal.blocks.map(({ number }) => number).filter((n) => n > (next?.number ?? 0)));
  const isNext = (n: number) => next !== undefined && n >= next.number && n < end;
  for (let n = 1; n < journal.nextNumber; n++) if (!isNext(n)) expect([n, told.has(n)]).toEqual([n, !there.has(n)]);
});

test("what the centre lost again is told like any loss, though it had been acknowledged", () => {
  const { journal } = boot(blankDevice(6));
  for (let i = 0; i < 100; i++) write(journal, INPUTS, body(i));
  acknowledge(journal, 1_000_000, 0);
  expect(journal.ackedTo).toBe(journal.nextNumber - 1);
  acknowledge(journal, 10, 0);
  expect(journal.ackedTo).toBe(10);
  for (let i = 0; i < 300; i++) write(journal, INPUTS, body(i & 255));
  const there = new Set(allRecords(journal).map(({ number }) => number));
  const told = toldIn(journal);
  for (let n = 11; n < journal.nextNumber; n++) expect([n, there.has(n) || told.has(n)]).toEqual([n, true]);
});

test("an alert that the centre lost again stays until it has it", () => {
  const { journal } = boot(blankDevice(6));
  const alert = write(journal, ALERT, body(1), 1);
  acknowledge(journal, alert, alert);
  acknowledge(journal, 0, 0);
  for (let i = 0; i < 400; i++) write(journal, INPUTS, body(i & 255));
  expect(allRecords(journal).some(({ number }) => number === alert)).toBe(true);
});

test("spans read back as they were written, and none that overlap, run backwards or are too many", () => {
  const span = fc.tuple(fc.integer({ min: 1, max: 0x7fffffff }), fc.integer({ min: 1, max: 0x7fffffff }));
  fc.assert(
    fc.property(fc.array(span, { maxLength: GAP_SPANS_MOST + 2 }), (spans) => {
      const bytes = spans.flatMap(([from, to]) => [...uint32Bytes(from), ...uint32Bytes(to)]);
      const isGood =
        spans.length > 0 &&
        spans.length <= GAP_SPANS_MOST &&
        spans.every(([from, to], i) => from <= to && (i === 0 || from > spans[i - 1][1]));
      const read = readGap(Uint8Array.from(bytes));
      expect(read.ok).toBe(isGood);
      if (read.ok) expect(read.gap.spans.map(({ from, to }) => [from, to])).toEqual(spans);
    }),
  );
  const ascending = Array.from({ length: GAP_SPANS_MOST + 1 }, (_, i) => [10 * i + 1, 10 * i + 5]);
  const bytesOf = (spans: number[][]) =>
    Uint8Array.from(spans.flatMap((one) => one.flatMap((n) => [...uint32Bytes(n)])));
  expect(readGap(bytesOf(ascending)).ok).toBe(false);
  expect(readGap(bytesOf(ascending.slice(1)))).toMatchObject({ ok: true });
});
