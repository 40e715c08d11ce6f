import { describe, expect, test } from "vitest";
import { createRecorder, flushInputs, noteInput, record } from "../../firmware/bracelet/recorder.ts";
import { acknowledge, append, endEpoch, type Journal, readRecords, troubleOf } from "../../firmware/journal/ring.ts";
import { readTextBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { ALERT, CHECKPOINT, FINDING, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { createFlakyFlash, type Wear } from "../../simulator/hardware/flaky-flash.ts";
import { compareRuns, hexOf, segmentsOf } from "../../simulator/replay/journal-replay.ts";
import { allRecords, BLOCK, blankDevice, boot, crypto, epochKeys, isGenuine, write } from "./device.ts";

const NOW_MS = 1_780_000_000_000;
const MINUTE_MS = 60_000;
const body = (fill: number, bytes = 100) => new Uint8Array(bytes).fill(fill);
const reasonOf = (one: JournalRecord) => readTextBetween(createReader(one.body, 0, true), 1, 64);
const inFlash = (cells: { bulk: Uint8Array }) => readRing(cells.bulk).records;

/** A journal whose flash takes nothing while `wear` says so. */
function flaky(blocks = 6) {
  const cells = blankDevice(blocks);
  const { journal } = boot(cells);
  const sound = journal.flash;
  const worn = new Map<number, Wear>();
  journal.flash = createFlakyFlash(sound, worn);
  const fail = () => {
    for (let i = 0; i < blocks; i++) worn.set(i, "program");
  };
  const heal = () => worn.clear();
  return { cells, journal, fail, heal };
}

/** Appends alerts that the centre lacks until none is taken any more. */
function fill(journal: Journal): number {
  for (let i = 1; ; i++) {
    const appended = append(journal, ALERT, body(i & 255));
    if (!appended.ok) return i;
    endEpoch(journal, i);
  }
}

describe("what the journal refuses", () => {
  test("leaves a number that is nowhere, once, and is found behind it", () => {
    const { cells, journal, fail, heal } = flaky();
    const recorder = createRecorder(journal, NOW_MS);
    const said: string[] = [];
    recorder.onRefused = (reason) => said.push(reason);
    const before = record(recorder, FINDING, body(0x61, 5), 0, NOW_MS);
    fail();
    for (let i = 0; i < 3; i++) {
      noteInput(recorder, { kind: "strap", closed: false }, NOW_MS + i, false, undefined);
      flushInputs(recorder, NOW_MS + i);
    }
    expect(said).toEqual(["journal.worn", "journal.worn", "journal.worn"]);
    expect(recorder.refused).toBe(3);
    expect(troubleOf(journal)).toBe(2);
    heal();
    noteInput(recorder, { kind: "strap", closed: true }, NOW_MS + MINUTE_MS, false, undefined);
    flushInputs(recorder, NOW_MS + MINUTE_MS);
    expect(troubleOf(journal)).toBeUndefined();
    const records = inFlash(cells);
    const after = records.findIndex(({ kind }) => kind === INPUTS);
    expect(before.ok && records[after].number).toBeGreaterThan(before.ok ? before.number + 1 : 0);
    expect(records.slice(after).map(({ kind }) => kind)).toContain(FINDING);
    expect(reasonOf(records.at(-1) as JournalRecord)).toBe("journal.refused");
    expect(examine(crypto, records, []).holes).not.toEqual([]);
    noteInput(recorder, { kind: "strap", closed: true }, NOW_MS + 2 * MINUTE_MS, false, undefined);
    flushInputs(recorder, NOW_MS + 2 * MINUTE_MS);
    const numbers = inFlash(cells).map(({ number }) => number);
    expect(numbers.at(-1)).toBe((numbers.at(-2) ?? 0) + 1);
  });

  test("is no loss to the next boot: nobody takes a number twice, and nothing was rewound", () => {
    const { cells, journal, fail } = flaky();
    for (let i = 0; i < 20; i++) write(journal, INPUTS, body(i));
    fail();
    for (let i = 1; i < 4; i++) {
      expect(append(journal, ALERT, body(i)).ok).toBe(false);
      endEpoch(journal, i);
    }
    const spent = journal.held.map(({ number }) => number);
    expect(spent).toHaveLength(3);
    const next = boot(cells);
    expect(next.findings).toEqual([]);
    expect(write(next.journal, INPUTS, body(9))).toBeGreaterThan(Math.max(...spent));
    expect(next.journal.ratchet.alertSeq).toBe(3);
    expect(boot(cells).findings).toEqual([]);
  });
});

describe("an alert that the journal refuses", () => {
  test("is read among the others, under a seal and a number of its own, until the centre has it", () => {
    const cells = blankDevice(4);
    const { journal } = boot(cells);
    const kept = fill(journal) - 1;
    endEpoch(journal, kept + 1);
    const alerts = allRecords(journal).filter(({ kind }) => kind === ALERT);
    expect(alerts).toHaveLength(kept + 1);
    const last = alerts.at(-1) as JournalRecord;
    expect(isGenuine(last, epochKeys(300))).toBe(true);
    expect(inFlash(cells).some(({ number }) => number === last.number)).toBe(false);
    expect(troubleOf(journal)).toBe(6);
    acknowledge(journal, 0, last.number);
    expect(journal.held).toEqual([]);
    expect(troubleOf(journal)).toBe(2);
    const next = write(journal, INPUTS, body(1));
    expect(next).toBeGreaterThan(last.number);
  });

  test("stands in its place, and the newest eight are kept", () => {
    const { journal, fail, heal } = flaky();
    write(journal, INPUTS, body(0));
    fail();
    for (let i = 0; i < 20; i++) append(journal, ALERT, body(i));
    heal();
    write(journal, INPUTS, body(99));
    const records = allRecords(journal);
    expect(records.map(({ number }) => number)).toEqual(records.map(({ number }) => number).sort((a, b) => a - b));
    expect(records.filter(({ kind }) => kind === ALERT).map((one) => one.body[0])).toEqual(
      Array.from({ length: 8 }, (_, i) => 12 + i),
    );
    expect(records.at(-1)?.body[0]).not.toBe(19);
    const from = records.filter(({ kind }) => kind === ALERT)[3].number;
    expect(allRecords(journal, from)[0].number).toBe(from);
  });

  test("never costs one that stands: a ring full of them keeps them all, and a fresh one always finds a place", () => {
    const cells = blankDevice(6);
    const { journal } = boot(cells);
    const sent = new Set<number>();
    let first = 0;
    for (let i = 0; i < 400; i++) {
      const appended = append(journal, i % 3 === 0 ? ALERT : INPUTS, body(i & 255));
      if (i % 3 !== 0) continue;
      if (!appended.ok && first === 0) first = journal.nextNumber - 1;
      if (first === 0 && appended.ok) sent.add(appended.number);
      const newest = allRecords(journal).filter(({ kind }) => kind === ALERT);
      expect(newest.at(-1)?.body[0]).toBe(i & 255);
    }
    expect(first).toBeGreaterThan(0);
    const there = new Set(allRecords(journal).map(({ number }) => number));
    expect([...sent].filter((number) => !there.has(number))).toEqual([]);
  });
});

describe("a chip that does not take this boot's step of the ratchet", () => {
  function blind() {
    const cells = blankDevice(6);
    const first = boot(cells).journal;
    write(first, INPUTS, body(1));
    const chip = { takes: false };
    const { journal } = boot(cells);
    const { write: take } = journal.secrets;
    journal.secrets.write = (slot, value) => chip.takes && take(slot, value);
    journal.canSeal = false;
    return { cells, journal, chip, recorder: createRecorder(journal, NOW_MS) };
  }

  test("is asked again with the inputs, not more than once a minute, and the journal goes on", () => {
    const { cells, journal, chip, recorder } = blind();
    let asked = 0;
    const refuse = journal.secrets.write;
    journal.secrets.write = (slot, value) => {
      asked += 1;
      return refuse(slot, value);
    };
    const epoch = journal.ratchet.epoch;
    for (let s = 0; s < 120; s += 10) {
      noteInput(recorder, { kind: "strap", closed: false }, NOW_MS + 1_000 * s, false, undefined);
      flushInputs(recorder, NOW_MS + 1_000 * s);
    }
    expect(asked).toBe(2);
    expect(troubleOf(journal)).toBe(3);
    chip.takes = true;
    noteInput(recorder, { kind: "strap", closed: true }, NOW_MS + 5 * MINUTE_MS, false, undefined);
    flushInputs(recorder, NOW_MS + 5 * MINUTE_MS);
    expect(troubleOf(journal)).toBeUndefined();
    const records = inFlash(cells);
    const last = records.filter(({ kind }) => kind === INPUTS).at(-1) as JournalRecord;
    expect(last.epoch).toBe(epoch + 1);
    expect(isGenuine(last, epochKeys(20))).toBe(true);
    expect(reasonOf(records.at(-1) as JournalRecord)).toBe("journal.refused");
  });

  test("leaves alerts without a seal, of epoch 0, to go to the centre all the same", () => {
    const { journal, recorder } = blind();
    const appended = record(recorder, ALERT, body(7), 1, NOW_MS);
    expect(appended).toEqual({ ok: false, reason: "journal.no-ratchet" });
    const alert = allRecords(journal).at(-1);
    expect(alert).toMatchObject({ kind: ALERT, epoch: 0 });
    expect(alert?.tag).toEqual(crypto.sha256(body(7)).slice(0, 8));
    expect(troubleOf(journal)).toBe(7);
  });
});

test("an epoch's end that the chip did not take is tried again within a minute, with the alert's number", () => {
  const { journal } = boot(blankDevice(6));
  const recorder = createRecorder(journal, NOW_MS);
  const { write: take } = journal.secrets;
  journal.secrets.write = () => false;
  expect(record(recorder, ALERT, body(1), 5, NOW_MS).ok).toBe(true);
  const epoch = journal.ratchet.epoch;
  journal.secrets.write = take;
  flushInputs(recorder, NOW_MS + 30_000);
  expect(journal.ratchet.epoch).toBe(epoch);
  flushInputs(recorder, NOW_MS + MINUTE_MS);
  expect(journal.ratchet).toMatchObject({ epoch: epoch + 1, alertSeq: 5 });
});

test("a block is read no further than is asked", () => {
  const { journal } = boot(blankDevice(6));
  for (let i = 0; i < 20; i++) write(journal, INPUTS, body(i));
  let reads = 0;
  const sound = journal.flash;
  journal.flash = {
    sizeBytes: sound.sizeBytes,
    eraseBytes: BLOCK,
    read: (address, into, length) => {
      reads += 1;
      sound.read(address, into, length);
    },
    program: (address, bytes) => sound.program(address, bytes),
    erase: (address) => sound.erase(address),
  };
  const seen: number[] = [];
  readRecords(journal, 1, ({ number }) => seen.push(number) < 3);
  expect(seen).toEqual([1, 2, 3]);
  expect(reads).toBe(6);
});

test("of two alerts that one event brought the second was refused: the replay ends at the gap, and finds no difference", () => {
  const numbered = [CHECKPOINT, INPUTS, INPUTS, ALERT].map((kind, i) => ({
    number: i + 1,
    epoch: 1,
    kind,
    body: body(kind),
  }));
  const { segments, gaps } = segmentsOf([...numbered, { number: 6, epoch: 2, kind: FINDING, body: body(0) }]);
  expect(gaps.map(({ from, reason }) => [from, reason])).toEqual([
    [5, "missing"],
    [6, "no-start"],
  ]);
  const made = (after: number, ...fills: number[]) => [
    { records: fills.map((fill): [number, number, string] => [after, ALERT, hexOf(body(fill))]), refused: undefined },
  ];
  expect(compareRuns(segments, gaps, made(3, ALERT, 9)).differences).toEqual([]);
  expect(compareRuns(segments, gaps, made(2, ALERT, 9)).differences).toMatchObject([{ what: "unrecorded" }]);
  expect(compareRuns(segments, gaps, made(3, 9)).differences).toMatchObject([{ what: "other", number: 4 }]);
});
