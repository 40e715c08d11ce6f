import { expect, test } from "vitest";
import { SLOT_FIT, SLOT_RATCHET } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { bytesOf } from "../../protocol/bytes.ts";
import {
  deviceSecret,
  PURPOSE_MANAGEMENT,
  PURPOSE_MOST,
  PURPOSE_UPLINK,
  purposeKey,
} from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sealRotation } from "../../protocol/cose/rotation.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { ACKED, ALERT, frameRecord } from "../../protocol/journal/record.ts";
import { encodeAcked, openUplink } from "../../protocol/messages/uplink.ts";
import type { StartEngine } from "../../simulator/engines/engine.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { boardMap, chipsOf, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { createFlakyFlash, type Wear } from "../../simulator/hardware/flaky-flash.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { SIMULATED_DEVICE, sealSimulatedOrder, simulatedKey } from "../../simulator/world/provision.ts";
import { openSession, write } from "../management/stock-client.ts";
import { orderOf } from "../samples.ts";
import {
  atRest,
  commute,
  GROUP,
  HOUR_MS,
  MINUTE_MS,
  managementSession,
  ours,
  putOn,
  REMOVAL,
  SCHOOL,
  START_MS,
} from "./story.ts";

const crypto = createNodeCrypto();
const at = (minutes: number) => START_MS + minutes * MINUTE_MS;
const ROTATE = 11;
const DATETIME = 4;
const RESET = 5;

const told = (world: BraceletWorld) =>
  world.effects.flatMap(({ effect, atMs }) => (effect.kind === "alert" ? [{ ...effect.alert, raisedMs: atMs }] : []));

/** Keys of the second generation, brought by a technician. */
function rotate(world: BraceletWorld): Uint8Array[] {
  const secret = deviceSecret(crypto, crypto.sha256(bytesOf("another root")), SIMULATED_DEVICE, 2);
  const purposeKeys = Array.from({ length: PURPOSE_MOST }, (_, i) => purposeKey(crypto, secret, i + 1, 2));
  const key = simulatedKey(crypto, world.options.seed, PURPOSE_MANAGEMENT);
  const rotation = { device: SIMULATED_DEVICE, generation: 2, purposeKeys };
  const sealed = sealRotation(crypto, key, new Uint8Array(16).fill(3), rotation);
  if (!sealed.ok) throw new Error(sealed.reason);
  expect(write(managementSession(world).carry, GROUP, ROTATE, { s: sealed.bytes }).body).not.toHaveProperty("err");
  world.sense({ kind: "usb", attached: false });
  return purposeKeys;
}

/** What came under that uplink key from message `from` on. */
function recordsUnder(world: BraceletWorld, key: Uint8Array, from: number) {
  return world.broker.kept.slice(from).flatMap(({ payload }) => {
    const opened = openUplink(crypto, key, payload);
    return opened.ok ? opened.uplink.records : [];
  });
}

test("who writes into the bulk flash that the centre has everything keeps no alert from it", () => {
  for (const clip of [false, true]) {
    const world = ours({ path: commute(3), journalBytes: 64 * ERASE_BYTES })
      .at(at(1), putOn)
      .at(at(10), (w) => w.cover(false));
    world.run(at(100));
    world.powerOff();
    if (clip) forgeAcknowledgement(world);
    world.powerOn();
    world.cover(true);
    world.run(at(175));
    const alerts = told(world).map(({ seq }) => seq);
    expect(alerts.length).toBeGreaterThan(4);
    expect(world.centre.alerts.map(({ alert }) => alert.seq)).toEqual(alerts);
    expect(world.centre.faults).toEqual([]);
  }
});

/** An ACKED record as of the last one, with its seal made up, in the place behind it. */
function forgeAcknowledgement(world: BraceletWorld): void {
  const { journalAddress, journalBytes } = boardMap(world.options);
  const ring = world.cells.bulk.subarray(journalAddress, journalAddress + journalBytes);
  const body = encodeAcked({ historyTo: 4_000_000, alertsTo: 4_000_000 });
  const last = readRing(ring).records.at(-1);
  if (!body.ok || last === undefined) throw new Error("no journal");
  const before = Buffer.from(ring).indexOf(Buffer.from(frameRecord(last)));
  const forged = { ...last, number: last.number + 1, kind: ACKED, body: body.bytes };
  ring.set(frameRecord(forged), before + frameRecord(last).length);
}

