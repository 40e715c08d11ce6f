import { expect, test } from "vitest";
import { SLOT_DEVICE, SLOT_DOWNLINK, SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { openDownlink } from "../../firmware/uplink/downlink.ts";
import { bytesOf } from "../../protocol/bytes.ts";
import { DOWNLINK_CONTEXT, UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_DOWNLINK, PURPOSE_LEASE } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer, sealMessage } from "../../protocol/cose/message.ts";
import { decodeLease, encodeDownlink } from "../../protocol/index.ts";
import {
  createCentre,
  crypto,
  DEVICE,
  DOWNLINK_KEY,
  DownlinkWorld,
  LEASE,
  message,
  SALT,
  sealLease,
} from "./downlink-world.ts";

const centre = createCentre();
const HOUR_MS = 3_600_000;

function plain(what: Parameters<typeof encodeDownlink>[0]): Uint8Array {
  const written = encodeDownlink(what);
  if (!written.ok) throw new Error(written.reason);
  return written.bytes;
}

/** Sealed as the centre would, whatever it is. */
function sealed(bytes: Uint8Array, context = DOWNLINK_CONTEXT, key = DOWNLINK_KEY): Uint8Array {
  const made = sealMessage(createSealer(crypto, key, new Uint8Array(16).fill(3)), bytes, context);
  if (!made.ok) throw new Error(made.reason);
  return made.bytes;
}

test("a new downlink is carried out once, journalled, kept and told", () => {
  const world = new DownlinkWorld();
  world.take(centre(message(1, "locate")));
  const receipt = { counter: 1, kind: "locate", outcome: "done", next: 0 };
  expect(world.done).toMatchObject([{ counter: 1, kind: "locate", again: false }]);
  expect([world.journal, world.told, world.inbox.last]).toEqual([[receipt], [receipt], receipt]);
});

test("the counter stands before anything is done", () => {
  const world = new DownlinkWorld();
  const taken = openDownlink(world.inbox, centre(message(7, "locate")), world.nowMs);
  expect(taken.kind).toBe("command");
  world.boot();
  expect(world.inbox.last).toEqual({ counter: 7, kind: "locate", outcome: "begun", next: 0 });
  expect(world.take(centre(message(6, "locate")))).toMatchObject({ reason: "downlink.replayed" });
  world.take(centre(message(7, "locate")));
  expect(world.done).toMatchObject([{ counter: 7, again: true }]);
});

test("a repeated counter gets the same receipt, before and after a boot, and nothing is done or written", () => {
  const world = new DownlinkWorld();
  world.outcome = () => "order.forged";
  world.take(centre(message(3, "end", [], new Uint8Array(9))));
  world.take(centre(message(3, "end", [], new Uint8Array(9))));
  world.boot();
  const { operations } = world;
  world.take(centre(message(3, "locate")));
  expect(world.done).toHaveLength(1);
  expect(world.journal).toHaveLength(1);
  expect(world.operations).toBe(operations);
  expect(world.told).toEqual(Array(3).fill({ counter: 3, kind: "end", outcome: "order.forged", next: 0 }));
});

test("no receipt leaves that the journal did not take; once it takes one the downlink is done again, and told", () => {
  const world = new DownlinkWorld();
  world.isFull = true;
  world.take(centre(message(1, "locate")));
  world.take(centre(message(1, "locate")));
  expect(world.told).toEqual([]);
  expect(world.inbox.last?.outcome).toBe("begun");
  world.boot();
  world.isFull = false;
  world.take(centre(message(1, "locate")));
  const receipt = { counter: 1, kind: "locate", outcome: "done", next: 0 };
  expect([world.journal, world.told]).toEqual([[receipt], [receipt]]);
});

test("a flood of repetitions is answered once a minute", () => {
  const world = new DownlinkWorld();
  const bytes = centre(message(1, "locate"));
  for (let i = 0; i < 600; i++) {
    world.take(bytes);
    world.nowMs += 1_000;
  }
  expect(world.told.length).toBeLessThanOrEqual(11);
  expect(world.done).toHaveLength(1);
});

