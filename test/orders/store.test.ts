import { expect, test } from "vitest";
import {
  endOrder,
  forgetOrder,
  installOrder,
  type Orders,
  offerOrder,
  offerPackChunk,
  orderInForce,
} from "../../firmware/orders/store.ts";
import { SLOT_FIT, SLOT_KEY, SLOT_ORDER } from "../../firmware/secrets/slots.ts";
import { zoneCount } from "../../firmware/zones/pack.ts";
import { ORDER_CONTEXT, UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_BEACON, PURPOSE_IMAGE, PURPOSE_LEASE, PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { ORDER_PACK_AT, ORDER_PLACE_BYTES, SEALED_ORDER_MOST_BYTES } from "../../protocol/limits.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { createMutator } from "../fuzz/mutate.ts";
import {
  AREA_BYTES,
  circles,
  createBench,
  crypto,
  freshSlots,
  KEY,
  packOf,
  type SealedOrder,
  sealEnd,
  sealOrder,
  TERMS,
} from "./bench.ts";

/** What a device in force knows of its order. */
function inForce(orders: Orders): { counter: number; id: string; zones: number } | undefined {
  const order = orderInForce(orders);
  return order && { counter: order.counter, id: order.id, zones: zoneCount(order.pack) };
}

function offerAll(orders: Orders, { sealed, pieces }: SealedOrder): void {
  expect(offerOrder(orders, sealed, undefined)).toEqual({ ok: true, missing: pieces.length });
  for (const [i, piece] of pieces.entries())
    expect(offerPackChunk(orders, i, piece)).toEqual({ ok: true, missing: pieces.length - i - 1 });
}

function install(orders: Orders, order: SealedOrder): void {
  offerAll(orders, order);
  expect(installOrder(orders)).toMatchObject({ ok: true, forgotten: true });
}

function bytesOf(bench: { flash: ReturnType<typeof createBench>["flash"] }): Uint8Array {
  const all = new Uint8Array(AREA_BYTES);
  bench.flash.read(0, all, AREA_BYTES);
  return all;
}

const refusedFor = (reason: string) => ({ ok: false, reason });
const FIRST = sealOrder(1, circles(60));
const SECOND = sealOrder(2, circles(5, 300));

test("an order is offered, put in force, and found again at the next boot", () => {
  const bench = createBench();
  const { orders, finding } = bench.boot();
  expect([finding, inForce(orders)]).toEqual([undefined, undefined]);
  install(orders, FIRST);
  expect(inForce(orders)).toEqual({ counter: 1, id: "order 1", zones: 60 });
  expect(orderInForce(orders)?.duty).toEqual({
    fromMs: TERMS.fromMs,
    toMs: TERMS.toMs,
    utcOffsets: TERMS.utcOffsets,
    delayMs: 60_000,
    heartbeatMs: 900_000,
  });
  const again = bench.boot();
  expect([again.finding, inForce(again.orders)]).toEqual([undefined, inForce(orders)]);
  const { payload } = openMac0(crypto, KEY, FIRST.sealed, ORDER_CONTEXT) as { payload: Uint8Array };
  expect(orderInForce(again.orders)?.hash).toEqual(crypto.sha256(payload).slice(0, 16));
});

test("an offer changes nothing until it is installed, and pieces may come in any order, twice, over boots", () => {
  const bench = createBench();
  const first = bench.boot().orders;
  install(first, SECOND);
  const third = sealOrder(3, circles(80));
  expect(third.pieces.length).toBeGreaterThan(2);
  expect(offerOrder(first, third.sealed, undefined).ok).toBe(true);
  expect(offerPackChunk(first, 2, third.pieces[2])).toMatchObject({ ok: true, missing: third.pieces.length - 1 });
  expect(offerPackChunk(first, 2, third.pieces[2])).toMatchObject({ ok: true, missing: third.pieces.length - 1 });
  expect(installOrder(first)).toEqual(refusedFor("order.incomplete"));
  const { orders } = bench.boot();
  expect(inForce(orders)?.counter).toBe(2);
  // The same offer again goes on where it was.
  expect(offerOrder(orders, third.sealed, undefined)).toEqual({ ok: true, missing: third.pieces.length - 1 });
  for (const i of [1, 0, ...third.pieces.keys()]) expect(offerPackChunk(orders, i, third.pieces[i]).ok).toBe(true);
  expect(inForce(orders)?.counter).toBe(2);
  expect(installOrder(orders)).toMatchObject({ ok: true, forgotten: true });
  expect(inForce(bench.boot().orders)).toEqual({ counter: 3, id: "order 1", zones: 80 });
});

test("of an order that was replaced nothing can be read", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, FIRST);
  const secret = Buffer.from("zone 59");
  expect(Buffer.from(bytesOf(bench)).includes(secret)).toBe(true);
  install(orders, SECOND);
  expect(Buffer.from(bytesOf(bench)).includes(secret)).toBe(false);
  expect(
    bytesOf(bench)
      .subarray(0, ORDER_PLACE_BYTES)
      .every((byte) => byte === 0xff),
  ).toBe(true);
});

