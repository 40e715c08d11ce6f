import fc from "fast-check";
import { expect, test } from "vitest";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import {
  appendRecord,
  HEADER_BYTES,
  type Journal,
  openJournal,
  RECORD_LIMIT_BYTES,
  readJournal,
} from "../../firmware/journal/append.ts";
import { ALERT_RECORD, lastAlertSeq, REFUSED_RECORD, recordAlert, recordFix } from "../../firmware/journal/record.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import { type Alert, decode } from "../../protocol/index.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";

const BLOCK = 4096;
const SIZE = 16 * BLOCK;

/** Loses power after a number of programmed bytes: the write under way is cut in the middle. */
function cutAfter(flash: Flash, bytes: number): Flash {
  let left = bytes;
  return {
    ...flash,
    program(address, data) {
      const part = data.subarray(0, Math.max(0, left));
      left -= data.length;
      if (part.length > 0) flash.program(address, part);
      if (left <= 0) throw new Error("power lost");
    },
  };
}

function contents(flash: Flash, size = SIZE): string[] {
  const found: string[] = [];
  readJournal(openJournal(flash, 0, size), (record, length) => found.push(hexOf(record.subarray(0, length))));
  return found;
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Appends until power goes or the area is full. Which were acknowledged, and which was under way. */
function fill(journal: Journal, records: Uint8Array[]): { kept: string[]; torn: string | undefined } {
  const kept: string[] = [];
  for (const record of records) {
    try {
      if (appendRecord(journal, record).ok) kept.push(hexOf(record));
    } catch (error) {
      expect((error as Error).message).toBe("power lost");
      return { kept, torn: hexOf(record) };
    }
  }
  return { kept, torn: undefined };
}

/** Records of all lengths, and some that end in what erased flash looks like. */
function someRecords(seed: number, count: number, longest: number): Uint8Array[] {
  const random = seededRandom(seed, "journal");
  return Array.from({ length: count }, (_, n) => {
    const record = Uint8Array.from({ length: 1 + Math.floor(random() * longest) }, () => Math.floor(random() * 256));
    if (n % 3 === 0) record.fill(0xff, Math.floor(record.length / 2));
    if (n % 7 === 0) record.fill(0xff);
    return record;
  });
}

test("what is appended is read back in order, across reopening", () => {
  const records = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(records, (written) => {
      const flash = createFlash(SIZE);
      for (const record of written) expect(appendRecord(openJournal(flash, 0, SIZE), record)).toEqual({ ok: true });
      expect(contents(flash)).toEqual(written.map(hexOf));
    }),
    { numRuns: 50 },
  );
});

test("records of all lengths fill the area to its end and none straddles an erase block", () => {
  const flash = createFlash(SIZE);
  const journal = openJournal(flash, 0, SIZE);
  const { kept } = fill(journal, someRecords(1, 1000, 400));
  expect(contents(flash)).toEqual(kept);
  expect(appendRecord(openJournal(flash, 0, SIZE), new Uint8Array(RECORD_LIMIT_BYTES))).toEqual({
    ok: false,
    reason: "journal.full",
  });
  readJournal(journal, (_, length, endAddress) => {
    expect(Math.floor((endAddress - 1) / BLOCK)).toBe(Math.floor((endAddress - length - HEADER_BYTES) / BLOCK));
  });
});

/** Every byte of the small area, and the records that bring it to the brink. */
const BRINK_BLOCK = 256;
const BRINK_SIZE = 2 * BRINK_BLOCK;

test("power lost at every byte up to a full area: nothing acknowledged is lost, no half is believed, the next append holds or says why", () => {
  const written = someRecords(2, 60, 40);
  const total = written.reduce((sum, r) => sum + r.length + HEADER_BYTES, 0);
  let held = 0;
  let full = 0;
  for (let cut = 0; cut <= Math.min(total, 2 * BRINK_SIZE); cut++) {
    const flash = createFlash(BRINK_SIZE, BRINK_BLOCK);
    const { kept, torn } = fill(openJournal(cutAfter(flash, cut), 0, BRINK_SIZE), written);
    const after = openJournal(flash, 0, BRINK_SIZE);
    const before = contents(flash, BRINK_SIZE);
    // Power may go after the last byte and before the answer: then the record stands, and nobody was told.
    expect([kept, [...kept, torn]], `cut ${cut}`).toContainEqual(before);
    const appended = appendRecord(after, Uint8Array.of(42, 42, 42));
    expect(contents(flash, BRINK_SIZE), `cut ${cut}`).toEqual(appended.ok ? [...before, "2a2a2a"] : before);
    if (appended.ok) held += 1;
    else {
      expect(appended.reason).toBe("journal.full");
      full += 1;
    }
  }
  expect(held).toBeGreaterThan(100);
  expect(full).toBeGreaterThan(100);
});

test("power lost again and again in the same place wears out the room, not the journal", () => {
  const flash = createFlash(BRINK_SIZE, BRINK_BLOCK);
  const kept: string[] = [];
  for (let boot = 0; boot < 30; boot++) {
    const record = Uint8Array.of(boot, 1, 2, 3);
    fill(openJournal(cutAfter(flash, boot % 11), 0, BRINK_SIZE), [new Uint8Array(6).fill(boot)]);
    if (appendRecord(openJournal(flash, 0, BRINK_SIZE), record).ok) kept.push(hexOf(record));
    expect(contents(flash, BRINK_SIZE).filter((r) => r.length === 8)).toEqual(kept);
  }
  expect(kept.length).toBeGreaterThan(15);
});