test.each([
  ["nothing", new Uint8Array(0), "downlink.garbage"],
  ["noise", Uint8Array.from({ length: 90 }, (_, i) => i * 7), "downlink.garbage"],
  ["a message without a seal", plain(message(9, "locate")), "downlink.unsealed"],
  [
    "another kind of seal",
    sealMac0(crypto, DOWNLINK_KEY, plain(message(9, "locate")), DOWNLINK_CONTEXT),
    "downlink.garbage",
  ],
  ["another key", createCentre(new Uint8Array(32))(message(9, "locate")), "downlink.forged"],
  ["another purpose", sealed(plain(message(9, "locate")), UPLINK_CONTEXT), "downlink.forged"],
  [
    "a changed byte",
    centre(message(9, "locate")).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)),
    "downlink.forged",
  ],
  ["another device's id", createCentre()({ ...message(9, "locate"), device: "OMB-000124" }), "downlink.foreign"],
  ["no message under the seal", sealed(new Uint8Array(4)), "downlink.malformed"],
  ["an older counter", centre(message(1, "locate")), "downlink.replayed"],
  ["a chunk of nothing", centre(message(9, "image-chunk", [1, 0], new Uint8Array(8))), "downlink.no-offer"],
])("%s is refused by its own reason, and changes nothing", (_, bytes, reason) => {
  const world = new DownlinkWorld();
  world.take(centre(message(2, "locate")));
  const { operations } = world;
  const before = world.secrets.read(SLOT_DOWNLINK);
  expect(world.take(bytes)).toEqual({ kind: "refused", reason, isNews: true });
  expect(world.take(bytes)).toEqual({ kind: "refused", reason, isNews: false });
  world.nowMs += HOUR_MS;
  expect(world.take(bytes)).toEqual({ kind: "refused", reason, isNews: true });
  expect(world.operations).toBe(operations);
  expect(world.secrets.read(SLOT_DOWNLINK)).toEqual(before);
});

test("without a key nothing is opened, and a chip that takes no counter gets nothing done", () => {
  const world = new DownlinkWorld();
  world.inbox.secrets = { ...world.secrets, write: () => false };
  expect(world.take(centre(message(1, "locate")))).toMatchObject({ reason: "downlink.unwritten" });
  expect(world.done).toEqual([]);
  world.boot();
  world.secrets.erase(SLOT_KEY + PURPOSE_DOWNLINK);
  expect(world.take(centre(message(1, "locate")))).toMatchObject({ reason: "downlink.no-key" });
});

test("a flood of a day, of every kind of hostile bytes, makes a few hundred findings and no write", () => {
  const world = new DownlinkWorld();
  world.take(centre(message(5, "locate")));
  const { operations } = world;
  const hostile = [
    new Uint8Array(3),
    plain(message(9, "locate")),
    createCentre(new Uint8Array(32))(message(9, "locate")),
    centre(message(4, "locate")),
    centre(message(5, "order-chunk", [0, 0], new Uint8Array(9))),
    centre(message(5, "locate")),
  ];
  let findings = 0;
  for (let i = 0; i < 30_000; i++) {
    const taken = world.take(hostile[i % hostile.length]);
    if (taken.kind === "refused" && taken.isNews) findings += 1;
    world.nowMs += 2_880;
  }
  expect(findings).toBeLessThanOrEqual(5 * 25);
  expect(world.operations).toBe(operations);
  expect(world.journal).toHaveLength(1);
});

test("each kind comes to the shell with what it brings", () => {
  const world = new DownlinkWorld();
  const keys = new Uint8Array(48).fill(4);
  const atMs = world.nowMs - 8_000;
  world.take(centre(message(1, "end", [], new Uint8Array([1, 2]))));
  world.take(centre(message(2, "lease", [], sealLease(LEASE))));
  world.take(centre(message(3, "day-keys", [20_000], keys)));
  world.take(centre(message(4, "locate")));
  world.take(centre(message(5, "pause", [1_700_000_900_000])));
  world.take(centre(message(6, "time", [1_700_000_100_000, atMs], SALT)));
  world.take(centre(message(7, "ack", [40, 50])));
  world.take(centre(message(8, "image", [3], new Uint8Array([7, 8, 9]))));
  expect(world.done).toMatchObject([
    { kind: "end", bytes: new Uint8Array([1, 2]) },
    { kind: "lease" },
    { kind: "day-keys", first: 20_000, bytes: keys },
    { kind: "locate" },
    { kind: "pause", first: 1_700_000_900_000 },
    { kind: "time", first: 1_700_000_104_001, second: 4_001 },
    { kind: "ack", first: 40, second: 50 },
    { kind: "image", bytes: new Uint8Array([7, 8, 9]) },
  ]);
  expect(decodeLease(world.done[1].bytes)).toEqual({ ok: true, value: LEASE });
});

