import { beforeAll, expect, test } from "vitest";
import { recordRide } from "../../host/evidence/ride.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ALERT, CHECKPOINT, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { differingFields } from "../../simulator/replay/checkpoint.ts";
import { compareRuns, hexOf, type JobOrder, replayJournal, segmentsOf } from "../../simulator/replay/journal-replay.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replayDoor } from "../../simulator/replay/replayer.ts";
import { makePath } from "../../simulator/world/path.ts";
import { sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { syntheticDay } from "../bench/replay.ts";
import { orderOf } from "../samples.ts";

const SEED = 7;
let records: JournalRecord[];
let orders: JobOrder[];

beforeAll(() => {
  const trace = syntheticDay(86_400, SEED);
  const order = orderOf(layZones(makePath(trace), SEED));
  records = recordRide(trace, order, SEED);
  const crypto = createNodeCrypto();
  const { payload, pack } = sealSimulatedOrder(order, 1, crypto, SEED);
  orders = [{ payload: hexOf(payload), hash: hexOf(crypto.sha256(payload).slice(0, 16)), pack: hexOf(pack) }];
});

test("a day's journal, run again from its start, gives every alert and every checkpoint to the byte", () => {
  const run = replayJournal(records, orders, replayDoor);
  expect(run).toMatchObject({ segments: 1, gaps: [], differences: [], refusals: [] });
  expect(run.alerts).toBe(records.filter(({ kind }) => kind === ALERT).length);
  // The first record is a checkpoint, of nothing yet: there it begins.
  expect(run.checkpoints).toBe(records.slice(1).filter(({ kind }) => kind === CHECKPOINT).length);
  expect(run.alerts).toBeGreaterThan(10);
  expect(run.checkpoints).toBeGreaterThan(1);
});

test("from every checkpoint on it gives the same", () => {
  for (const [i, { kind }] of records.entries()) {
    if (kind !== CHECKPOINT) continue;
    const run = replayJournal(records.slice(i), orders, replayDoor);
    expect(run, `checkpoint ${records[i].number}`).toMatchObject({ segments: 1, differences: [], refusals: [] });
  }
});

test("at a gap it stops, names the gap, and begins anew at the next checkpoint", () => {
  const first = records.findIndex(({ kind }) => kind === CHECKPOINT);
  const second = records.findIndex(({ kind }, i) => i > first && kind === CHECKPOINT);
  const lost = records[first + 3].number;
  const run = replayJournal(
    records.filter(({ number }) => number !== lost),
    orders,
    replayDoor,
  );
  expect(run.differences).toEqual([]);
  expect(run.segments).toBe(2);
  expect(run.gaps).toEqual([
    { from: lost, to: lost, reason: "missing" },
    { from: lost + 1, to: records[second].number - 1, reason: "no-start" },
  ]);
});

test("an alert that the inputs do not bring, one that was taken out, and one that was changed are named", () => {
  const at = records.findIndex(({ kind }) => kind === ALERT);
  const changed = records.map((record, i) =>
    i === at ? { ...record, body: Uint8Array.from(record.body, (byte, k) => (k === 3 ? byte ^ 1 : byte)) } : record,
  );
  expect(replayJournal(changed, orders, replayDoor).differences[0]).toMatchObject({
    number: records[at].number,
    what: "other",
  });
  const renumbered = records.filter((_, i) => i !== at).map((record, i) => ({ ...record, number: i + 1 }));
  expect(replayJournal(renumbered, orders, replayDoor).differences[0]).toBeDefined();
  const made = [...records.slice(0, at), records[at], ...records.slice(at)].map((r, i) => ({ ...r, number: i + 1 }));
  expect(replayJournal(made, orders, replayDoor).differences[0]).toBeDefined();
});

test("a checkpoint that differs is named by what differs in it", () => {
  const marks = records.filter(({ kind }) => kind === CHECKPOINT).map(({ body }) => body);
  expect(differingFields(marks[1], marks[1])).toEqual([]);
  expect(differingFields(marks[1], marks[2])).toEqual(expect.arrayContaining(["gate"]));
  expect(differingFields(marks[1], Uint8Array.of(1))).toEqual(["format"]);
});

test("without its order, or with inputs that cannot be read, it stops there and says so", () => {
  expect(replayJournal(records, [], replayDoor).refusals).toMatchObject([{ reason: "replay.no-order" }]);
  const at = records.findIndex(({ kind }, i) => i > 10 && kind === INPUTS);
  const broken = records.map((record, i) => (i === at ? { ...record, body: Uint8Array.of(1, 2, 250) } : record));
  expect(replayJournal(broken, orders, replayDoor).refusals).toMatchObject([{ number: records[at].number }]);
});

test("records before the first checkpoint or boot are not run, and are named", () => {
  const some = records.slice(2, 6).filter(({ kind }) => kind !== CHECKPOINT);
  const { segments, gaps } = segmentsOf(some);
  expect(segments).toEqual([]);
  expect(gaps[0].reason).toBe("no-start");
  expect(compareRuns([], gaps, []).records).toBe(0);
});