test("what is not sealed for this device is refused, each with its own code, and the order in force stays", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const before = bytesOf(bench);
  const payload = (openMac0(crypto, KEY, FIRST.sealed, ORDER_CONTEXT) as { payload: Uint8Array }).payload;
  const flipped = SECOND.sealed.slice();
  flipped[flipped.length - 1] ^= 1;
  const third = sealOrder(3, circles(1));
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(0), "order.unsealed"],
    [payload, "order.unsealed"],
    [new TextEncoder().encode('{"id": "order 1"}'), "order.unsealed"],
    [flipped, "order.forged"],
    [sealOrder(3, circles(1), { key: new Uint8Array(32).fill(8) }).sealed, "order.forged"],
    [sealMac0(crypto, KEY, payload, UPLINK_CONTEXT), "order.forged"],
    [sealMac0(crypto, KEY, payload.subarray(0, 40), ORDER_CONTEXT), "order.malformed"],
    [sealOrder(3, circles(1), { device: "OMB-000124" }).sealed, "order.foreign"],
    [sealEnd(3), "order.is-end"],
    [SECOND.sealed, "order.replayed"],
    [sealOrder(2, circles(1)).sealed, "order.replayed"],
    [FIRST.sealed, "order.rolled-back"],
    [new Uint8Array(SEALED_ORDER_MOST_BYTES + 1), "order.too-long"],
  ];
  for (const [sealed, reason] of cases)
    expect(offerOrder(orders, sealed, undefined), reason).toEqual(refusedFor(reason));
  expect(offerOrder(orders, third.sealed, 1_800_000_000_000)).toEqual(refusedFor("order.expired"));
  expect(Buffer.compare(bytesOf(bench), before)).toBe(0);
  // Where time is not trusted nothing is expired.
  expect(offerOrder(orders, third.sealed, undefined).ok).toBe(true);
  expect(inForce(orders)?.counter).toBe(2);
});

test("a device without an order key takes no order", () => {
  const slots = freshSlots();
  slots.delete(SLOT_KEY + PURPOSE_ORDER);
  expect(offerOrder(createBench(slots).boot().orders, FIRST.sealed, undefined)).toEqual(refusedFor("order.no-key"));
});

test("pieces that were not sealed, or not asked for, are refused and written nowhere", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  expect(offerPackChunk(orders, 0, FIRST.pieces[0])).toEqual(refusedFor("order.not-offered"));
  expect(installOrder(orders)).toEqual(refusedFor("order.not-offered"));
  offerOrder(orders, FIRST.sealed, undefined);
  const before = bytesOf(bench);
  const [one, two] = FIRST.pieces;
  const last = FIRST.pieces.length - 1;
  const hostile: [number, Uint8Array][] = [
    [0, two],
    [1, one],
    [0, one.subarray(1)],
    [0, Uint8Array.from([...one, 0])],
    [last, one],
    [last + 1, one],
    [-1, one],
    [0.5, one],
    [Number.NaN, one],
    [2 ** 40, one],
    [0, new Uint8Array(0)],
    [0, one.map((byte, i) => (i === 500 ? byte ^ 1 : byte))],
  ];
  for (const [index, bytes] of hostile)
    expect(offerPackChunk(orders, index, bytes), String(index)).toEqual(refusedFor("order.pack-mismatch"));
  expect(Buffer.compare(bytesOf(bench), before)).toBe(0);
});

test("a pack that is none is refused before it counts", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const good = packOf(circles(3));
  for (const pack of [
    good.subarray(0, good.length - 1),
    Uint8Array.from([...good, 0]),
    new Uint8Array(2000),
    new Uint8Array(1),
  ]) {
    const bad = sealOrder(orders.counter + 1 + (orders.offered?.genuine.counter ?? 0), [], { pack });
    offerAll(orders, bad);
    expect(installOrder(orders)).toEqual(refusedFor("order.pack-refused"));
    expect(inForce(bench.boot().orders)?.counter).toBe(2);
  }
});

