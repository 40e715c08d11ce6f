import { expect, test } from "vitest";
import { readArrayCount, readBytesBetween, readIntBetween, readTextBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { BOOT, ORDER } from "../../protocol/journal/record.ts";
import { type ReplayRecord, replayJournal } from "../../simulator/replay/journal-replay.ts";
import { replayDoor } from "../../simulator/replay/replayer.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { type SimulatedOrder, sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";
import { atRest, MINUTE_MS, NEXT, ours, putOn, SCHOOL, START_MS } from "./story.ts";

const crypto = createNodeCrypto();
const hashOf = ({ payload }: SimulatedOrder) => crypto.sha256(payload).slice(0, 16);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const jobOrder = (order: SimulatedOrder, hash = hashOf(order)) => ({
  payload: hex(order.payload),
  hash: hex(hash),
  pack: hex(order.pack),
});

function recordsIn(world: BraceletWorld): ReplayRecord[] {
  return [...world.centre.records.values()].map(({ record }) => record).sort((a, b) => a.number - b.number);
}

function ordersIn(world: BraceletWorld) {
  return recordsIn(world).flatMap(({ kind, body }) => {
    if (kind !== ORDER) return [];
    const reader = createReader(body, 0, true);
    readArrayCount(reader, 3, 3);
    const counter = readIntBetween(reader, 0, 99);
    return [[counter, hex(readBytesBetween(reader, 16, 16)), readTextBetween(reader, 1, 64)]];
  });
}

test("the journal names each order that is put in force, refused or ended: counter, hash, and why", () => {
  const second = sealSimulatedOrder(orderOf([NEXT]), 2, crypto, 1);
  const again = sealSimulatedOrder(orderOf([SCHOOL]), 2, crypto, 1);
  const third = sealSimulatedOrder(orderOf([NEXT], { toMs: START_MS + 30 * MINUTE_MS }), 3, crypto, 1);
  const world = ours({ path: atRest(2) })
    .at(START_MS + 10 * MINUTE_MS, (w) => w.centre.tellOrder(second))
    .at(START_MS + 15 * MINUTE_MS, (w) => w.centre.tellOrder(again))
    .at(START_MS + 20 * MINUTE_MS, (w) => w.centre.tellOrder(third));
  world.run(START_MS + 50 * MINUTE_MS);
  expect(ordersIn(world)).toEqual([
    [2, hex(hashOf(second)), "in force"],
    [2, hex(hashOf(again)), "order.replayed"],
    [3, hex(hashOf(third)), "in force"],
    [3, hex(hashOf(third)), "expired"],
  ]);
});

test("a replay with another order of the same counter refuses, wherever it begins", () => {
  const first = sealSimulatedOrder(orderOf([SCHOOL]), 1, crypto, 1);
  const second = sealSimulatedOrder(orderOf([NEXT]), 2, crypto, 1);
  const world = ours({ path: atRest(2) })
    .at(START_MS + MINUTE_MS, putOn)
    .at(START_MS + 10 * MINUTE_MS, (w) => w.centre.tellOrder(second))
    .at(START_MS + 60 * MINUTE_MS, (w) => w.reboot());
  world.run(START_MS + 100 * MINUTE_MS);
  const records = recordsIn(world);
  const other = sealSimulatedOrder(orderOf([SCHOOL]), 2, crypto, 1);
  const boot = records.map(({ kind }) => kind).lastIndexOf(BOOT);
  for (const some of [records, records.slice(boot)]) {
    const clean = replayJournal(some, [jobOrder(first), jobOrder(second)], replayDoor);
    expect(clean).toMatchObject({ segments: 1, refusals: [], differences: [] });
    const run = replayJournal(some, [jobOrder(first), jobOrder(other)], replayDoor);
    expect(run.refusals).toMatchObject([{ reason: "replay.no-order" }]);
  }
});