test.each([14, 50])(
  "keys rotated after %i minutes, and the power gone at once: no number is sealed twice",
  (minutes) => {
    const world = ours({ path: atRest(3, 600) }).at(at(1), putOn);
    world.run(at(minutes));
    const from = world.broker.kept.length;
    const keys = rotate(world);
    world.run(at(minutes) + 5_000);
    world.reboot();
    world.at(at(minutes + 6), (w) => w.strap(false));
    world.run(at(minutes + 60));
    const { journalAddress } = boardMap(world.options);
    const numbers = readRing(world.cells.bulk.slice(journalAddress)).records.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)! - numbers[0] + 1).toBe(numbers.length);
    const came = recordsUnder(world, keys[PURPOSE_UPLINK - 1], from);
    const alerts = came.filter(({ kind }) => kind === ALERT).map(({ number }) => number);
    expect(new Set(alerts).size).toBe(alerts.length);
    expect(alerts.length).toBeGreaterThan(0);
    expect(came.at(-1)!.number).toBeGreaterThan(numbers.at(-1)! - 40);
  },
);

test("an alert that is under way while keys are rotated comes under the new ones", () => {
  for (let ms = 0; ms < 60; ms++) {
    const world = ours({ path: atRest(2, 600) }).at(at(1), putOn);
    world.run(at(30));
    world.strap(false);
    world.run(at(30) + 2_000 + ms);
    const from = world.broker.kept.length;
    const keys = rotate(world);
    world.run(at(45));
    const old = simulatedKey(crypto, world.options.seed, PURPOSE_UPLINK);
    const late = recordsUnder(world, old, from).filter(({ kind }) => kind === ALERT);
    if (late.length === 0) continue;
    const numbers = recordsUnder(world, keys[PURPOSE_UPLINK - 1], from).map(({ number }) => number);
    expect(numbers).toEqual(expect.arrayContaining(late.map(({ number }) => number)));
    return;
  }
  throw new Error("no message was under way");
}, 120_000);

/** As a field unit with a key for one assignment opens it. */
function fieldSession(world: BraceletWorld, expiryS: number) {
  const key = simulatedKey(crypto, world.options.seed, PURPOSE_MANAGEMENT);
  const session = openSession(world.carry, crypto, key, { assignment: 4, expiryS });
  if (session.refused !== undefined) throw new Error(JSON.stringify(session.refused));
  return session.carry;
}

const datetime = (ms: number) => ({ datetime: new Date(ms).toISOString().slice(0, 19) });

test("on a device that has lost the time a field key ends no order before its day, and stretches no removal", () => {
  const expiryS = Math.floor(at(60) / 1_000) + 72 * 3_600;
  const order = { ...orderOf([SCHOOL]), toMs: at(60) + 70 * HOUR_MS };
  const world = ours({ path: atRest(30, 600), order }).at(at(1), putOn);
  world.run(at(30));
  world.cover(false);
  world.powerOff();
  world.run(at(40));
  world.powerOn(false);
  world.run(at(42));
  const carry = fieldSession(world, expiryS);
  const claimedMs = expiryS * 1_000 - 1_000;
  expect(write(carry, 0, DATETIME, datetime(claimedMs)).body).toEqual({});
  write(carry, GROUP, REMOVAL, { u: BigInt(claimedMs + 23.9 * HOUR_MS), e: false });
  world.sense({ kind: "usb", attached: false });
  world.run(at(43));
  world.strap(false);
  world.run(at(60 * 27));
  expect(world.effects.filter(({ effect }) => effect.kind === "order.ended")).toEqual([]);
  const about = told(world).filter(({ about }) => about === "removal" || about === "strap");
  expect(about.length).toBeGreaterThan(0);
  expect(about[0].raisedMs).toBeLessThanOrEqual(at(43) + 24 * HOUR_MS + MINUTE_MS);
});

