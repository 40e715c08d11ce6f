import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openArchive } from "../../host/evidence/received.ts";
import { openOrderKeys } from "../../host/evidence/retention.ts";
import { leafOf, showParts } from "../../protocol/evidence/commitment.ts";
import { readJournalFile, writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { BLOCK_HEAD_BYTES, writeBlockHead } from "../../protocol/journal/block.ts";
import { frameRecord } from "../../protocol/journal/record.ts";
import { DEVICE, fakeArchive, fakeRecords, keyOf, ORDER_ID } from "./fake-device.ts";
import { crypto } from "./small.ts";

const reopen = (folder: string) => openArchive(folder, { log: "test", key: keyOf("heads") });
const DAY_MS = 86_400_000;

test("what was received is there again, with its leaf, and a second copy changes nothing", () => {
  const records = fakeRecords(20);
  const { archive, folder } = fakeArchive(records);
  expect(archive.take(DEVICE, ORDER_ID, records, 1)).toBe(0);
  archive.close();
  const again = reopen(folder);
  const received = again.of(DEVICE);
  expect(received.map(({ content }) => content!.record)).toEqual(records);
  for (const { content, leaf } of received)
    expect(again.witness.leafAt(leaf)).toEqual(leafOf(crypto, showParts(crypto, content!.record, content!.salt)));
  again.close();
});

test("nothing of a record can be read in the files, and a changed one is refused", () => {
  const records = fakeRecords(20);
  const { archive, folder } = fakeArchive(records);
  archive.close();
  const file = path.join(folder, "received");
  const bytes = readFileSync(file);
  const body = Buffer.from(records.find(({ kind }) => kind === 2)!.body);
  expect(bytes.includes(body.subarray(8, 20))).toBe(false);
  const frame = bytes.readUInt32BE(0) + 8;
  expect(() => {
    const changed = Buffer.from(bytes);
    changed[frame - 3] ^= 1;
    writeFileSync(file, changed);
    reopen(folder);
  }).toThrow(/witness\.damaged/);
});

test("an unfinished end is set aside, and what it lost is taken in anew", () => {
  const records = fakeRecords(20);
  const { archive, folder } = fakeArchive(records);
  archive.close();
  const file = path.join(folder, "received");
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, bytes.length - 5));
  const again = reopen(folder);
  expect(again.of(DEVICE).length).toBe(records.length - 1);
  expect(readFileSync(`${file}.torn`).length).toBeGreaterThan(5);
  expect(again.take(DEVICE, ORDER_ID, records, 9)).toBe(1);
  expect(again.of(DEVICE).map(({ content }) => content!.record)).toEqual(records);
  again.close();
});

test("at the end of retention the key goes, the records with it, and the leaves stay", () => {
  const { archive, folder } = fakeArchive(fakeRecords(20));
  const size = archive.witness.size;
  const secret = readFileSync(path.join(folder, "order-keys"), "utf8");
  archive.keys.endOn(ORDER_ID, 0, 30);
  expect(archive.keys.shred(29 * DAY_MS)).toEqual([]);
  archive.keys.hold(ORDER_ID, 60 * DAY_MS, "appeal", DAY_MS);
  expect(archive.keys.shred(31 * DAY_MS)).toEqual([]);
  expect(archive.keys.status(31 * DAY_MS)).toMatchObject([{ order: ORDER_ID, state: "held", reason: "appeal" }]);
  expect(() => archive.keys.hold(ORDER_ID, 50 * DAY_MS, "sooner", DAY_MS)).toThrow(/hold-shortened/);
  expect(archive.keys.shred(61 * DAY_MS)).toEqual([ORDER_ID]);
  archive.close();
  const again = reopen(folder);
  expect(again.of(DEVICE).every(({ content }) => content === undefined)).toBe(true);
  expect(again.witness.size).toBe(size);
  expect(again.witness.heads().length).toBeGreaterThan(0);
  expect(() => again.take(DEVICE, ORDER_ID, [{ ...fakeRecords(1)[0], number: 999 }], 1)).toThrow(/already-shredded/);
  again.close();
  const key = /"key": "([0-9a-f]{64})"/.exec(secret)![1];
  expect(readFileSync(path.join(folder, "order-keys"), "utf8")).not.toContain(key);
});

test("a hold needs a reason, and is lifted with one", () => {
  const keys = openOrderKeys(path.join(mkdtempSync(path.join(tmpdir(), "omamori-keys-")), "order-keys"));
  expect(() => keys.hold("A", 1, "x", 0)).toThrow(/no-such-order/);
  keys.keyOf("A");
  expect(() => keys.hold("A", 5, " ", 0)).toThrow(/no-reason/);
  keys.hold("A", 5, "case 1", 0);
  keys.hold("A", undefined, "case closed", 1);
  expect(keys.status(2)).toMatchObject([{ state: "kept", heldUntilMs: undefined }]);
});

test("a journal is read as records one after another, and as the ring that the flash holds", () => {
  const records = fakeRecords(30);
  expect(readJournalFile(writeRecordFile(records), "f")).toEqual(records);
  const ring = new Uint8Array(3 * 4096).fill(0xff);
  // Written round: the newest block lies first.
  const blocks = [records.slice(20), undefined, records.slice(0, 20)];
  for (const [i, own] of blocks.entries()) {
    if (own === undefined) continue;
    ring.set(writeBlockHead({ ...own[0], sequence: 3 - i, erases: 1 }), 4096 * i);
    let at = 4096 * i + BLOCK_HEAD_BYTES;
    for (const record of own) {
      const frame = frameRecord(record);
      ring.set(frame, at);
      at += frame.length;
    }
  }
  expect(readJournalFile(ring, "f")).toEqual(records);
  const damaged = Uint8Array.from(ring);
  damaged[2 * 4096 + BLOCK_HEAD_BYTES + 12] ^= 1;
  expect(readJournalFile(damaged, "f").map(({ number }) => number)).toEqual(
    records.slice(1).map(({ number }) => number),
  );
  expect(() => readJournalFile(new Uint8Array(9000), "f")).toThrow(/journal\.unknown-file/);
  const twice = [...records, { ...records[3], body: Uint8Array.of(9) }];
  expect(() => readJournalFile(writeRecordFile(twice), "f")).toThrow(/journal\.two-of-one/);
});
