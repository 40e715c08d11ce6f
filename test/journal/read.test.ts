import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { looksLikeJournal, readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { BLOCK_HEAD_BYTES } from "../../protocol/journal/block.ts";
import { type Chain, chainOf, examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { ALERT, INPUTS, type JournalRecord, tagOf } from "../../protocol/journal/record.ts";
import { allRecords, BLOCK, blankDevice, boot, crypto, JOURNAL_KEY, write } from "./device.ts";
import { sampleInputs } from "./samples.ts";

const CHAIN = chainOf(crypto, JOURNAL_KEY, new Set(Array.from({ length: 400 }, (_, epoch) => epoch)));

/** A device that wrote so many records, every seventh of them an alert. */
function written(records: number, blocks = 8): { bulk: Uint8Array; records: JournalRecord[] } {
  const cells = blankDevice(blocks);
  const { journal } = boot(cells);
  for (let i = 0; i < records; i++) write(journal, i % 7 === 0 ? ALERT : INPUTS, sampleInputs(i), i);
  return { bulk: cells.bulk, records: allRecords(journal) };
}

const numbersOf = (records: { number: number }[]) => records.map(({ number }) => number);

test("a ring gives every record that the device reads of it, each under its epoch's seal, without damage or hole", () => {
  const { bulk, records } = written(150);
  const ring = readRing(bulk);
  expect(ring.records).toEqual(records);
  expect(ring.damage).toEqual([]);
  const examined = examine(crypto, ring.records, [CHAIN], ring.damage);
  expect(numbersOf(examined.records)).toEqual(numbersOf(records));
  expect(examined.records.filter(({ verified }) => verified !== true)).toEqual([]);
  expect(examined).toMatchObject({ holes: [], others: [], late: [], gaps: [] });
  expect(examined.epochs.reduce((sum, run) => sum + run.records, 0)).toBe(records.length);
  expect(new Set(examined.epochs.map(({ epoch }) => epoch)).size).toBe(examined.epochs.length);
});

test("records come out the same in whatever order and however often they went in", () => {
  const { records } = written(60);
  fc.assert(
    fc.property(fc.array(fc.nat(records.length - 1), { maxLength: 200 }), (picks) => {
      const examined = examine(
        crypto,
        picks.map((i) => records[i]),
        [CHAIN],
      );
      const kept = [...new Set(picks)].sort((a, b) => a - b).map((i) => records[i]);
      expect(numbersOf(examined.records)).toEqual(numbersOf(kept));
      expect(examined.others).toEqual([]);
      const missing = examined.holes.reduce((sum, { from, to }) => sum + to - from + 1, 0);
      expect(missing).toBe(kept.length === 0 ? 0 : kept[kept.length - 1].number - kept[0].number + 1 - kept.length);
      expect(examined.holes.every(({ why }) => why === "missing")).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("a flipped bit is found where it is, and costs no more than its record, which is named as damaged", () => {
  const { bulk, records } = written(150);
  fc.assert(
    fc.property(fc.nat(3 * BLOCK - 1), fc.nat(7), (at, bit) => {
      const rotten = bulk.slice();
      rotten[at] ^= 1 << bit;
      const ring = readRing(rotten);
      const all = { from: records[0].number, to: records[records.length - 1].number };
      const { holes } = examine(crypto, ring.records, [CHAIN], ring.damage, all);
      expect(ring.damage).toHaveLength(1);
      const [{ block, offset, bytes }] = ring.damage;
      expect(at >= block * BLOCK + offset && at < block * BLOCK + offset + bytes).toBe(true);
      expect(records.length - ring.records.length).toBeLessThanOrEqual(1);
      expect(holes.map(({ why }) => why)).toEqual(ring.records.length === records.length ? [] : ["damaged"]);
    }),
    { numRuns: 150 },
  );
});

test("a block without its head is one place of damage, and its numbers are named by it", () => {
  const { bulk, records } = written(150);
  bulk.fill(0, BLOCK, BLOCK + BLOCK_HEAD_BYTES);
  const ring = readRing(bulk);
  expect(ring.damage).toMatchObject([{ block: 1, offset: 0 }]);
  const { holes } = examine(crypto, ring.records, [CHAIN], ring.damage);
  expect(holes.map(({ why }) => why)).toEqual(["damaged"]);
  expect(ring.records.length + holes[0].to - holes[0].from + 1).toBe(records.length);
});

test("what was torn out whole is missing, and what had to make way is told as such with its positions", () => {
  const cells = blankDevice(5);
  const { journal } = boot(cells);
  for (let i = 0; i < 500; i++) write(journal, INPUTS, sampleInputs(i + 1));
  const { records, damage } = readRing(cells.bulk);
  const all = examine(crypto, records, [CHAIN], damage, { from: 1 });
  expect(all.holes).toMatchObject([{ from: 1, to: records[0].number - 1, why: "made way" }]);
  expect(all.gaps.every(({ positions }) => positions.length > 0)).toBe(true);
  const [first, last] = [records[records.length - 30].number, records[records.length - 26].number];
  const torn = records.filter(({ number }) => number < first || number > last);
  expect(examine(crypto, torn, [CHAIN]).holes).toEqual([{ from: first, to: last, why: "missing" }]);
});

test("a tail that was cut off shows only against numbers that were heard of", () => {
  const { records } = written(60);
  const cut = records.slice(0, -5);
  expect(examine(crypto, cut, [CHAIN]).holes).toEqual([]);
  const to = records[records.length - 1].number;
  expect(examine(crypto, cut, [CHAIN], [], { to }).holes).toEqual([{ from: to - 4, to, why: "missing" }]);
});

describe("a record that is not the device's", () => {
  const { records } = written(60);
  const victim = records[30];
  const forged = (changes: Partial<JournalRecord>) => ({ ...victim, ...changes });

  test("is told from its seal, fills no hole, and never stands before the true one", () => {
    for (const fake of [
      forged({ body: new Uint8Array(3) }),
      forged({ kind: ALERT ^ victim.kind ^ INPUTS }),
      forged({ epoch: victim.epoch + 1 }),
    ]) {
      const alone = examine(crypto, [...records.filter((r) => r !== victim), fake], [CHAIN]);
      expect(alone.records[30]).toMatchObject({ number: victim.number, verified: false });
      expect(alone.holes).toEqual([{ from: victim.number, to: victim.number, why: "missing" }]);
      const both = examine(crypto, [fake, ...records], [CHAIN]);
      expect(both.records[30]).toMatchObject({ body: victim.body, verified: true });
      expect(both.others).toMatchObject([{ number: victim.number, verified: false }]);
    }
  });

  test("moved to another number does not fit", () => {
    const moved = examine(crypto, [{ ...victim, number: 1_000 }], [CHAIN]);
    expect(moved.records[0].verified).toBe(false);
  });

  test("made with a past epoch's key, once that is known, is told by its place", () => {
    const key = CHAIN.get(2);
    if (key === undefined) throw new Error("no key");
    const body = new Uint8Array(9);
    const number = records[records.length - 1].number + 1;
    const late = { number, epoch: 2, kind: ALERT, body, tag: tagOf(crypto, key, number, 2, ALERT, body) };
    expect(examine(crypto, [...records, late], [CHAIN]).late).toEqual([number]);
  });
});

test("without the keys nothing is verified and nothing is called false; a new journal key begins a chain of its own", () => {
  const { records } = written(30);
  expect(examine(crypto, records, []).records.every(({ verified }) => verified === "no-key")).toBe(true);
  const other: Chain = chainOf(crypto, new Uint8Array(32).fill(9), new Set(CHAIN.keys()));
  const examined = examine(crypto, records, [CHAIN, other]);
  expect(examined.records.every(({ verified, chain }) => verified === true && chain === 0)).toBe(true);
  expect(examine(crypto, records, [other]).records.every(({ verified }) => verified === false)).toBe(true);
});

test("an area of noise, or shorter than a block, is read to its end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9_000 }), (area) => {
      const { records, damage } = readRing(area);
      expect(records).toEqual([]);
      for (const { block, offset, bytes } of damage)
        expect(block * BLOCK + offset + bytes).toBeLessThanOrEqual(area.length);
    }),
    { numRuns: 50 },
  );
});

test("a ring of another version is told as such", () => {
  const { bulk } = written(30);
  for (let at = 0; at < bulk.length; at += BLOCK) if (bulk[at + 3] === 3) bulk[at + 3] = bulk[at + 27] = 2;
  expect(looksLikeJournal(bulk)).toBe(true);
  expect(() => readJournalFile(bulk, "old.bin")).toThrow("journal.other-version");
});