test("a field unit whose clock is off is told so, and raises no alert where the device knows the time", () => {
  const world = ours({ path: atRest(2, 600) }).at(at(1), putOn);
  world.run(at(30));
  const carry = fieldSession(world, Math.floor(at(600) / 1_000));
  expect(write(carry, 0, DATETIME, datetime(world.nowMs + 8_000)).body).toMatchObject({ err: {} });
  expect(write(carry, 0, DATETIME, datetime(world.nowMs + 1_000)).body).toEqual({});
  world.sense({ kind: "usb", attached: false });
  world.run(at(60));
  expect(told(world)).toEqual([]);
});

test("an order whose last day passes without power takes the fit with it: the next one finds nobody wearing it", () => {
  const world = ours({ path: atRest(4), order: { ...orderOf([SCHOOL]), toMs: at(60) } })
    .at(at(1), putOn)
    .at(at(30), (w) => w.powerOff())
    .at(at(90), (w) => w.powerOn());
  world.run(at(100));
  const onChip = openSecrets(chipsOf(world.cells, {}).onChip, 0, world.cells.onChip.length);
  expect(onChip.read(SLOT_FIT)).toBeUndefined();
  world.strap(false);
  world.centre.tellOrder(sealSimulatedOrder(orderOf([SCHOOL]), 7, crypto, world.options.seed));
  world.run(at(130));
  expect(told(world)).toEqual([]);
});

test("alerts that stand in memory alone are heard before a restart that was asked for", () => {
  const worn = new Map<number, Wear>();
  let first = 0;
  const startEngine: StartEngine = (ports, board, onEffect) => {
    first = board.journalAddress / ERASE_BYTES;
    return startNodeEngine({ ...ports, flash: createFlakyFlash(ports.flash, worn) }, board, onEffect);
  };
  const world = ours({ path: atRest(4, 600), journalBytes: 32 * ERASE_BYTES, startEngine })
    .at(at(1), putOn)
    .at(at(10), (w) => w.cover(false))
    .at(at(12), () => {
      for (let i = 0; i < 32; i++) worn.set(first + i, "program");
    })
    .at(at(15), (w) => w.enclosure(false))
    .at(at(16), (w) => w.enclosure(true))
    .at(at(30), (w) => {
      write(managementSession(w).carry, 0, RESET);
      w.sense({ kind: "usb", attached: false });
    })
    .at(at(31), () => worn.clear())
    .at(at(32), (w) => w.cover(true));
  world.run(at(90));
  const heard = world.centre.alerts.map(({ alert }) => alert.seq).sort((a, b) => a - b);
  expect(heard).toEqual(told(world).map(({ seq }) => seq));
  expect(heard.length).toBeGreaterThan(2);
  expect(world.bootsMs.length).toBe(2);
});

test("a chip that takes no step of the ratchet over two boots still keeps no alert from the centre", () => {
  const chip = { takes: true };
  const startEngine: StartEngine = (ports, board, onEffect) => {
    const { secrets } = ports;
    const stubborn = {
      read: (slot: number) => secrets.read(slot),
      erase: (slot: number) => secrets.erase(slot),
      write: (slot: number, value: Uint8Array) => (chip.takes || slot !== SLOT_RATCHET) && secrets.write(slot, value),
    };
    return startNodeEngine({ ...ports, secrets: stubborn }, board, onEffect);
  };
  const world = ours({ path: atRest(4), startEngine })
    .at(at(1), putOn)
    .at(at(10), () => {
      chip.takes = false;
    })
    .at(at(11), (w) => w.reboot())
    .at(at(20), (w) => w.strap(false))
    .at(at(21), (w) => w.strap(true))
    .at(at(40), (w) => w.reboot())
    .at(at(50), (w) => w.enclosure(false));
  world.run(at(90));
  expect(world.centre.alerts.map(({ alert }) => `${alert.about} ${alert.state}`)).toEqual(
    expect.arrayContaining(told(world).map(({ about, state }) => `${about} ${state}`)),
  );
  expect(world.centre.alerts.length).toBe(told(world).length);
});
