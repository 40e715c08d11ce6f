import { expect, test } from "vitest";
import { createManagedImages } from "../../firmware/update/managed.ts";
import { confirmImage } from "../../firmware/update/session.ts";
import { OUTCOME_CONFIRMED } from "../../firmware/update/slots.ts";
import { FOR_DEVELOPMENT } from "../../host/images/seal.ts";
import { CRYPTO, createDevice, type Made, makeImage, startedOf } from "./world.ts";

const A = makeImage("a");
const B = makeImage("b", { rollback: 2, bytes: 9_000, version: "2.0.1+7" });

/** As a stock client does it: pieces of `step`, from where the device says. */
function upload(images: ReturnType<typeof createManagedImages>, file: Uint8Array, step = 300): void {
  const sha = CRYPTO.sha256(file);
  for (let at = 0; at < file.length; ) {
    const took = images.upload(
      at,
      file.slice(at, at + step),
      at === 0 ? file.length : undefined,
      at === 0 ? sha : undefined,
    );
    if (!took.ok) throw new Error(took.reason);
    expect(took.nextOffset).toBeGreaterThan(at);
    at = took.nextOffset;
  }
}

function running(image: Made, provisioned = true) {
  const device = createDevice(image, { provisioned });
  device.boot();
  return { device, images: createManagedImages(device.open(), () => 80) };
}

test("a sealed file goes up as a stock client sends it, is listed, tested and started", () => {
  const { device, images } = running(A);
  upload(images, B.file);
  expect(images.slots()).toMatchObject([
    { slot: 0, version: "1.2.3+4", hash: A.hash, active: true, confirmed: true, pending: false },
    { slot: 1, version: "2.0.1+7", hash: B.hash, active: false, confirmed: false, pending: false },
  ]);
  expect(images.setState(A.hash, false)).toEqual({ ok: false, reason: "image.no-manifest" });
  expect(images.setState(B.hash, true)).toEqual({ ok: false, reason: "image.untested" });
  expect(images.setState(B.hash, false)).toEqual({ ok: true });
  expect(images.slots()[1].pending).toBe(true);
  expect(startedOf(device, device.boot(), [A, B])).toBe(B);
  const later = createManagedImages(device.open(), () => 80);
  expect(later.slots()[0]).toMatchObject({ version: "2.0.1+7", confirmed: false });
  // Nobody's word stands for an image in the field.
  expect(later.setState(undefined, true)).toEqual({ ok: false, reason: "image.unproven" });
});

test("at the bench a word confirms", () => {
  const [one, two] = ["one", "two"].map((name) => makeImage(name, {}, FOR_DEVELOPMENT));
  const { device, images } = running(one, false);
  upload(images, two.file, 1_111);
  expect(images.setState(two.hash, false)).toEqual({ ok: true });
  device.boot();
  expect(createManagedImages(device.open(), () => 80).setState(undefined, true)).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), [one, two])).toBe(two);
});

test("an upload goes on where offset and file agree, and begins anew with another file or after an erase", () => {
  const { images } = running(A);
  const sha = CRYPTO.sha256(B.file);
  const first = B.file.slice(0, 300);
  expect(images.upload(0, first, B.file.length, sha)).toEqual({ ok: true, nextOffset: 300 });
  expect(images.upload(900, first, undefined, undefined)).toEqual({ ok: true, nextOffset: 300 });
  expect(images.upload(0, first, B.file.length, sha)).toEqual({ ok: true, nextOffset: 300 });
  expect(images.upload(0, A.file.slice(0, 100), A.file.length, CRYPTO.sha256(A.file))).toEqual({
    ok: true,
    nextOffset: 100,
  });
  expect(images.erase()).toEqual({ ok: true });
  expect(images.upload(0, first, B.file.length, sha)).toEqual({ ok: true, nextOffset: 300 });
  expect(images.upload(300, new Uint8Array(B.file.length), undefined, undefined)).toMatchObject({
    reason: "image.too-long",
  });
  expect(images.upload(0, first, undefined, sha)).toMatchObject({ reason: "image.too-long" });
  expect(images.upload(0, first, 126_977, sha)).toMatchObject({ reason: "image.too-long" });
});

test("a file without a manifest, or with another device's, goes up and cannot be tested", () => {
  const foreign = makeImage("x", {}, { device: "OMB-9", key: new Uint8Array(32) });
  for (const file of [B.file.slice(0, B.covered.length + 40), foreign.file, new Uint8Array(700), new Uint8Array(3)]) {
    const { device, images } = running(A);
    upload(images, file);
    expect(images.slots()).toHaveLength(1);
    expect(images.setState(B.hash, false)).toEqual({ ok: false, reason: "image.no-manifest" });
    expect(startedOf(device, device.boot(), [A])).toBe(A);
  }
});

test("what is about to be tested is not overwritten; erasing calls the test off", () => {
  const { device, images } = running(A);
  upload(images, B.file);
  images.setState(B.hash, false);
  expect(images.upload(0, A.file.slice(0, 9), A.file.length, CRYPTO.sha256(A.file))).toMatchObject({
    reason: "image.pending",
  });
  expect(images.erase()).toEqual({ ok: true });
  expect(startedOf(device, device.boot(), [A, B])).toBe(A);
  expect(confirmImage(device.open(), OUTCOME_CONFIRMED)).toEqual({ ok: true });
});
