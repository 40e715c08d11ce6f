import fc from "fast-check";
import { expect, test } from "vitest";
import { readImageFile } from "../../host/images/read.ts";
import { FOR_DEVELOPMENT, sealImage } from "../../host/images/seal.ts";
import { parseVersion, versionText } from "../../host/images/version.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { buildImage, readImage } from "../../protocol/image/container.ts";
import { readImageTrailer } from "../../protocol/image/trailer.ts";
import { IMAGE_MOST_BYTES } from "../../protocol/messages/image.ts";
import { DEVICE, FOR_DEVICE, makeImage, TARGET } from "../update/world.ts";
import { PADDED, PAYLOAD, SIGNED } from "./imgtool.ts";

const CRYPTO = createNodeCrypto();

test("what imgtool makes is read and verified: protected TLVs, a larger header, padding and trailer", () => {
  const signed = readImage(CRYPTO, SIGNED);
  expect(signed).toMatchObject({
    ok: true,
    image: {
      header: { loadAddress: 0x20000, headerBytes: 32, version: { major: 1, minor: 2, revision: 3, build: 4 } },
      rollback: 9,
      info: undefined,
      sealedManifest: undefined,
      totalBytes: SIGNED.length,
    },
  });
  const padded = readImage(CRYPTO, PADDED);
  expect(padded).toMatchObject({ ok: true, image: { header: { headerBytes: 64 }, rollback: undefined } });
  for (const read of [signed, padded]) expect(read.ok && Buffer.from(read.image.payload).toString()).toBe(PAYLOAD);
  expect(readImageTrailer(SIGNED)).toBeUndefined();
  expect(readImageTrailer(PADDED)).toEqual({ imageOk: true, copyDone: false });
});

test("one of ours differs from imgtool's in nothing but our own TLV", () => {
  const info = { ...TARGET, format: 1, formatsBack: 0, source: new Uint8Array(32) };
  const ours = buildImage(CRYPTO, {
    version: { major: 1, minor: 2, revision: 3, build: 4 },
    loadAddress: 0x20000,
    payload: Buffer.from(PAYLOAD),
    rollback: 9,
    info,
  });
  // Up to the length of the protected TLVs, then past it, then the security counter.
  const same = (from: number, to: number) =>
    expect(ours.slice(from, to)).toEqual(Uint8Array.from(SIGNED.subarray(from, to)));
  same(0, 10);
  same(12, 16);
  same(20, 71);
  expect(ours.slice(75, 83)).toEqual(Uint8Array.from(SIGNED.subarray(75, 83)));
  expect(readImage(CRYPTO, ours)).toMatchObject({ ok: true, image: { info, rollback: 9 } });
});

test("one flipped bit in anything that the hash covers, or in the hash, is found", () => {
  const { file, covered } = makeImage("small", { bytes: 50 });
  for (let bit = 0; bit < 8 * (covered.length + 40); bit++) {
    const spoilt = file.slice();
    spoilt[bit >> 3] ^= 1 << (bit & 7);
    const read = readImage(CRYPTO, spoilt);
    expect(read.ok ? "" : read.reason, `bit ${bit}`).toMatch(/^image\./);
  }
});

test("a container that is cut off anywhere is refused", () => {
  const { file } = makeImage("small", { bytes: 50 });
  for (let length = 0; length < file.length; length++)
    expect(readImage(CRYPTO, file.slice(0, length)).ok, `${length} bytes`).toBe(false);
});

test("what is sealed is the image that was built, piece by piece, and can be sealed anew for another", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (bytes, rollback) => {
      const { file, hash } = makeImage("any", { bytes, rollback });
      const read = readImageFile(file, "x", () => FOR_DEVICE.key);
      expect(read).toMatchObject({ seal: "device", manifest: { device: DEVICE, rollback, hash } });
      const other = readImageFile(sealImage(file, read.image, FOR_DEVELOPMENT), "x");
      expect(other).toMatchObject({ seal: "development", manifest: { device: "development", hash } });
    }),
    { numRuns: 60 },
  );
});

test("an image with another's manifest, or with a seal that is not the device's, is refused", () => {
  const [a, b] = ["a", "b"].map((name) => makeImage(name));
  const swapped = a.file.slice();
  swapped.set(b.file.slice(a.covered.length + 40), a.covered.length + 40);
  expect(() => readImageFile(swapped, "x")).toThrow("image.bad-manifest");
  expect(() => readImageFile(a.file, "x", () => new Uint8Array(32))).toThrow("image.wrong-seal");
  expect(readImageFile(a.file, "x").seal).toBe("unchecked");
  const foreign = readImage(CRYPTO, SIGNED);
  expect(() => foreign.ok && sealImage(SIGNED, foreign.image, FOR_DEVELOPMENT)).toThrow("image.none-of-ours");
});

test("of a sealed image no flipped bit and no byte behind it is taken for genuine", () => {
  const { file } = makeImage("small", { bytes: 50 });
  const isGenuine = (bytes: Uint8Array) => {
    try {
      return readImageFile(bytes, "x", () => FOR_DEVICE.key).seal === "device";
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^image\./) });
      return false;
    }
  };
  expect(isGenuine(file)).toBe(true);
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const spoilt = file.slice();
    spoilt[bit >> 3] ^= 1 << (bit & 7);
    expect(isGenuine(spoilt), `bit ${bit}`).toBe(false);
  }
  for (const more of [[0], [0xff], [...PADDED]])
    expect(isGenuine(Uint8Array.from([...file, ...more])), `${more.length} more`).toBe(false);
});

test("the largest image and its manifest fill the place, and no more", () => {
  let bytes = 124_700;
  let length = 0;
  for (let isRoom = true; isRoom; bytes += 1) {
    try {
      length = makeImage("large", { bytes }).file.length;
    } catch (error) {
      expect(error).toMatchObject({ code: "image.too-large" });
      isRoom = false;
    }
  }
  // A further byte may begin a piece, whose hash takes 16.
  expect(length).toBeGreaterThan(IMAGE_MOST_BYTES - 17);
});

test("versions are MCUboot's", () => {
  for (const text of ["0.0.0", "1.2.3", "255.255.65535+4294967295"])
    expect(versionText(parseVersion(text) ?? { major: 9, minor: 9, revision: 9, build: 9 })).toBe(text);
  for (const text of ["", "1", "1.2", "256.0.0", "0.0.65536", "1.2.3+4294967296", "1.2.3-rc1", "v1.2.3", "1.2.3+"])
    expect(parseVersion(text), text).toBeUndefined();
});