test("flash that changed under an offer is noticed at its installing", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const third = sealOrder(3, circles(60));
  offerAll(orders, third);
  expect(orders.place).toBe(0);
  bench.flash.program(ORDER_PLACE_BYTES + ORDER_PACK_AT + 100, new Uint8Array(4));
  expect(installOrder(orders)).toEqual(refusedFor("order.pack-mismatch"));
});

test("flash that does not take an order says so, and takes it once it does", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const third = sealOrder(3, circles(60));
  const working = orders.flash;
  orders.flash = { ...working, program: () => {} };
  expect(offerOrder(orders, third.sealed, undefined)).toEqual(refusedFor("order.worn"));
  orders.flash = working;
  offerOrder(orders, third.sealed, undefined);
  orders.flash = {
    ...working,
    program: (address, bytes) =>
      working.program(
        address,
        bytes.map((b) => b & 0xfe),
      ),
  };
  expect(offerPackChunk(orders, 0, third.pieces[0])).toEqual(refusedFor("order.worn"));
  orders.flash = working;
  install(orders, third);
});

test("a slot that cannot be written leaves the old order in force", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const third = sealOrder(3, circles(6));
  offerAll(orders, third);
  const working = orders.secrets;
  orders.secrets = { ...working, write: () => false };
  expect(installOrder(orders)).toEqual(refusedFor("order.unwritten"));
  expect(endOrder(orders, sealEnd(4))).toEqual(refusedFor("order.unwritten"));
  expect(forgetOrder(orders)).toBe(false);
  expect(inForce(orders)?.counter).toBe(2);
  orders.secrets = working;
  expect(installOrder(orders)).toMatchObject({ ok: true });
  expect(inForce(orders)).toEqual({ counter: 3, id: "order 1", zones: 6 });
});

test("an order that ended leaves its counter and nothing else, and does not come back", () => {
  for (const how of ["sealed end", "date"] as const) {
    const bench = createBench();
    const { orders } = bench.boot();
    install(orders, FIRST);
    offerOrder(orders, SECOND.sealed, undefined);
    if (how === "date") expect(forgetOrder(orders)).toBe(true);
    else {
      expect(endOrder(orders, sealEnd(2, { id: "order 7" }))).toEqual(refusedFor("order.not-in-force"));
      expect(endOrder(orders, sealEnd(1))).toEqual(refusedFor("order.replayed"));
      expect(endOrder(orders, sealEnd(2, { device: "OMB-000124" }))).toEqual(refusedFor("order.foreign"));
      expect(endOrder(orders, SECOND.sealed)).toEqual(refusedFor("order.no-end"));
      expect(endOrder(orders, sealEnd(2, { key: new Uint8Array(32) }))).toEqual(refusedFor("order.forged"));
      expect(inForce(orders)?.counter).toBe(1);
      expect(endOrder(orders, sealEnd(2))).toEqual({ ok: true, missing: 0 });
      expect(endOrder(orders, sealEnd(2))).toEqual(refusedFor("order.replayed"));
    }
    expect(inForce(orders)).toBe(undefined);
    expect(bytesOf(bench).every((byte) => byte === 0xff)).toBe(true);
    const keys = [PURPOSE_LEASE, PURPOSE_BEACON, PURPOSE_ORDER].map((purpose) => bench.slots.has(SLOT_KEY + purpose));
    expect(keys).toEqual([false, false, true]);
    const next = bench.boot();
    expect([next.finding, inForce(next.orders), next.orders.counter]).toEqual([
      undefined,
      undefined,
      how === "date" ? 1 : 2,
    ]);
    expect(offerOrder(next.orders, FIRST.sealed, undefined)).toEqual(
      refusedFor(how === "date" ? "order.replayed" : "order.rolled-back"),
    );
    // Keys that come after the end are the next order's.
    bench.slots.set(SLOT_KEY + PURPOSE_BEACON, new Uint8Array(32));
    const { orders: last } = bench.boot();
    expect(bench.slots.has(SLOT_KEY + PURPOSE_BEACON)).toBe(true);
    install(last, sealOrder(3, circles(2)));
    expect(inForce(bench.boot().orders)?.counter).toBe(3);
  }
});