test("the time is true within its error wherever the delay was, and is not taken when it was held back", () => {
  const world = new DownlinkWorld();
  const asked = world.nowMs;
  let counter = 0;
  for (const [thereMs, backMs] of [
    [0, 0],
    [0, 60_000],
    [60_000, 0],
    [899_000, 500],
  ]) {
    counter += 1;
    const skewMs = 123_456_789;
    world.nowMs = asked + thereMs + backMs;
    world.take(centre(message(counter, "time", [asked + thereMs + skewMs, asked], SALT)));
    const { first, second } = world.done[counter - 1];
    expect(Math.abs(first - (world.nowMs + skewMs))).toBeLessThanOrEqual(second);
  }
  const stale = { outcome: "downlink.stale" };
  world.nowMs = asked + 900_001;
  world.take(centre(message(10, "time", [asked, asked], SALT)));
  world.take(centre(message(11, "time", [asked, world.nowMs + 1], SALT)));
  world.take(centre(message(12, "time", [asked, world.nowMs], new Uint8Array(16))));
  world.inbox.salt = undefined;
  world.take(centre(message(13, "time", [asked, world.nowMs], SALT)));
  expect(world.told.slice(-4)).toMatchObject([stale, stale, stale, stale]);
  expect(world.done).toHaveLength(counter);
});

test("a lease that the order's key did not seal is refused with a receipt, and without the key none is taken", () => {
  const world = new DownlinkWorld();
  world.take(centre(message(1, "lease", [], sealLease(LEASE, new Uint8Array(32)))));
  world.take(
    centre(
      message(
        2,
        "lease",
        [],
        sealMac0(crypto, new Uint8Array(32).fill(6), new Uint8Array(3), bytesOf("omamori lease")),
      ),
    ),
  );
  world.secrets.erase(SLOT_KEY + PURPOSE_LEASE);
  world.take(centre(message(3, "lease", [], sealLease(LEASE))));
  expect(world.told.map((receipt) => receipt.outcome)).toEqual(["lease.forged", "lease.malformed", "lease.no-key"]);
  expect(world.done).toEqual([]);
});

test("an offer in pieces: its sealed part in order, then what it names; other downlinks come in between", () => {
  const world = new DownlinkWorld();
  const whole = Uint8Array.from({ length: 2_500 }, (_, i) => i);
  let pieces = 3;
  world.outcome = ({ kind }) => {
    if (kind === "order") return "taken";
    if (kind === "order-chunk") pieces -= 1;
    return kind === "order-chunk" && pieces > 0 ? "taken" : "done";
  };
  const part = (from: number, to: number) => centre(message(1, "order-chunk", [0, from], whole.slice(from, to)));
  world.take(centre(message(1, "order", [2_500], whole.slice(0, 1_000))));
  world.take(part(1_000, 2_000));
  world.take(part(1_000, 2_000));
  world.take(centre(message(2, "locate")));
  world.take(part(2_000, 2_500));
  expect(world.done.map((command) => command.kind)).toEqual(["locate", "order"]);
  expect(world.done[1].bytes).toEqual(whole);
  const { operations } = world;
  for (let i = 0; i < 2; i++) world.take(centre(message(1, "order-chunk", [1, 1_024 * i], new Uint8Array(1_024))));
  // An action each, and neither journal nor slot.
  expect(world.operations).toBe(operations + 2);
  world.take(centre(message(1, "order-chunk", [1, 2_048], new Uint8Array(5))));
  expect(world.done.slice(2).map((command) => command.first)).toEqual([0, 1, 2]);
  expect(world.told.at(-1)).toEqual({ counter: 1, kind: "order", outcome: "done", next: 0 });
  expect(world.inbox.last).toMatchObject({ counter: 2, kind: "locate" });
  world.boot();
  expect(world.take(centre(message(1, "order-chunk", [1, 0], new Uint8Array(5))))).toMatchObject({
    reason: "downlink.no-offer",
  });
});

