import { expect, test } from "vitest";
import { openSecrets } from "../../firmware/secrets/store.ts";
import {
  BATTERY_FLOOR_PERCENT,
  confirmImage,
  eraseIncoming,
  formatToWrite,
  offerImageChunk,
  offerManifest,
  openUpdate,
  PROVE_MS,
  proveImage,
  takeOutcome,
  testImage,
} from "../../firmware/update/session.ts";
import { INCOMING, leastRollback, OUTCOME_CONFIRMED } from "../../firmware/update/slots.ts";
import { FOR_DEVELOPMENT } from "../../host/images/seal.ts";
import { decode, encode } from "../../protocol/cbor/codec.ts";
import { IMAGE_CONTEXT, ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { UPDATE_OUTCOMES } from "../../protocol/messages/image.ts";
import {
  ADDRESS,
  CRYPTO,
  createDevice,
  DEVICE,
  imageKey,
  type Made,
  makeImage,
  rot,
  startedOf,
  TARGET,
  takeIn,
} from "./world.ts";

const A = makeImage("a");
const B = makeImage("b", { rollback: 2, bytes: 9_000 });
const FACTS = { journal: true, order: true, receiver: true, uplink: true, coverage: true };

function running(image: Made = A) {
  const device = createDevice(image);
  device.boot();
  return { device, update: device.open() };
}

/** Device under test of B. */
function trying(image = B) {
  const { device, update } = running();
  takeIn(update, image);
  expect(testImage(update, 100)).toEqual({ ok: true });
  expect(device.boot()).toMatchObject({ ok: true, testing: true, development: false });
  return { device, update: device.open() };
}

const refuses = (made: Made, reason: string) => {
  const { update } = running();
  expect(offerManifest(update, made.sealed)).toEqual({ ok: false, reason });
  expect(testImage(update, 100)).toEqual({ ok: false, reason: "image.no-manifest" });
};

test("an image that is not for this device is refused, and says why", () => {
  refuses(makeImage("x", {}, { device: "OMB-000124", key: imageKey() }), "image.foreign");
  refuses(makeImage("x", {}, { device: DEVICE, key: new Uint8Array(32) }), "image.forged");
  refuses(makeImage("x", {}, FOR_DEVELOPMENT), "image.forged");
  refuses(makeImage("x", { target: { ...TARGET, board: "bangle" } }), "image.wrong-board");
  refuses(makeImage("x", { target: { ...TARGET, engine: 1, elf: new Uint8Array(32) } }), "image.wrong-engine");
  refuses(makeImage("x", { format: 3, formatsBack: 1 }), "image.format-gap");
});

test("an XS image is refused for another ELF", () => {
  const elf = new Uint8Array(32).fill(4);
  const target = { board: "mps2", engine: 1, elf };
  const device = createDevice(undefined);
  const update = openUpdate(
    { flash: device.bulk, address: ADDRESS },
    openSecrets(device.chip, 0, 8192),
    CRYPTO,
    target,
  );
  const other = { ...target, elf: new Uint8Array(32).fill(5) };
  expect(offerManifest(update, makeImage("x", { target: other }).sealed)).toMatchObject({ reason: "image.wrong-elf" });
  expect(offerManifest(update, makeImage("x", { target }).sealed)).toMatchObject({ ok: true, nextOffset: 0 });
});

test("nothing but a manifest under this seal, for this purpose, is one", () => {
  const { update } = running();
  const payload = decode(B.sealed) as Uint8Array[];
  const asOrder = sealMac0(CRYPTO, imageKey(), payload[2], ORDER_CONTEXT);
  expect(offerManifest(update, asOrder)).toMatchObject({ reason: "image.forged" });
  expect(offerManifest(update, payload[2])).toMatchObject({ reason: "image.unsealed" });
  expect(offerManifest(update, new Uint8Array(0))).toMatchObject({ reason: "image.unsealed" });
  const nonsense = sealMac0(CRYPTO, imageKey(), Uint8Array.of(0x80), IMAGE_CONTEXT);
  expect(offerManifest(update, nonsense)).toMatchObject({ reason: "image.malformed" });
});

test("every bit of a sealed manifest counts", () => {
  const { update } = running();
  for (let i = 0; i < B.sealed.length * 8; i++) {
    const spoilt = B.sealed.slice();
    spoilt[i >> 3] ^= 1 << (i & 7);
    const answer = offerManifest(update, spoilt);
    expect(answer.ok ? "" : answer.reason, `bit ${i}`).toMatch(/^image\.(forged|unsealed)$/);
  }
});

test("every field of a manifest that says something else makes it another's, or makes its image none", () => {
  const payload = decode((decode(B.sealed) as Uint8Array[])[2]) as unknown[];
  const about = payload[3] as unknown[];
  const replace = (list: unknown[], at: number, ...by: unknown[]) => [
    ...list.slice(0, at),
    ...by,
    ...list.slice(at + by.length),
  ];
  const other = { text: "other", hash: new Uint8Array(32).fill(1) };
  const spoilt: [string, unknown[]][] = [
    ["image.foreign", replace(payload, 0, other.text)],
    ["image.wrong-board", replace(payload, 3, replace(about, 0, other.text))],
    ["image.wrong-engine", replace(payload, 3, replace(about, 1, 1, other.hash))],
    ["image.format-gap", replace(payload, 3, replace(about, 3, 9))],
    ["image.malformed", replace(payload, 5, 1025)],
    ["image.malformed", replace(payload, 6, new Uint8Array(15))],
    ["image.malformed", payload.slice(0, 6)],
    ["image.malformed", [...payload, 0]],
  ];
  const { update } = running();
  for (const [reason, fields] of spoilt) {
    const sealed = sealMac0(CRYPTO, imageKey(), encode(fields as never), IMAGE_CONTEXT);
    expect(offerManifest(update, sealed), reason).toEqual({ ok: false, reason });
  }
  // Another length, or another hash, is a genuine manifest of an image that these pieces are not.
  for (const fields of [replace(payload, 5, 1), replace(payload, 6, new Uint8Array(16 * 9))]) {
    const sealed = sealMac0(CRYPTO, imageKey(), encode(fields as never), IMAGE_CONTEXT);
    expect(offerManifest(update, sealed)).toMatchObject({ ok: true });
    const last = Math.floor(B.covered.length / 1024) * 1024;
    for (const at of [0, last])
      expect(offerImageChunk(update, at, B.covered.slice(at, at + 1024)).ok && testImage(update, 100).ok).toBe(false);
  }
});

test("pieces come once, twice or out of turn; one that was not sealed is refused, and a reboot forgets nothing", () => {
  const { device, update } = running();
  const piece = (n: number) => B.covered.slice(1024 * n, 1024 * (n + 1));
  expect(offerImageChunk(update, 0, piece(0))).toEqual({ ok: false, reason: "image.no-manifest" });
  const total = B.covered.length;
  expect(offerManifest(update, B.sealed)).toEqual({ ok: true, nextOffset: 0, totalBytes: total });
  expect(offerImageChunk(update, 1024, piece(1))).toMatchObject({ ok: true, nextOffset: 0 });
  expect(offerImageChunk(update, 0, piece(1))).toEqual({ ok: false, reason: "image.piece-mismatch" });
  expect(offerImageChunk(update, 0, piece(0).slice(1))).toEqual({ ok: false, reason: "image.piece-mismatch" });
  expect(offerImageChunk(update, 0, piece(0))).toMatchObject({ nextOffset: 1024 });
  expect(offerImageChunk(update, 0, piece(0))).toMatchObject({ nextOffset: 1024 });
  expect(testImage(update, 100)).toEqual({ ok: false, reason: "image.incomplete" });
  device.boot();
  const later = device.open();
  expect(offerImageChunk(later, 1024, piece(1))).toMatchObject({ nextOffset: 2048 });
  expect(offerManifest(later, B.sealed)).toMatchObject({ nextOffset: 2048 });
  takeIn(later, B);
  expect(offerImageChunk(later, total, new Uint8Array(0))).toMatchObject({ ok: true, nextOffset: total });
  expect(testImage(later, 100)).toEqual({ ok: true });
});

test("another offer takes the place of the first, but not of one that is about to be tested", () => {
  const { device, update } = running();
  const c = makeImage("c", { bytes: 2_000 });
  takeIn(update, B);
  takeIn(update, c);
  expect(testImage(update, 100)).toEqual({ ok: true });
  expect(offerManifest(update, B.sealed)).toEqual({ ok: false, reason: "image.pending" });
  expect(offerManifest(update, c.sealed)).toMatchObject({ ok: true, nextOffset: c.covered.length });
  expect(eraseIncoming(update, true)).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), [A, B, c])).toBe(A);
  expect(UPDATE_OUTCOMES[takeOutcome(device.open())]).toBe("update.none");
});