test("what cannot be erased is told at every boot until it is gone", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const { erase } = bench.flash;
  bench.flash.erase = () => {};
  const { orders: stuck } = bench.boot();
  expect(endOrder(stuck, sealEnd(3))).toEqual(refusedFor("order.not-forgotten"));
  for (let boot = 0; boot < 2; boot++) {
    const { orders: again, finding } = bench.boot();
    expect([finding, inForce(again), again.counter]).toEqual(["order.not-forgotten", undefined, 3]);
  }
  bench.flash.erase = erase;
  expect(bench.boot().finding).toBe(undefined);
  expect(bytesOf(bench).every((byte) => byte === 0xff)).toBe(true);
});

test("rewound to an older copy the bulk flash brings no older order back: no zones, and a finding", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, sealOrder(1, circles(2)));
  const old = bytesOf(bench);
  install(orders, sealOrder(2, circles(3)));
  const third = sealOrder(3, circles(4));
  install(orders, third);
  const put = (bytes: Uint8Array) => {
    for (let at = 0; at < AREA_BYTES; at += 4096) bench.flash.erase(at);
    bench.flash.program(0, bytes);
  };
  put(old);
  const { orders: rewound, finding } = bench.boot();
  expect([finding, inForce(rewound), rewound.counter]).toEqual(["order.rewound", undefined, 3]);
  // An older order is as old as ever; the very same one mends it.
  expect(offerOrder(rewound, sealOrder(2, circles(3)).sealed, undefined)).toEqual(refusedFor("order.rolled-back"));
  expect(offerOrder(rewound, sealOrder(3, circles(1)).sealed, undefined)).toEqual(refusedFor("order.replayed"));
  install(rewound, third);
  expect(inForce(bench.boot().orders)).toEqual({ counter: 3, id: "order 1", zones: 4 });
  const now = bytesOf(bench);
  for (let at = 0; at < AREA_BYTES; at += 4096) bench.flash.erase(at);
  expect(bench.boot().finding).toBe("order.damaged");
  put(now);
  expect(bench.boot().finding).toBe(undefined);
});

test("one bit anywhere of the order or its zones, and it is not in force", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const length = 4 + SECOND.sealed.length;
  // The seal's own last bytes: once the order is in force its hash on the chip vouches for it, and the seal is not asked again.
  const TAG_BYTES = 32;
  const packLength = SECOND.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const place = orders.place * ORDER_PLACE_BYTES;
  const whole = bytesOf(bench);
  const random = seededRandom(1, "bits");
  for (let run = 0; run < 300; run++) {
    const at = Math.floor(random() * (length + packLength));
    const address = place + (at < length ? at : ORDER_PACK_AT + at - length);
    const block = address - (address % 4096);
    const flipped = whole.slice(block, block + 4096);
    flipped[address - block] ^= 1 << Math.floor(random() * 8);
    bench.flash.erase(block);
    bench.flash.program(block, flipped);
    const { orders: hurt, finding } = bench.boot();
    const isTag = at >= length - TAG_BYTES && at < length;
    if (isTag) expect([finding, inForce(hurt)?.counter], `byte ${at}`).toEqual([undefined, 2]);
    else expect([finding, inForce(hurt)], `byte ${at}`).toEqual(["order.damaged", undefined]);
    bench.flash.erase(block);
    bench.flash.program(block, whole.slice(block, block + 4096));
  }
  expect(bench.boot().finding).toBe(undefined);
});

test("mutated orders and ends never throw and never count", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  install(orders, SECOND);
  const seeds = [sealOrder(3, circles(1)).sealed, sealEnd(3)];
  const next = createMutator(2, "orders", seeds);
  for (let run = 0; run < 20_000; run++) {
    const hostile = next();
    if (seeds.some((seed) => Buffer.compare(seed, hostile) === 0)) continue;
    expect(offerOrder(orders, hostile, undefined).ok || endOrder(orders, hostile).ok).toBe(false);
  }
  expect(inForce(orders)?.counter).toBe(2);
  expect(bench.slots.get(SLOT_ORDER)?.[3]).toBe(2);
  expect(bench.slots.has(SLOT_KEY + PURPOSE_IMAGE)).toBe(false);
});

test("with the order goes who was to wear it", () => {
  for (const forget of [(orders: Orders) => endOrder(orders, sealEnd(3)).ok, forgetOrder]) {
    const bench = createBench(freshSlots());
    const { orders } = bench.boot();
    install(orders, FIRST);
    orders.secrets.write(SLOT_FIT, new Uint8Array(9).fill(1));
    expect(forget(orders)).toBe(true);
    expect(orders.secrets.read(SLOT_FIT)).toBeUndefined();
  }
});
