import { expect, test } from "vitest";
import { SLOT_RATCHET } from "../../firmware/secrets/slots.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { ALERT, FINDING } from "../../protocol/journal/record.ts";
import type { StartEngine } from "../../simulator/engines/engine.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { boardMap, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { createFlakyFlash, type Wear } from "../../simulator/hardware/flaky-flash.ts";
import { hexOf, replayJournal } from "../../simulator/replay/journal-replay.ts";
import { replayDoor } from "../../simulator/replay/replayer.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";
import { atRest, commute, HOUR_MS, MINUTE_MS, ours, putOn, SCHOOL, START_MS } from "./story.ts";

const BLOCKS = 32;

/** A bracelet whose journal takes nothing, and whose chip takes no step of the ratchet, while that is said. */
function ailing(hours: number, moving: boolean, blocks = BLOCKS) {
  const worn = new Map<number, Wear>();
  const chip = { takes: true };
  let first = 0;
  const startEngine: StartEngine = (ports, board, onEffect) => {
    first = board.journalAddress / ERASE_BYTES;
    const { secrets } = ports;
    return startNodeEngine(
      {
        ...ports,
        flash: createFlakyFlash(ports.flash, worn),
        secrets: {
          read: (slot) => secrets.read(slot),
          erase: (slot) => secrets.erase(slot),
          write: (slot, value) => (chip.takes || slot !== SLOT_RATCHET) && secrets.write(slot, value),
        },
      },
      board,
      onEffect,
    );
  };
  const path = moving ? commute(hours) : atRest(hours, 600);
  const world = ours({ path, journalBytes: blocks * ERASE_BYTES, startEngine }).at(START_MS + MINUTE_MS, putOn);
  const wear = (isWorn: boolean) => {
    worn.clear();
    for (let i = 0; i < blocks && isWorn; i++) worn.set(first + i, "program");
  };
  return { world, chip, wear };
}

/** What was told to anybody, and what of it the centre has. */
const told = (world: BraceletWorld) =>
  world.effects.flatMap(({ effect }) => (effect.kind === "alert" ? [effect.alert.seq] : []));
const heard = (world: BraceletWorld) => world.centre.alerts.map(({ alert }) => alert.seq);
const troubles = (world: BraceletWorld) => world.centre.statuses.map(({ status }) => status.trouble);
const lines = (world: BraceletWorld) => new Set(world.log.map(({ line }) => line));

function close(world: BraceletWorld, closed: boolean): void {
  world.strap(closed);
  world.enclosure(closed);
}

function ringOf(world: BraceletWorld) {
  const { journalAddress } = boardMap(world.options);
  return readJournalFile(world.cells.bulk.slice(journalAddress), "ring");
}

test("with a flash that takes nothing any more the police still hear of every alert, and of the flash", () => {
  const { world, wear } = ailing(2, true);
  world.at(START_MS + 10 * MINUTE_MS, () => wear(true)).run(START_MS + 2 * HOUR_MS);
  const journalled = ringOf(world).filter(({ kind }) => kind === ALERT).length;
  expect(told(world).length).toBeGreaterThan(journalled + 2);
  expect(heard(world)).toEqual(told(world));
  expect(troubles(world).at(-1)).toBe(2);
  expect(lines(world)).toContain("journal.worn");
  expect(world.centre.faults).toEqual([]);
});

test("what was refused for a while is a named gap, and a replay finds no difference on either side of it", () => {
  const { world, wear } = ailing(3, true);
  world
    .at(START_MS + 20 * MINUTE_MS, () => wear(true))
    .at(START_MS + 28 * MINUTE_MS, () => wear(false))
    .run(START_MS + 3 * HOUR_MS);
  expect(heard(world)).toEqual(told(world));
  expect(troubles(world)).toContain(2);
  expect(troubles(world).at(-1)).toBeUndefined();
  const records = ringOf(world);
  const findings = records
    .filter(({ kind }) => kind === FINDING)
    .map(({ body }) => Buffer.from(body.slice(1)).toString());
  expect(findings).toContain("journal.refused");
  const crypto = createNodeCrypto();
  const { payload, pack } = sealSimulatedOrder(orderOf([SCHOOL]), 1, crypto, world.options.seed);
  const hash = hexOf(crypto.sha256(payload).slice(0, 16));
  const run = replayJournal(records, [{ payload: hexOf(payload), hash, pack: hexOf(pack) }], replayDoor);
  expect(run.differences).toEqual([]);
  expect(run.refusals).toEqual([]);
  expect(run.segments).toBeGreaterThan(1);
  expect(run.gaps.map(({ reason }) => reason)).toContain("missing");
});

test("a chip that takes no step of the ratchet is asked again: the centre hears of it, and the journal goes on", () => {
  const { world, chip } = ailing(2, true);
  chip.takes = false;
  world.at(START_MS + 50 * MINUTE_MS, () => {
    chip.takes = true;
  });
  world.run(START_MS + 2 * HOUR_MS);
  expect(heard(world)).toEqual(told(world));
  expect(troubles(world).some((trouble) => ((trouble ?? 0) & 1) === 1)).toBe(true);
  expect(troubles(world).at(-1)).toBeUndefined();
  expect(lines(world)).toContain("journal.no-ratchet");
  expect(ringOf(world).filter(({ kind }) => kind === ALERT).length).toBeGreaterThan(1);
  expect(world.centre.faults).toEqual([]);
});

test("unheard until the ring is full of alerts: all that stand and the newest come, in their order", () => {
  const { world } = ailing(24, false, 5);
  world.at(START_MS + 10 * MINUTE_MS, (w) => w.cover(false));
  for (let minute = 20; minute < 22 * 60; minute += 12)
    world
      .at(START_MS + minute * MINUTE_MS, (w) => close(w, false))
      .at(START_MS + minute * MINUTE_MS + 10_000, (w) => close(w, true));
  world.at(START_MS + 22 * HOUR_MS, (w) => w.cover(true)).run(START_MS + 24 * HOUR_MS - MINUTE_MS);
  const all = told(world);
  const come = heard(world);
  expect(lines(world)).toContain("journal.full");
  expect(come).toEqual([...come].sort((a, b) => a - b));
  const gap = come.findIndex((seq, i) => seq !== i + 1);
  expect(gap).toBeGreaterThan(60);
  expect(come).toEqual(expect.arrayContaining(all.slice(-8)));
  expect(troubles(world).at(-1)).toBeUndefined();
  expect(world.centre.faults).toEqual([]);
});
