import { describe, expect, test } from "vitest";
import { acknowledge, append } from "../../firmware/journal/ring.ts";
import { SLOT_KEY, SLOT_PROVISIONED, SLOT_RATCHET } from "../../firmware/secrets/slots.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { writeBlockHead } from "../../protocol/journal/block.ts";
import { readGap } from "../../protocol/journal/read-gap.ts";
import { ALERT, BODY_MOST_BYTES, CHECKPOINT, GAP, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, blankDevice, boot, epochKeys, isGenuine, JOURNAL_KEY, write } from "./device.ts";

const body = (fill: number, bytes = 100) => new Uint8Array(bytes).fill(fill);

test("what was appended is there after a reboot, numbered without a gap, sealed by the epoch it was written in", () => {
  const cells = blankDevice(8);
  const { journal } = boot(cells);
  for (let i = 0; i < 60; i++) write(journal, i % 7 === 0 ? ALERT : INPUTS, body(i), i);
  const again = boot(cells);
  expect(again.findings).toEqual([]);
  const records = allRecords(again.journal);
  expect(records.map((r) => r.number)).toEqual(records.map((_, i) => i + 1));
  expect(records.filter((r) => r.kind !== CHECKPOINT).map((r) => r.body[0])).toEqual([...Array(60).keys()]);
  const keys = epochKeys(80);
  expect(records.filter((r) => !isGenuine(r, keys))).toEqual([]);
  expect(new Set(records.map((r) => r.epoch)).size).toBeGreaterThan(8);
});

test("each block begins with a checkpoint, behind the inputs that opened it", () => {
  const { journal } = boot(blankDevice(8));
  for (let i = 0; i < 200; i++) write(journal, i % 3 === 0 ? ALERT : INPUTS, body(i));
  for (const block of journal.blocks.filter((b) => b.sequence > 0)) {
    const [first, second] = allRecords(journal, block.number);
    expect(first.number).toBe(block.number);
    expect([first.kind, second.kind]).toContain(CHECKPOINT);
    if (first.kind !== CHECKPOINT) expect(first.kind).toBe(INPUTS);
  }
});

test("a reader can tell number and epoch of every record, however many boots wrote nothing, and however far numbers went on", () => {
  const cells = blankDevice(6);
  const keys = epochKeys(120);
  write(boot(cells).journal, INPUTS, body(1));
  for (let i = 0; i < 40; i++) boot(cells);
  write(boot(cells).journal, INPUTS, body(2));
  const { journal } = boot(cells);
  journal.nextNumber += 100_000;
  write(journal, ALERT, body(3), 1);
  const records = allRecords(boot(cells).journal).filter((r) => r.kind !== CHECKPOINT);
  expect(records.map((r) => r.body[0])).toEqual([1, 2, 3]);
  expect(records.filter((r) => !isGenuine(r, keys))).toEqual([]);
});

test("the key with which the journal began is gone with the first boot, and a new one begins a new chain", () => {
  const cells = blankDevice(6);
  const first = boot(cells).journal;
  write(first, INPUTS, body(1));
  expect(first.secrets.read(SLOT_KEY + PURPOSE_JOURNAL)).toBeUndefined();
  expect(Buffer.from(cells.onChip).includes(Buffer.from(JOURNAL_KEY))).toBe(false);
  const key = new Uint8Array(32).fill(9);
  first.secrets.write(SLOT_KEY + PURPOSE_JOURNAL, key);
  write(first, ALERT, body(2), 1);
  write(first, INPUTS, body(3));
  const next = boot(cells).journal;
  write(next, INPUTS, body(4));
  expect(Buffer.from(cells.onChip).includes(Buffer.from(key))).toBe(false);
  const records = allRecords(next).filter((r) => r.kind !== CHECKPOINT);
  expect(records.map((r) => r.body[0])).toEqual([1, 2, 3, 4]);
  expect(records.map((r) => r.epoch)).toEqual([1, 1, 1, 2]);
  expect(records.map((r) => r.number)).toEqual([...records.map((r) => r.number)].sort((a, b) => a - b));
  expect(records.slice(0, 2).filter((r) => !isGenuine(r, epochKeys(4)))).toEqual([]);
  expect(records.slice(2).filter((r) => !isGenuine(r, epochKeys(4, key)))).toEqual([]);
});

test("without a ratchet nothing is sealed, and that is said", () => {
  const cells = blankDevice(6);
  const { journal } = boot(cells);
  write(journal, INPUTS, body(1));
  journal.secrets.write(SLOT_PROVISIONED, new Uint8Array([1]));
  journal.secrets.erase(SLOT_RATCHET);
  const lost = boot(cells);
  expect(lost.findings).toContain("journal.no-ratchet");
  expect(append(lost.journal, ALERT, body(2))).toEqual({ ok: false, reason: "journal.no-ratchet" });
  expect(allRecords(boot(cells).journal).length).toBe(2);
});