test("one flipped bit anywhere costs the record it struck and no other", () => {
  const flash = createFlash(BLOCK, 1024);
  const { kept } = fill(openJournal(flash, 0, BLOCK), someRecords(3, 80, 30));
  const ends: number[] = [];
  readJournal(openJournal(flash, 0, BLOCK), (_, __, endAddress) => ends.push(endAddress));
  for (let bit = 0; bit < 8 * (ends.at(-1) as number); bit++) {
    const flipped: Flash = {
      ...flash,
      read(address, into, length) {
        flash.read(address, into, length);
        const at = (bit >> 3) - address;
        if (at >= 0 && at < length) into[at] ^= 1 << (bit & 7);
      },
    };
    const struck = ends.findIndex((end) => bit >> 3 < end);
    const isInRecord = bit >> 3 >= ends[struck] - HEADER_BYTES - kept[struck].length / 2;
    expect(contents(flipped, BLOCK), `bit ${bit}`).toEqual(kept.filter((_, i) => i !== struck || !isInRecord));
  }
});

test("of a thousand records the first one's damage loses one", () => {
  const flash = createFlash(SIZE);
  const { kept } = fill(
    openJournal(flash, 0, SIZE),
    Array.from({ length: 1000 }, (_, i) => Uint8Array.of(i & 255, i >> 8, 1, 2, 3, 4, 5, 6, 7, 8)),
  );
  expect(kept.length).toBe(1000);
  flash.program(0, Uint8Array.of(0));
  expect(contents(flash)).toEqual(kept.slice(1));
});

test("a cell that does not take is noticed, and the record goes to the next block", () => {
  const flash = createFlash(BRINK_SIZE, BRINK_BLOCK);
  const stuck: Flash = {
    ...flash,
    program: (address, bytes) => flash.program(address, address === HEADER_BYTES ? bytes.map((b) => b & 0xfe) : bytes),
  };
  const journal = openJournal(stuck, 0, BRINK_SIZE);
  expect(appendRecord(journal, Uint8Array.of(1, 3, 5))).toEqual({ ok: true });
  expect(contents(flash, BRINK_SIZE)).toEqual(["010305"]);
  const dead: Flash = { ...flash, program: () => {} };
  expect(appendRecord(openJournal(dead, 0, BRINK_SIZE), Uint8Array.of(9))).toEqual({
    ok: false,
    reason: "journal.worn",
  });
});

test("a full area and a record of no good length are refused by name, and nothing is overwritten", () => {
  const flash = createFlash(BLOCK);
  const journal = openJournal(flash, 0, BLOCK);
  for (const length of [0, RECORD_LIMIT_BYTES + 1])
    expect(appendRecord(journal, new Uint8Array(length))).toEqual({ ok: false, reason: "journal.bad-length" });
  for (let i = 0; i < 8; i++) expect(appendRecord(journal, new Uint8Array(500).fill(i))).toEqual({ ok: true });
  const before = contents(flash, BLOCK);
  expect(before.length).toBe(8);
  const silent: Flash = { ...flash, program: () => expect.unreachable("programmed a full journal") };
  for (const opened of [{ ...journal, flash: silent }, openJournal(silent, 0, BLOCK)])
    expect(
      appendRecord(
        opened,
        Uint8Array.from({ length: 50 }, () => 9),
      ),
    ).toEqual({ ok: false, reason: "journal.full" });
  expect(contents(flash, BLOCK)).toEqual(before);
});

const ALERT: Alert = {
  seq: 1,
  atMs: 1_700_000_000_000,
  about: "location-lost",
  zone: undefined,
  state: undefined,
  sinceMs: 1_700_000_000_000,
  fix: undefined,
  signedMm: undefined,
};
const FIX = {
  timeMs: 1_700_000_000_000,
  latE7: 1,
  lonE7: 2,
  dimensions: 3,
  hAccMm: 3000,
  speedMmps: undefined,
  courseCdeg: undefined,
  satellites: undefined,
};

/** The records that the machine would have appended. */
function recordsOf(run: (effects: Effect[]) => void): Uint8Array[] {
  const effects: Effect[] = [];
  run(effects);
  return effects.flatMap((effect) => (effect.kind === "journal.append" ? [effect.record] : []));
}

test("after a reboot the alerts' numbers go on from the last one in the journal", () => {
  const flash = createFlash(SIZE);
  expect(lastAlertSeq(openJournal(flash, 0, SIZE))).toBe(0);
  const append = (run: (effects: Effect[]) => void) => fill(openJournal(flash, 0, SIZE), recordsOf(run)).kept.length;
  append((effects) => recordFix(FIX, effects));
  expect(lastAlertSeq(openJournal(flash, 0, SIZE))).toBe(0);
  append((effects) => {
    for (const seq of [1, 2, 300, 70_000]) recordAlert({ ...ALERT, seq }, effects);
  });
  expect(lastAlertSeq(openJournal(flash, 0, SIZE))).toBe(70_000);
  // Days of fixes lie between, in other blocks.
  const fixes = append((effects) => {
    for (let i = 0; i < 800; i++) recordFix(FIX, effects);
  });
  expect(fixes).toBe(800);
  expect(lastAlertSeq(openJournal(flash, 0, SIZE))).toBe(70_000);
});

test("a message that the schema forbids leaves a record of the refusal, not half of itself", () => {
  const [fix, alert] = recordsOf((effects) => {
    recordFix({ ...FIX, latE7: 1.5 }, effects);
    recordAlert({ ...ALERT, about: "zone" }, effects);
  });
  expect(decode(fix)).toEqual([REFUSED_RECORD, [1, "cbor.not-integer", expect.any(Number)]]);
  expect(decode(alert)).toEqual([REFUSED_RECORD, [ALERT_RECORD, "message.missing-field", 2]]);
});
