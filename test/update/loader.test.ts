import { expect, test } from "vitest";
import { provision } from "../../firmware/bracelet/identity.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { confirmImage, takeOutcome, testImage } from "../../firmware/update/session.ts";
import { INCOMING, OUTCOME_CONFIRMED, PRIMARY } from "../../firmware/update/slots.ts";
import { FOR_DEVELOPMENT } from "../../host/images/seal.ts";
import { UPDATE_OUTCOMES } from "../../protocol/messages/image.ts";
import { createDevice, type Device, makeImage, putImage, rot, SLOTS, startedOf, takeIn } from "./world.ts";

const A = makeImage("a");
const B = makeImage("b", { rollback: 2, bytes: 9_000 });
const SAME_AGE = makeImage("c", { rollback: 1 });
const IMAGES = [A, B, SAME_AGE];
const NO_IMAGE = { ok: false, reason: "loader.no-image" };

function askFor(device: Device, image = B): void {
  const update = device.open();
  takeIn(update, image);
  expect(testImage(update, 100)).toEqual({ ok: true });
}

function confirmedTo(image = B): Device {
  const device = createDevice(A);
  device.boot();
  askFor(device, image);
  device.boot();
  expect(confirmImage(device.open(), OUTCOME_CONFIRMED)).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), IMAGES)).toBe(image);
  return device;
}

test("what hangs or throws was started once, and never again", () => {
  const device = createDevice(A);
  device.boot();
  askFor(device);
  const image = startedOf(device, device.boot(), IMAGES);
  expect(image).toBe(B);
  // It loops, and the watchdog ends it; or it throws before it has done anything: neither leaves a word.
  for (let boot = 0; boot < 3; boot++) {
    expect(device.boot()).toMatchObject({ ok: true, testing: false });
    expect(startedOf(device, device.boot(), IMAGES)).toBe(A);
  }
  const update = device.open();
  expect(UPDATE_OUTCOMES[takeOutcome(update)]).toBe("update.reverted");
  // It may be tried again without being sent again.
  expect(testImage(update, 100)).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), IMAGES)).toBe(B);
});

test("one flipped bit in any one slot never stops the device", () => {
  for (const slot of SLOTS)
    for (const image of [A, B]) {
      const device = image === A ? createDevice(A) : confirmedTo(B);
      device.boot();
      rot(device, slot, 2_000);
      expect(startedOf(device, device.boot(), IMAGES), `slot ${slot}`).toBe(image);
      rot(device, slot, 126_976 + 100);
      expect(startedOf(device, device.boot(), IMAGES), `slot ${slot}`).toBe(image);
    }
});

test("a damaged image gives way to the one before, unless that is too old", () => {
  const young = confirmedTo(SAME_AGE);
  for (const slot of [PRIMARY, INCOMING]) rot(young, slot);
  expect(startedOf(young, young.boot(), IMAGES)).toBe(A);
  expect(UPDATE_OUTCOMES[takeOutcome(young.open())]).toBe("update.fell-back");
  const old = confirmedTo(B);
  for (const slot of [PRIMARY, INCOMING]) rot(old, slot);
  // A is below the counter: what lies in previous is another copy of B.
  expect(startedOf(old, old.boot(), IMAGES)).toBe(B);
  for (const slot of SLOTS) rot(old, slot, 3_000);
  expect(old.boot()).toEqual(NO_IMAGE);
});

test("an older image, genuine though it is, is not started from a bulk flash that was rewound", () => {
  const device = createDevice(A);
  device.boot();
  const before = device.bulk.cells.slice();
  askFor(device);
  device.boot();
  confirmImage(device.open(), OUTCOME_CONFIRMED);
  device.boot();
  device.bulk.cells.set(before);
  expect(device.boot()).toEqual(NO_IMAGE);
});

test("a genuine image that nobody asked to test is not started", () => {
  const device = createDevice(A);
  device.boot();
  putImage(device, PRIMARY, SAME_AGE);
  expect(startedOf(device, device.boot(), IMAGES)).toBe(A);
  for (const slot of SLOTS) putImage(device, slot, SAME_AGE);
  expect(device.boot()).toEqual(NO_IMAGE);
});

test("an image that is damaged before it is started is not, and the one that ran stays", () => {
  const device = createDevice(A);
  device.boot();
  askFor(device);
  rot(device, INCOMING, 1_500);
  expect(startedOf(device, device.boot(), IMAGES)).toBe(A);
  expect(UPDATE_OUTCOMES[takeOutcome(device.open())]).toBe("update.damaged");
});

test("an empty board stays in the loader, and says so; one that is flashed starts", () => {
  const device = createDevice(undefined);
  expect(device.boot()).toEqual(NO_IMAGE);
  putImage(device, PRIMARY, A);
  expect(startedOf(device, device.boot(), IMAGES)).toBe(A);
});

test("a board at the bench takes development images alone, as often as it is flashed, and shows it", () => {
  const [one, two] = ["one", "two"].map((name) => makeImage(name, {}, FOR_DEVELOPMENT));
  const device = createDevice(one, { provisioned: false });
  expect(device.boot()).toMatchObject({ ok: true, development: true });
  putImage(device, PRIMARY, two);
  expect(startedOf(device, device.boot(), [one, two])).toBe(two);
  expect(createDevice(A, { provisioned: false }).boot()).toEqual(NO_IMAGE);
  expect(createDevice(one).boot()).toEqual(NO_IMAGE);
});

test("what runs when a board is provisioned, or its keys are rotated, goes on; a development image comes no more", () => {
  const one = makeImage("one", {}, FOR_DEVELOPMENT);
  const device = createDevice(one, { provisioned: false });
  device.boot();
  const keys = new Uint8Array(256).map((_, i) => Math.floor(i / 32) + 1);
  const secrets = () => openSecrets(device.chip, 0, 8192);
  expect(provision(secrets(), new TextEncoder().encode("OMB-000123"), 1, keys)).toEqual({ ok: true });
  expect(device.boot()).toMatchObject({ ok: true, development: true });
  const two = makeImage("two", {}, FOR_DEVELOPMENT);
  expect(() => takeIn(device.open(), two)).toThrow("image.forged");
  askFor(device, A);
  expect(device.boot()).toMatchObject({ ok: true, testing: true, development: false });
  confirmImage(device.open(), OUTCOME_CONFIRMED);
  expect(
    provision(
      secrets(),
      new TextEncoder().encode("OMB-000123"),
      2,
      keys.map((k) => k + 100),
    ),
  ).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), [A, one])).toBe(A);
});