test("a piece of the sealed part that does not follow, or has no beginning since a boot, is answered with what is wanted", () => {
  const world = new DownlinkWorld();
  world.take(centre(message(1, "image", [2_000], new Uint8Array(500))));
  world.take(centre(message(1, "image-chunk", [0, 600], new Uint8Array(100))));
  expect(world.told.at(-1)).toEqual({ counter: 1, kind: "image-chunk", outcome: "taken", next: 500 });
  world.boot();
  world.take(centre(message(1, "image-chunk", [0, 500], new Uint8Array(100))));
  expect(world.told.at(-1)).toEqual({ counter: 1, kind: "image-chunk", outcome: "taken", next: 0 });
  // The same offer again, under its own counter, begins anew.
  world.take(centre(message(1, "image", [2_000], new Uint8Array(500))));
  world.take(centre(message(1, "image-chunk", [0, 500], new Uint8Array(1_000))));
  world.take(centre(message(1, "image-chunk", [0, 1_500], new Uint8Array(500))));
  expect(world.done).toMatchObject([{ kind: "image", counter: 1, bytes: { length: 2_000 } }]);
});

test("pieces that pass the end, or that begin nowhere, are refused", () => {
  const world = new DownlinkWorld();
  world.take(centre(message(1, "order", [5], new Uint8Array(6))));
  expect(world.told.at(-1)).toMatchObject({ outcome: "downlink.bad-chunk" });
  world.take(centre(message(2, "order", [1_000], new Uint8Array(6))));
  for (const numbers of [
    [0, 0],
    [1, 1],
  ])
    expect(world.take(centre(message(2, "order-chunk", numbers, new Uint8Array(1_001))))).toMatchObject({
      reason: "downlink.bad-chunk",
    });
  expect(world.done).toEqual([]);
});

test("a completed offer is closed: its last piece, replayed, neither installs nor tests anything again", () => {
  const world = new DownlinkWorld();
  world.outcome = ({ kind }) => (kind === "image" ? "taken" : "done");
  world.take(centre(message(1, "image", [4], new Uint8Array(4))));
  const last = centre(message(1, "image-chunk", [1, 0], new Uint8Array(9)));
  world.take(last);
  expect(world.told.at(-1)).toMatchObject({ kind: "image", outcome: "done" });
  expect(world.take(last)).toMatchObject({ reason: "downlink.no-offer" });
  world.boot();
  expect(world.take(last)).toMatchObject({ reason: "downlink.no-offer" });
  expect(world.done).toHaveLength(2);
});

test("a piece that is refused is told, journalled once an hour, and leaves the offer open", () => {
  const world = new DownlinkWorld();
  world.outcome = ({ kind }) => (kind === "order" ? "taken" : "order.pack-mismatch");
  world.take(centre(message(1, "order", [4], new Uint8Array(4))));
  const before = world.journal.length;
  for (let i = 0; i < 50; i++) world.take(centre(message(1, "order-chunk", [1, 0], new Uint8Array(9))));
  expect(world.journal.slice(before)).toEqual([
    { counter: 1, kind: "order-chunk", outcome: "order.pack-mismatch", next: 0 },
  ]);
  expect(world.inbox.openOrder).toBe(1);
});

test("an offer that is repeated while it is open goes on, and what it says anew is journalled once", () => {
  const world = new DownlinkWorld();
  world.outcome = () => "taken";
  const offer = centre(message(1, "order", [4], new Uint8Array(4)));
  for (let i = 0; i < 20; i++) world.take(offer);
  expect(world.done).toHaveLength(20);
  expect(world.journal).toHaveLength(1);
  expect(world.told).toHaveLength(2);
});

test("the device's id is taken from the chip", () => {
  const world = new DownlinkWorld();
  world.secrets.write(SLOT_DEVICE, bytesOf("OMB-9"));
  expect(world.take(centre(message(1, "locate")))).toMatchObject({ reason: "downlink.foreign" });
  expect(world.take(centre({ ...message(1, "locate"), device: "OMB-9" })).kind).toBe("command");
  expect(DEVICE).not.toBe("OMB-9");
});