test("a worn block is named, and the offer starts anew", () => {
  const { device, update } = running();
  offerManifest(update, B.sealed);
  device.bulk.cells[ADDRESS + 131_072 + 1030] = 0;
  offerImageChunk(update, 0, B.covered.slice(0, 1024));
  expect(offerImageChunk(update, 1024, B.covered.slice(1024, 2048))).toEqual({ ok: false, reason: "image.worn" });
  expect(offerImageChunk(update, 1024, B.covered.slice(1024, 2048))).toMatchObject({ reason: "image.no-manifest" });
  takeIn(update, B);
  expect(testImage(update, 100)).toEqual({ ok: true });
});

test("a test needs a charged battery, a loader, and a confirmed image that asks", () => {
  const { update } = running();
  takeIn(update, B);
  expect(testImage(update, BATTERY_FLOOR_PERCENT - 1)).toEqual({ ok: false, reason: "image.battery-low" });
  expect(testImage(update, BATTERY_FLOOR_PERCENT)).toEqual({ ok: true });
  const bare = createDevice(undefined).open();
  expect(testImage(bare, 100)).toEqual({ ok: false, reason: "image.no-loader" });
  const tested = trying().update;
  takeIn(tested, makeImage("c"));
  expect(testImage(tested, 100)).toEqual({ ok: false, reason: "image.unconfirmed" });
});

