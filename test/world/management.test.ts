import { expect, test } from "vitest";
import { bytesOf } from "../../protocol/bytes.ts";
import { sealAssignment } from "../../protocol/cose/assignment.ts";
import {
  deviceSecret,
  PURPOSE_DOWNLINK,
  PURPOSE_JOURNAL,
  PURPOSE_MANAGEMENT,
  PURPOSE_MOST,
  PURPOSE_UPLINK,
  purposeKey,
} from "../../protocol/cose/keys.ts";
import { createSealer } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sealRotation } from "../../protocol/cose/rotation.ts";
import { chainOf, examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { sealDownlink } from "../../protocol/messages/downlink.ts";
import { openUplink } from "../../protocol/messages/uplink.ts";
import { frameMessage } from "../../protocol/smp/serial.ts";
import { blankBoard, DOWNLINK_TOPIC } from "../../simulator/hardware/board.ts";
import { SIMULATED_DEVICE, sealSimulatedOrder, simulatedKey } from "../../simulator/world/provision.ts";
import { BOARD, bootHeld } from "../firmware/on-board.ts";
import { type Carry, openSession, read, request, write } from "../management/stock-client.ts";
import { orderOf } from "../samples.ts";
import { atRest, HOUR_MS, MINUTE_MS, ours, SCHOOL, START_MS } from "./story.ts";

const crypto = createNodeCrypto();
const GROUP = 64;

function aBracelet() {
  const world = ours({ path: atRest(2) });
  world.run(START_MS + MINUTE_MS);
  const key = simulatedKey(crypto, world.options.seed, PURPOSE_MANAGEMENT);
  let random = 0;
  const session = (managementKey = key, options = {}) => {
    random += 1;
    const opened = openSession(world.carry, crypto, managementKey, {
      random: new Uint8Array(16).fill(random),
      ...options,
    });
    if (opened.refused !== undefined) throw new Error(String(opened.refused.rsn));
    if (!opened.deviceProven || "rsn" in opened.proof) throw new Error("session.forged");
    return opened.carry as Carry;
  };
  return { world, key, session };
}

function rotationTo(generation: number, key: Uint8Array) {
  const secret = deviceSecret(crypto, crypto.sha256(bytesOf("another root")), SIMULATED_DEVICE, generation);
  const purposeKeys = Array.from({ length: PURPOSE_MOST }, (_, i) => purposeKey(crypto, secret, i + 1, generation));
  const salt = new Uint8Array(16).fill(3);
  const rotation = sealRotation(crypto, key, salt, { device: SIMULATED_DEVICE, generation, purposeKeys });
  if (!rotation.ok) throw new Error(rotation.reason);
  return { purposeKeys, sealed: rotation.bytes };
}

const setTime = (carry: Carry, utcMs: number) =>
  write(carry, 0, 4, { datetime: new Date(utcMs).toISOString().slice(0, 19) }).body;

/** A minute without use ends a session. */
function leaveIt(world: ReturnType<typeof ours>): void {
  world.run(world.nowMs + 61_000);
}

test("an order that a technician brings over USB is taken in pieces and put in force; the same again is refused by name", () => {
  const { world, session } = aBracelet();
  const order = sealSimulatedOrder(orderOf([SCHOOL]), 7, crypto, world.options.seed);
  const carry = session();
  expect(write(carry, GROUP, 2, { s: order.sealed }).body).toEqual({ missing: order.pieces.length });
  expect(write(carry, GROUP, 4).body).toMatchObject({ rsn: "order.incomplete" });
  for (const [i, data] of order.pieces.entries()) write(carry, GROUP, 3, { i, data });
  expect(write(carry, GROUP, 4).body).toEqual({});
  expect(read(carry, GROUP, 0).body).toMatchObject({ d: SIMULATED_DEVICE, p: true, o: 7 });
  expect(write(carry, GROUP, 2, { s: order.sealed }).body).toMatchObject({ rsn: "order.replayed" });
});

test("the self-test says part by part what works", () => {
  const { world, session } = aBracelet();
  world.run(START_MS + 5 * MINUTE_MS);
  expect(read(session(), GROUP, 8).body).toEqual({
    journal: true,
    order: true,
    receiver: true,
    random: true,
    centre: true,
  });
});

test("a journal that is pulled over USB is the ring, sealed from end to end", () => {
  const { world, session } = aBracelet();
  world.run(START_MS + HOUR_MS);
  const carry = session();
  const { len } = read(carry, 8, 1, { name: "/journal" }).body as { len: number };
  const ring = new Uint8Array(len);
  for (let off = 0; off < len; ) {
    const { data } = read(carry, 8, 0, { name: "/journal", off }).body as { data: Uint8Array };
    ring.set(data, off);
    off += data.length;
  }
  const { records, damage } = readRing(ring);
  expect(damage).toEqual([]);
  const chain = chainOf(
    crypto,
    simulatedKey(crypto, world.options.seed, PURPOSE_JOURNAL),
    new Set(records.map(({ epoch }) => epoch)),
  );
  const examined = examine(crypto, records, [chain]);
  expect(examined.records.length).toBeGreaterThan(10);
  expect(examined.records.filter(({ verified }) => verified !== true)).toEqual([]);
  expect(examined.holes).toEqual([]);
});

test("keys are rotated under a seal of the vault: from then on the old ones open nothing, and the journal goes on", () => {
  const { world, key, session } = aBracelet();
  const { purposeKeys, sealed } = rotationTo(2, key);
  const carry = session();
  expect(write(carry, GROUP, 11, { s: sealed.map((b, i) => (i === 60 ? b ^ 1 : b)) }).body).toMatchObject({
    rsn: "seal.forged",
  });
  expect(write(carry, GROUP, 11, { s: sealed }).body).toEqual({});
  leaveIt(world);
  expect(() => session()).toThrow("session.forged");
  leaveIt(world);
  const anew = session(purposeKeys[PURPOSE_MANAGEMENT - 1]);
  expect(write(anew, GROUP, 11, { s: sealed }).body).toHaveProperty("rsn");
});

test("a field key is good for its assignment until that is withdrawn", () => {
  const { world, key, session } = aBracelet();
  const expiryS = Math.floor(world.nowMs / 1_000) + 72 * 3_600;
  session(key, { assignment: 4, expiryS });
  leaveIt(world);
  const withdrawn = sealAssignment(crypto, key, { device: SIMULATED_DEVICE, least: 5 });
  expect(write(session(), GROUP, 12, { s: withdrawn }).body).toEqual({});
  leaveIt(world);
  expect(() => session(key, { assignment: 4, expiryS })).toThrow("session.revoked");
  session(key, { assignment: 5, expiryS });
});

test("the order in force outlives the rotation of the key that it was sealed with", () => {
  const { world, key, session } = aBracelet();
  expect(write(session(), GROUP, 11, { s: rotationTo(2, key).sealed }).body).toEqual({});
  world.reboot();
  world.run(world.nowMs + MINUTE_MS);
  expect(read(world.carry, GROUP, 0).body).toMatchObject({ d: SIMULATED_DEVICE, o: 1 });
});

test("once keys are rotated the device speaks and listens under the new ones, and counts downlinks anew", () => {
  const { world, key, session } = aBracelet();
  world.run(START_MS + 10 * MINUTE_MS);
  world.centre.tell("locate");
  world.run(START_MS + 11 * MINUTE_MS);
  expect(world.centre.receipts.at(-1)?.counter).toBe(2);
  const { purposeKeys, sealed } = rotationTo(2, key);
  expect(write(session(), GROUP, 11, { s: sealed }).body).toEqual({});
  const before = world.broker.kept.length;
  const sealer = createSealer(crypto, purposeKeys[PURPOSE_DOWNLINK - 1], new Uint8Array(16).fill(9));
  const locate = sealDownlink(sealer, {
    device: SIMULATED_DEVICE,
    counter: 1,
    kind: "locate",
    numbers: [],
    bytes: undefined,
  });
  if (!locate.ok) throw new Error(locate.reason);
  world.at(world.nowMs + MINUTE_MS, (w) => w.broker.send(DOWNLINK_TOPIC, locate.bytes));
  world.run(START_MS + 20 * MINUTE_MS);
  const said = world.broker.kept
    .slice(before)
    .map(({ payload }) => openUplink(crypto, purposeKeys[PURPOSE_UPLINK - 1], payload));
  expect(said.length).toBeGreaterThan(1);
  expect(said.filter(({ ok }) => !ok)).toEqual([]);
  expect(said[0]).toMatchObject({ counter: 0 });
  const receipts = said.flatMap((one) => (one.ok && one.uplink.kind === "report" ? one.uplink.receipts : []));
  expect(receipts).toMatchObject([{ counter: 1, kind: "locate", outcome: "done" }]);
});

test("a field key moves the time neither back nor past its own end, nor at all where the device knows it", () => {
  const { world, key, session } = aBracelet();
  const expiryS = Math.floor(world.nowMs / 1_000) + 72 * 3_600;
  const field = { assignment: 4, expiryS };
  const timed = session(key, field);
  expect(setTime(timed, world.nowMs - HOUR_MS)).toMatchObject({ rsn: "time.refused" });
  expect(setTime(timed, world.nowMs + 10 * HOUR_MS)).toMatchObject({ rsn: "time.refused" });
  expect(setTime(timed, world.nowMs)).toEqual({});
  const { datetime } = read(timed, 0, 4).body;
  expect(Math.abs(Date.parse(`${String(datetime).slice(0, 19)}Z`) - world.nowMs)).toBeLessThan(5_000);
  world.cover(false);
  world.powerOff();
  world.powerOn(false);
  const untimed = session(key, field);
  expect(setTime(untimed, world.nowMs - HOUR_MS)).toMatchObject({ rsn: "time.refused" });
  expect(setTime(untimed, expiryS * 1_000 + 1_000)).toMatchObject({ rsn: "time.refused" });
  expect(setTime(untimed, world.nowMs + 10 * HOUR_MS)).toEqual({});
});

test("a field key that has expired is good again by no loss of the time", () => {
  const { world, key, session } = aBracelet();
  const field = { assignment: 4, expiryS: Math.floor(world.nowMs / 1_000) + 1_800 };
  session(key, field);
  world.run(world.nowMs + 2 * HOUR_MS);
  expect(() => session(key, field)).toThrow("session.expired");
  world.cover(false);
  world.powerOff();
  world.powerOn(false);
  expect(() => session(key, field)).toThrow("session.expired");
});

test("a session lasts no longer than its key was good for when it was opened, however busy it is", () => {
  const { world, key, session } = aBracelet();
  const carry = session(key, { assignment: 4, expiryS: Math.floor(world.nowMs / 1_000) + 90 });
  for (const afterS of [40, 80]) {
    world.run(START_MS + MINUTE_MS + afterS * 1_000);
    expect(read(carry, GROUP, 0).body).toMatchObject({ d: SIMULATED_DEVICE });
  }
  world.run(START_MS + MINUTE_MS + 92_000);
  expect(() => read(carry, GROUP, 0)).toThrow("session.none");
});

test("a device that is told to start anew answers first", () => {
  const happened: string[] = [];
  const clock = { nowMs: START_MS };
  // Not provisioned, so that anybody may.
  const { engine } = bootHeld(
    blankBoard(BOARD),
    {
      nowMs: () => clock.nowMs,
      gnss: () => {},
      usb: () => happened.push("answer"),
      reset: () => happened.push("reset"),
      onEffect: () => {},
    },
    1,
  );
  engine.receiveUsb(frameMessage(request(2, 0, 5, {})));
  expect(happened).toEqual(["answer"]);
  expect(engine.nextWakeMs()).toBeLessThanOrEqual(clock.nowMs + 250);
  clock.nowMs += 250;
  engine.wake();
  engine.wake();
  expect(happened).toEqual(["answer", "reset"]);
});
