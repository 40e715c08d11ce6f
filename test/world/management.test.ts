import { expect, test } from "vitest";
import { bytesOf } from "../../protocol/bytes.ts";
import { sealAssignment } from "../../protocol/cose/assignment.ts";
import {
  deviceSecret,
  PURPOSE_JOURNAL,
  PURPOSE_MANAGEMENT,
  PURPOSE_MOST,
  purposeKey,
} from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sealRotation } from "../../protocol/cose/rotation.ts";
import { chainOf, examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { SIMULATED_DEVICE, sealSimulatedOrder, simulatedKey } from "../../simulator/world/provision.ts";
import { type Carry, openSession, read, write } from "../management/stock-client.ts";
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
  const secret = deviceSecret(crypto, crypto.sha256(bytesOf("another root")), SIMULATED_DEVICE, 2);
  const purposeKeys = Array.from({ length: PURPOSE_MOST }, (_, i) => purposeKey(crypto, secret, i + 1, 2));
  const rotation = sealRotation(crypto, key, new Uint8Array(16).fill(3), {
    device: SIMULATED_DEVICE,
    generation: 2,
    purposeKeys,
  });
  if (!rotation.ok) throw new Error(rotation.reason);
  const carry = session();
  expect(write(carry, GROUP, 11, { s: rotation.bytes.map((b, i) => (i === 60 ? b ^ 1 : b)) }).body).toMatchObject({
    rsn: "seal.forged",
  });
  expect(write(carry, GROUP, 11, { s: rotation.bytes }).body).toEqual({});
  leaveIt(world);
  expect(() => session()).toThrow("session.forged");
  leaveIt(world);
  const anew = session(purposeKeys[PURPOSE_MANAGEMENT - 1]);
  expect(write(anew, GROUP, 11, { s: rotation.bytes }).body).toHaveProperty("rsn");
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
  const secret = deviceSecret(crypto, crypto.sha256(bytesOf("another root")), SIMULATED_DEVICE, 2);
  const purposeKeys = Array.from({ length: PURPOSE_MOST }, (_, i) => purposeKey(crypto, secret, i + 1, 2));
  const salt = new Uint8Array(16).fill(3);
  const rotation = sealRotation(crypto, key, salt, { device: SIMULATED_DEVICE, generation: 2, purposeKeys });
  if (!rotation.ok) throw new Error(rotation.reason);
  expect(write(session(), GROUP, 11, { s: rotation.bytes }).body).toEqual({});
  world.reboot();
  world.run(world.nowMs + MINUTE_MS);
  expect(read(world.carry, GROUP, 0).body).toMatchObject({ d: SIMULATED_DEVICE, o: 1 });
});
