import fc from "fast-check";
import { expect, test } from "vitest";
import { appendRecord, crc16, openJournal, RECORD_LIMIT_BYTES, readJournal } from "../../firmware/journal/append.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";

const SIZE = 16 * 4096;

/** Loses power after a number of programmed bytes: the write under way is cut in the middle. */
function cutAfter(flash: Flash, bytes: number): Flash {
  let left = bytes;
  return {
    ...flash,
    program(address, data) {
      const part = data.subarray(0, Math.max(0, left));
      left -= data.length;
      if (part.length > 0) flash.program(address, part);
      if (part.length < data.length) throw new Error("power lost");
    },
  };
}

function contents(flash: Flash): number[][] {
  const records: number[][] = [];
  readJournal(openJournal(flash, 0, SIZE), (record, length) => records.push([...record.subarray(0, length)]));
  return records;
}

const records = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 12 });

test("what is appended is read back in order, across reopening", () => {
  fc.assert(
    fc.property(records, (written) => {
      const flash = createFlash(SIZE);
      for (const record of written) expect(appendRecord(openJournal(flash, 0, SIZE), record)).toEqual({ ok: true });
      expect(contents(flash)).toEqual(written.map((r) => [...r]));
    }),
    { numRuns: 50 },
  );
});

test("power lost at any byte loses no finished record, believes no half one, and the next append holds", () => {
  const written = [Uint8Array.of(1, 2, 3), new Uint8Array(40).fill(7), Uint8Array.of(9)];
  const total = written.reduce((sum, r) => sum + r.length + 4, 0);
  for (let cut = 0; cut <= total; cut++) {
    const flash = createFlash(SIZE);
    const journal = openJournal(cutAfter(flash, cut), 0, SIZE);
    let finished = 0;
    try {
      for (const record of written) {
        appendRecord(journal, record);
        finished += 1;
      }
    } catch (error) {
      expect((error as Error).message).toBe("power lost");
    }
    const after = openJournal(flash, 0, SIZE);
    expect(appendRecord(after, Uint8Array.of(42))).toEqual({ ok: true });
    const found = contents(flash);
    expect(found.slice(0, finished)).toEqual(written.slice(0, finished).map((r) => [...r]));
    expect(found.at(-1)).toEqual([42]);
    expect(found.length).toBeLessThanOrEqual(finished + 2);
  }
});

test("a full area and an oversized record are refused by name", () => {
  const flash = createFlash(4096);
  const journal = openJournal(flash, 0, 4096);
  expect(appendRecord(journal, new Uint8Array(RECORD_LIMIT_BYTES + 1))).toEqual({
    ok: false,
    reason: "journal.too-long",
  });
  let refused = "";
  for (let i = 0; i < 10 && refused === ""; i++) {
    const appended = appendRecord(journal, new Uint8Array(500).fill(i));
    if (!appended.ok) refused = appended.reason;
  }
  expect(refused).toBe("journal.full");
});

test("the check is CRC-16/XMODEM", () => {
  expect(crc16(new TextEncoder().encode("123456789"), 9)).toBe(0x31c3);
});