test("heads that this device did not write are no blocks of it", () => {
  const cells = blankDevice(6);
  for (let i = 0; i < 60; i++) write(boot(cells).journal, INPUTS, body(i));
  const forged = { sequence: 0xfffffff0, erases: 0, number: 0xfffffff0, epoch: 9 };
  cells.bulk.set(writeBlockHead(forged), 5 * 4096);
  const { journal } = boot(cells);
  const before = allRecords(journal).length;
  for (let i = 0; i < 60; i++) write(journal, INPUTS, body(i));
  const after = boot(cells);
  expect(after.findings).toEqual([]);
  expect(allRecords(after.journal).length).toBeGreaterThan(before + 60);
});

describe("a full ring", () => {
  test("lets the oldest history go that the centre has, and never an alert that it lacks", () => {
    const { journal } = boot(blankDevice(6));
    let alert = 0;
    for (let i = 0; i < 400; i++) {
      const number = write(journal, i === 250 ? ALERT : INPUTS, body(i & 255));
      if (i === 250) alert = number;
      acknowledge(journal, Math.max(0, Math.min(number - 60, alert === 0 ? number : alert - 1)), 0);
    }
    const records = allRecords(journal);
    expect(records.filter((r) => r.kind === ALERT).map((r) => r.number)).toEqual([alert]);
    expect(records.some((r) => r.number === alert - 1)).toBe(true);
    acknowledge(journal, 0, alert);
    for (let i = 0; i < 400; i++) write(journal, INPUTS, body(i & 255));
    expect(allRecords(journal).some((r) => r.number === alert)).toBe(false);
  });

  for (const reboots of [false, true])
    test(`without the centre the oldest makes way, told by its numbers; alerts and the block before them stay${reboots ? ", whatever was acknowledged before boots" : ""}`, () => {
      const cells = blankDevice(6);
      let { journal } = boot(cells);
      let alert = 0;
      const told: [number, number][] = [];
      for (let i = 0; i < 400; i++) {
        const number = write(journal, i === 60 ? ALERT : INPUTS, body(i & 255));
        if (i === 60) alert = number;
        if (reboots && i % 23 === 0) journal = boot(cells).journal;
        for (const record of allRecords(journal, number)) if (record.kind === GAP) told.push(...gapIn(record));
      }
      const records = allRecords(journal);
      expect(records.find((r) => r.kind === ALERT)?.number).toBe(alert);
      const numbers = new Set(records.map((r) => r.number));
      for (let n = 1; n < journal.nextNumber; n++)
        expect([n, numbers.has(n) || told.some(([from, to]) => n >= from && n <= to)]).toEqual([n, true]);
      expect(told.length).toBeGreaterThan(3);
      expect(numbers.has(alert - 1)).toBe(true);
    });

  test("of nothing but alerts that the centre lacks refuses by name and keeps them all", () => {
    const cells = blankDevice(4);
    const { journal } = boot(cells);
    const owed: number[] = [];
    let refused = "";
    for (let i = 0; i < 300 && refused === ""; i++) {
      const appended = append(journal, ALERT, body(i & 255));
      if (appended.ok) owed.push(appended.number);
      else refused = appended.reason;
    }
    expect(refused).toBe("journal.full");
    const kept = allRecords(boot(cells).journal).filter((r) => r.kind === ALERT);
    expect(kept.map((r) => r.number)).toEqual(owed);
  });

  test("keeps the last block that it can have for an alert", () => {
    const { journal } = boot(blankDevice(6));
    let refused = "";
    for (let i = 0; refused === ""; i++) {
      const appended = append(journal, i % 20 === 0 ? ALERT : INPUTS, body(i & 255));
      if (!appended.ok) refused = appended.reason;
    }
    expect(refused).toBe("journal.full");
    for (let i = 0; i < 20; i++) write(journal, ALERT, body(i));
  });
});

function gapIn(record: JournalRecord): [number, number][] {
  const read = readGap(record.body);
  if (!read.ok) throw new Error(read.reason);
  return read.gap.spans.map(({ from, to }) => [from, to]);
}

test("blocks wear alike", () => {
  const { journal } = boot(blankDevice(10));
  for (let i = 0; i < 6_000; i++) {
    write(journal, INPUTS, body(i & 255, 200));
    acknowledge(journal, journal.nextNumber - 30, 0);
  }
  const erases = journal.blocks.map((b) => b.erases);
  expect(Math.max(...erases)).toBeGreaterThan(25);
  expect(Math.max(...erases) - Math.min(...erases)).toBeLessThanOrEqual(1);
});

