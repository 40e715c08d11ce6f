import { expect, test } from "vitest";
import { addReceipt } from "../../firmware/alerts/outbox.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { openSealer, sealUplink } from "../../firmware/uplink/seal.ts";
import { PURPOSE_UPLINK } from "../../protocol/cose/keys.ts";
import { encodeReceipt, type Lease, openUplink } from "../../protocol/index.ts";
import { RECEIPT } from "../../protocol/journal/record.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { createCentre, crypto, DownlinkWorld, LEASE, message, sealLease } from "./downlink-world.ts";
import { OutboxWorld } from "./outbox-world.ts";

const UPLINK_KEY = new Uint8Array(32).fill(9);

function secretsWith(key: Uint8Array | undefined) {
  const secrets = openSecrets(createFlash(8192), 0, 8192);
  if (key !== undefined) secrets.write(SLOT_KEY + PURPOSE_UPLINK, key);
  return secrets;
}

function random(byte: number) {
  return {
    fill(into: Uint8Array): boolean {
      into.fill(byte);
      return byte > 0;
    },
  };
}

/** Every instant and every byte of a bracelet's uplink while leases come; all else is the same each time. */
function listen(leases: Lease[]): [atMs: number, bytes: string][] {
  const down = new DownlinkWorld();
  const up = new OutboxWorld();
  const opened = openSealer(secretsWith(UPLINK_KEY), crypto, random(7));
  if (!opened.ok) throw new Error(opened.reason);
  const centre = createCentre();
  const heard: [number, string][] = [];
  for (let second = 0; second < 7_200; second++) {
    up.nowMs = second * 1_000;
    if (second % 300 === 0) up.input(200);
    if (second % 1_000 === 500) up.near = !up.near;
    if (second % 600 === 30) {
      const told = down.told.length;
      down.take(centre(message(1 + second, "lease", [], sealLease(leases[(second / 600) | 0]))));
      for (const receipt of down.told.slice(told)) {
        const written = encodeReceipt(receipt);
        if (written.ok) up.append(RECEIPT, written.bytes);
        addReceipt(up.outbox, receipt);
      }
    }
    const out = up.step();
    if (out === undefined) continue;
    const sealed = sealUplink(opened.sealer, out.payload);
    if (sealed.ok) heard.push([up.nowMs, Buffer.from(sealed.bytes).toString("hex")]);
    up.puback();
  }
  return heard;
}

test("bytes and instants of the uplink are the same whatever the leases say", () => {
  const one = listen(Array.from({ length: 12 }, () => LEASE));
  const other = listen(
    Array.from({ length: 12 }, (_, i) => ({
      number: 4_000_000_000 - i,
      untilMs: i,
      latE7: -(i ** 7),
      lonE7: 1_799_999_999 - i,
      radiusM: 1 + 4_000 * i,
    })),
  );
  expect(one.length).toBeGreaterThan(30);
  expect(other).toEqual(one);
});

test("without chance, or without a key, nothing is sealed, and the reason is told", () => {
  expect(openSealer(secretsWith(UPLINK_KEY), crypto, random(0))).toEqual({ ok: false, reason: "uplink.no-random" });
  expect(openSealer(secretsWith(undefined), crypto, random(1))).toEqual({ ok: false, reason: "uplink.no-key" });
});

test("what is sent again is sealed under another counter, and a boot under another salt", () => {
  const seen = new Set<string>();
  for (const boot of [1, 2]) {
    const opened = openSealer(secretsWith(UPLINK_KEY), crypto, random(boot));
    if (!opened.ok) throw new Error(opened.reason);
    const world = new OutboxWorld();
    world.look();
    const { payload } = world.step()!;
    for (let times = 0; times < 3; times++) {
      const sealed = sealUplink(opened.sealer, payload);
      const read = sealed.ok ? openUplink(crypto, UPLINK_KEY, sealed.bytes) : sealed;
      if (!read.ok) throw new Error(read.reason);
      expect(read.uplink).toMatchObject({ kind: "report", status: { phase: "far" } });
      seen.add(`${Buffer.from(read.salt).toString("hex")} ${read.counter}`);
    }
  }
  expect(seen.size).toBe(6);
});

test("the centre opens nothing that another key sealed, or that was changed", () => {
  const opened = openSealer(secretsWith(UPLINK_KEY), crypto, random(1));
  if (!opened.ok) throw new Error(opened.reason);
  const sealed = sealUplink(opened.sealer, new Uint8Array([0x82, 1, 0x80]));
  if (!sealed.ok) throw new Error(sealed.reason);
  expect(openUplink(crypto, UPLINK_KEY, sealed.bytes)).toMatchObject({
    ok: true,
    uplink: { kind: "alerts", records: [] },
  });
  expect(openUplink(crypto, new Uint8Array(32), sealed.bytes)).toMatchObject({ reason: "seal.forged" });
  const wrong = sealUplink(opened.sealer, new Uint8Array([0x82, 9, 0x80]));
  if (wrong.ok) expect(openUplink(crypto, UPLINK_KEY, wrong.bytes)).toMatchObject({ reason: "message.out-of-bounds" });
});