test("what lies in the flash is looked at again when the test is asked for", () => {
  const { device, update } = running();
  takeIn(update, B);
  rot(device, INCOMING);
  expect(testImage(update, 100)).toEqual({ ok: false, reason: "image.incomplete" });
});

test("an image is confirmed by journal, order, receiver and uplink together, and only then the counter moves", () => {
  for (const missing of ["journal", "order", "receiver", "uplink"] as const) {
    const { device, update } = trying();
    expect(proveImage(update, { ...FACTS, [missing]: false }, PROVE_MS - 1)).toBe("wait");
    expect(proveImage(update, { ...FACTS, [missing]: false }, PROVE_MS)).toBe("revert");
    expect(leastRollback(update)).toBe(1);
    expect(startedOf(device, device.boot(), [A, B])).toBe(A);
  }
  const { device, update } = trying();
  expect(proveImage(update, FACTS, 1_000)).toBe("confirmed");
  expect(leastRollback(update)).toBe(2);
  expect(UPDATE_OUTCOMES[takeOutcome(update)]).toBe("update.confirmed");
  expect(UPDATE_OUTCOMES[takeOutcome(update)]).toBe("update.none");
  expect(startedOf(device, device.boot(), [A, B])).toBe(B);
  expect(offerManifest(device.open(), A.sealed)).toEqual({ ok: false, reason: "image.rolled-back" });
});

test("without coverage it is confirmed at the end of its time, and the journal says so", () => {
  const { update } = trying();
  const alone = { ...FACTS, uplink: false, coverage: false };
  expect(proveImage(update, alone, PROVE_MS - 1)).toBe("wait");
  expect(proveImage(update, alone, PROVE_MS)).toBe("confirmed");
  expect(UPDATE_OUTCOMES[takeOutcome(update)]).toBe("update.unreached");
});

test("until it is confirmed, an image writes what the one before can read", () => {
  const { update } = trying(makeImage("newer", { rollback: 2, format: 3, formatsBack: 2 }));
  expect(formatToWrite(update, 3)).toBe(1);
  expect(confirmImage(update, OUTCOME_CONFIRMED)).toEqual({ ok: true });
  expect(formatToWrite(update, 3)).toBe(3);
  expect(offerManifest(update, makeImage("old format", { rollback: 2, format: 2 }).sealed)).toEqual({
    ok: false,
    reason: "image.format-gap",
  });
});

test("a slot on the chip that cannot be written changes nothing", () => {
  const { update } = running();
  takeIn(update, B);
  const { secrets } = update;
  update.secrets = { ...secrets, write: () => false };
  expect(testImage(update, 100)).toEqual({ ok: false, reason: "image.unwritten" });
  update.secrets = secrets;
  expect(testImage(update, 100)).toEqual({ ok: true });
});