test("damage costs the record that it struck and no other, be it where it may", () => {
  const cells = blankDevice(4);
  const { journal } = boot(cells);
  for (let i = 0; i < 80; i++) write(journal, i % 9 === 0 ? ALERT : INPUTS, body(i, 60 + (i % 40)));
  const before = allRecords(journal).map((r) => r.number);
  const random = seededRandom(5, "rot");
  const keys = epochKeys(40);
  for (let run = 0; run < 400; run++) {
    const rotted = { bulk: cells.bulk.slice(), onChip: cells.onChip.slice() };
    const at = Math.floor(random() * 2.2 * 4096);
    rotted.bulk[at] ^= 1 << Math.floor(random() * 8);
    const after = allRecords(boot(rotted).journal);
    expect([at, before.length - new Set(after.map((r) => r.number)).size <= 1]).toEqual([at, true]);
    expect(after.filter((r) => !isGenuine(r, keys))).toEqual([]);
  }
});

describe("a block that fails", () => {
  const failing = (cells: { bulk: Uint8Array }, from: number, to: number, how: "program" | "erase") => {
    const { journal } = boot(cells as { bulk: Uint8Array; onChip: Uint8Array });
    const flash = journal.flash;
    journal.flash = {
      sizeBytes: flash.sizeBytes,
      eraseBytes: flash.eraseBytes,
      read: (address, into, length) => flash.read(address, into, length),
      program: (address, bytes) => {
        if (how === "program" && address >= from && address < to)
          flash.program(
            address,
            bytes.map((b) => b | 0x10),
          );
        else flash.program(address, bytes);
      },
      erase: (address) => {
        if (how === "erase" && address >= from && address < to) return;
        flash.erase(address);
      },
    };
    return journal;
  };

  for (const how of ["program", "erase"] as const) {
    test(`to ${how} is passed over, and nothing is lost`, () => {
      const cells = blankDevice(6);
      if (how === "erase") cells.bulk.fill(0, 4096, 2 * 4096);
      const journal = failing(cells, 4096, 2 * 4096, how);
      const numbers: number[] = [];
      for (let i = 0; i < 100; i++) numbers.push(write(journal, INPUTS, body(i)));
      const there = new Set(allRecords(journal).map((r) => r.number));
      expect(numbers.filter((n) => !there.has(n))).toEqual([]);
      expect(journal.blocks[1].worn).toBe(true);
      expect(new Set(allRecords(boot(cells).journal).map((r) => r.number))).toEqual(there);
    });
  }

  test("in every block is said by name", () => {
    const journal = failing(blankDevice(4), 0, 4 * 4096, "program");
    expect(append(journal, INPUTS, body(0))).toEqual({ ok: false, reason: "journal.worn" });
  });
});

describe("a bulk flash that was put back to an old copy", () => {
  test("is noticed where an alert is missing, and no number is sealed twice in an epoch", () => {
    const cells = blankDevice(6);
    let { journal } = boot(cells);
    for (let i = 0; i < 20; i++) write(journal, INPUTS, body(i));
    const old = cells.bulk.slice();
    write(journal, ALERT, body(20), 1);
    write(journal, INPUTS, body(21));
    const sealed = new Set(allRecords(journal).map((r) => `${r.epoch}/${r.number}`));
    const next = journal.nextNumber;
    cells.bulk.set(old);
    const rebooted = boot(cells);
    journal = rebooted.journal;
    expect(rebooted.findings).toEqual(["journal.rewound"]);
    const number = write(journal, INPUTS, body(22));
    expect(number).toBeGreaterThanOrEqual(next - 1);
    const record = allRecords(journal).find((r) => r.number === number);
    expect(sealed.has(`${record?.epoch}/${number}`)).toBe(false);
    expect(journal.ratchet.alertSeq).toBe(1);
  });

  test("or wiped, or filled with another device's records, still boots and goes on", () => {
    const random = seededRandom(3, "wipe");
    for (const fill of [() => 0xff, () => 0, () => Math.floor(random() * 256)]) {
      const cells = blankDevice(4);
      const first = boot(cells).journal;
      for (let i = 0; i < 50; i++) write(first, i === 40 ? ALERT : INPUTS, body(i));
      cells.bulk.forEach((_, i) => {
        cells.bulk[i] = fill();
      });
      const { journal, findings } = boot(cells);
      expect(findings).toEqual(["journal.rewound"]);
      const number = write(journal, ALERT, body(1));
      expect(allRecords(journal).some((r) => r.number === number)).toBe(true);
    }
  });
});

test("a checkpoint that is too long for a reader is left out, and costs no record", () => {
  const cells = blankDevice(6);
  const { journal } = boot(cells);
  journal.checkpoint = () => new Uint8Array(BODY_MOST_BYTES + 1);
  for (let i = 0; i < 40; i++) expect(write(journal, INPUTS, new Uint8Array(200).fill(i))).toBeGreaterThan(0);
  const records = allRecords(boot(cells).journal);
  expect(records.filter(({ kind }) => kind === CHECKPOINT)).toEqual([]);
  expect(records.length).toBe(40);
});
