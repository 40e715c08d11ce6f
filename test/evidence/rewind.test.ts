import { expect, test } from "vitest";
import { accountLines, accountOf } from "../../host/cli/evidence-text.ts";
import { keysForRecords } from "../../host/evidence/chain.ts";
import { evidenceJson } from "../../host/evidence/json.ts";
import { sealBundle } from "../../host/evidence/make.ts";
import { type Verification, verifyBundle } from "../../host/evidence/verify.ts";
import type { Bundle } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readJournalFile, writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { chainOf, examine } from "../../protocol/journal/examine.ts";
import { inWrittenOrder, nameOfRecord } from "../../protocol/journal/order.ts";
import { ALERT, INPUTS } from "../../protocol/journal/record.ts";
import { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { allRecords, blankDevice, boot, JOURNAL_KEY, write } from "../journal/device.ts";
import { sampleInputs } from "../journal/samples.ts";
import { orderOf } from "../samples.ts";
import { circleAt, START_MS } from "../simulator/walks.ts";
import { commute, MINUTE_MS, putOn } from "../world/story.ts";
import { DEVICE, fakeArchive, fakeBundle, fakeRecords, journalKeyOf, KEYS, keyOf, sealedAs } from "./fake-device.ts";
import { crypto } from "./small.ts";

const stepOf = ({ steps }: Verification, name: string) => steps.find(({ step }) => step === name)!;
const names = (records: SealedRecord[]) => records.map(nameOfRecord);
const wordsOf = (result: Verification, lang: "en" | "ja") =>
  accountLines(accountOf(result, "bundle.cbor", lang), lang).join("\n");

/** What a device wrote, the last `lost` of it twice: its flash was put back, and it counted on from there in a later epoch. */
function rewound(records: SealedRecord[], lost = 8): SealedRecord[] {
  const last = records[records.length - 1].epoch;
  const again = records.slice(-lost).map((record) => ({ ...record, epoch: record.epoch + last + 1 }));
  return [...records, ...sealedAs(again)];
}

test("a device whose flash was put back uses numbers again in a later epoch, and its journal file keeps both in order", () => {
  const cells = blankDevice(8);
  const first = boot(cells);
  for (let i = 0; i < 20; i++) write(first.journal, i % 7 === 0 ? ALERT : INPUTS, sampleInputs(i), i);
  const before = cells.bulk.slice();
  for (let i = 0; i < 4; i++) write(first.journal, INPUTS, sampleInputs(i), i);
  const lost = allRecords(first.journal);
  cells.bulk.set(before);
  const second = boot(cells);
  for (let i = 0; i < 9; i++) write(second.journal, i % 5 === 4 ? ALERT : INPUTS, sampleInputs(40 + i), 30 + i);
  const now = allRecords(second.journal);
  const twice = now.filter(({ number, epoch }) => lost.some((one) => one.number === number && one.epoch !== epoch));
  expect(twice.length).toBeGreaterThan(0);

  const read = readJournalFile(writeRecordFile([...now, ...lost].reverse()), "both");
  expect(new Set(names(read))).toEqual(new Set(names([...lost, ...now])));
  expect(names(read)).toEqual(names([...read].sort((a, b) => a.epoch - b.epoch || a.number - b.number)));
  const chain = chainOf(crypto, JOURNAL_KEY, new Set(read.map(({ epoch }) => epoch)));
  const examined = examine(crypto, read, [chain]);
  expect(examined).toMatchObject({ others: [], late: [], holes: [], reused: twice.map(({ number }) => number) });
});

test("two different records of one number in one epoch are refused, and named", () => {
  const records = fakeRecords(20);
  const forged = [...records, { ...records[3], body: Uint8Array.of(9) }];
  expect(() => readJournalFile(writeRecordFile(forged), "f")).toThrow(/journal\.two-of-one/);
});

test("records stand as they were written, whether numbers were used again or a new key began epochs anew", () => {
  const run = (epoch: number, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({ epoch, number: from + i }));
  const stories = [
    [...run(1, 1, 5), ...run(2, 6, 9)],
    [...run(7, 90, 110), ...run(8, 95, 99), ...run(9, 100, 120), ...run(10, 104, 130)],
    [...run(1, 1, 5), ...run(2, 6, 9), ...run(1, 10, 12), ...run(2, 13, 20), ...run(3, 15, 25)],
    [...run(300, 1, 5), ...run(301, 6, 9), ...run(1, 10, 12), ...run(2, 13, 20)],
    // Of the earlier ones the alert alone had been sent.
    [...run(7, 90, 94), ...run(7, 100, 100), ...run(8, 95, 110)],
  ];
  for (const story of stories) expect(inWrittenOrder([...story].reverse())).toEqual(story);
});

test("the archive takes both in, and shows them in the order in which they were written", () => {
  const records = rewound(fakeRecords(20));
  const { archive } = fakeArchive(records);
  expect(names(archive.of(DEVICE).map(({ content }) => content!.record))).toEqual(names(records));
  expect(archive.take(DEVICE, "R8-17", records, 1)).toBe(0);
  archive.close();
});

test("a bundle of both is genuine, loses nothing, and says that numbers were used again, and who came first", async () => {
  const { bundle, file, records } = fakeBundle({ change: (all) => rewound(all) });
  expect(bundle.records.length).toBe(records.length);
  const result = await verifyBundle(file, { keys: KEYS });
  expect(stepOf(result, "chain")).toMatchObject({ outcome: "passed", code: "evidence.chain-fits-rewound" });
  expect(stepOf(result, "tree").outcome).toBe("passed");
  expect(result.facts).toMatchObject({ gaps: [], rewinds: [{ from: 62, to: 69, isProven: true }] });
  expect(result.facts!.alerts.length).toBe(7);
  expect(wordsOf(result, "en")).toMatch(/Numbers used again: 62 to 69 stand in epoch 5[\s\S]*is witnessed/);
  expect(wordsOf(result, "en")).toMatch(/\[record 69 of epoch 5\][\s\S]*\[record 69 of epoch 11\]/);
  expect(wordsOf(result, "ja")).toContain("番号の使い直し");
  expect(evidenceJson(result).findings).toMatchObject([{ code: "evidence.numbers-reused", from: 62, to: 69 }]);
});

test("where no head shows which of two came first, that is not proven", async () => {
  const { file } = fakeBundle({ change: (all) => rewound(all), unsent: 12 });
  const result = await verifyBundle(file, { keys: KEYS, noReplay: true });
  expect(stepOf(result, "chain")).toMatchObject({ outcome: "not-done", code: "evidence.order-unproven" });
  expect(result.outcome).toBe("unproven");
  expect(wordsOf(result, "en")).toContain("is not witnessed");
});

/** Two journal keys, one after the other: epochs begin anew, numbers go on. */
const rotated = (records: SealedRecord[]): SealedRecord[] => {
  const half = records.findIndex(({ epoch }) => epoch === 3);
  const { epoch } = records[half];
  return [
    ...records.slice(0, half),
    ...sealedAs(
      records.slice(half).map((record) => ({ ...record, epoch: record.epoch - epoch + 1 })),
      2,
    ),
  ];
};

test("each record has the key that opens it, though a new journal key began epochs anew", async () => {
  const { bundle, file, records } = fakeBundle({ change: rotated, generations: 3 });
  expect(bundle.keys.map(({ generation, epoch }) => [generation, epoch])).toEqual([
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
    [2, 3],
  ]);
  expect(bundle.records.map((item) => (item.shown ? item.record : undefined))).toEqual(records);
  const result = await verifyBundle(file, { keys: KEYS });
  expect(result.outcome).toBe("genuine");
  expect(result.facts).toMatchObject({ gaps: [], rewinds: [] });
  const { keys, generations } = keysForRecords(crypto, records, 2, journalKeyOf);
  expect([keys.length, generations.size]).toEqual([6, records.length]);
});

test("what an older journal key sealed after a newer one had begun is found", async () => {
  const resigned = (bundle: Bundle) => sealBundle(bundle, keyOf("heads"));
  const forge = (all: SealedRecord[]) => {
    const records = rotated(all);
    const number = records[records.length - 1].number + 1;
    return [...records, ...sealedAs([{ ...all[1], number, epoch: 2 }], 1)];
  };
  const { bundle } = fakeBundle({ change: forge, generations: 2 });
  const verify = async (b: Bundle) => stepOf(await verifyBundle(resigned(b), { keys: KEYS, noReplay: true }), "chain");
  // By its epoch it stands before the newer key's first record, by its number behind it.
  expect(await verify(bundle)).toMatchObject({ outcome: "failed", code: "evidence.old-generation" });
  const at = bundle.records.findIndex((item) => item.shown && item.record.epoch === 2 && item.record.number > 60);
  const moved = structuredClone(bundle);
  moved.records.push(...moved.records.splice(at, 1));
  expect(await verify(moved)).toMatchObject({ outcome: "failed", code: "evidence.old-generation" });
});

test("records that no key seals are refused with their numbers, or left out and named", async () => {
  const forge = (records: SealedRecord[]) =>
    records.map((record, i) => (i === 4 || i === 5 || i === 9 ? { ...record, tag: new Uint8Array(8) } : record));
  expect(() => fakeBundle({ change: forge })).toThrow(
    expect.objectContaining({ code: "evidence.unsealed", params: { device: DEVICE, n: 3, numbers: "5–6, 10" } }),
  );
  const left: number[] = [];
  const { file } = fakeBundle({
    change: forge,
    leaveOut: (records) => left.push(...records.map(({ number }) => number)),
  });
  expect(left).toEqual([5, 6, 10]);
  const result = await verifyBundle(file, { keys: KEYS });
  expect(stepOf(result, "chain").outcome).toBe("passed");
  expect(result.facts!.gaps).toMatchObject([
    { from: 5, to: 6 },
    { from: 10, to: 10 },
  ]);
});

test("the centre of a bracelet whose flash was put back keeps both records of a number", () => {
  const world = new BraceletWorld({
    path: commute(3),
    order: orderOf([circleAt("school", 1_500, 300)]),
    seed: 5,
    receiver: "realistic",
  });
  world.at(START_MS + MINUTE_MS, putOn);
  let bulk: Uint8Array | undefined;
  world.at(START_MS + 60 * MINUTE_MS, (w) => {
    bulk = w.cells.bulk.slice();
  });
  // Receipts end no epoch.
  for (const minute of [61, 62, 63, 64])
    world.at(START_MS + minute * MINUTE_MS, (w) => {
      w.centre.tell("locate");
    });
  world.at(START_MS + 66 * MINUTE_MS, (w) => {
    w.cells.bulk.set(bulk!);
    w.reboot();
  });
  world.run(START_MS + 150 * MINUTE_MS);
  const kept = [...world.centre.records.values()].map(({ record }) => record);
  expect(world.centre.faults).toEqual([]);
  expect(new Set(kept.map(({ number }) => number)).size).toBeLessThan(kept.length);
  expect(new Set(names(kept)).size).toBe(kept.length);
});
