import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { addRelease, NO_RELEASES, readReleaseList, signReleaseList } from "../../host/images/releases.ts";
import { IMAGE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import { type Image, readImage } from "../../protocol/image/container.ts";
import { encodeReleaseList } from "../../protocol/messages/release.ts";
import { CRYPTO, makeImage } from "../update/world.ts";
import { SIGNED } from "./imgtool.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const KEYS = [{ role: "releases" as const, key: publicKey }];
const AT_MS = Date.UTC(2026, 10, 25);

function imageOf(name: string, wanted: Parameters<typeof makeImage>[1] = {}): Image {
  const read = readImage(CRYPTO, makeImage(name, wanted).file);
  if (!read.ok) throw new Error(read.reason);
  return read.image;
}

test("a release gathers the images of one source, and the list counts up", () => {
  const espruino = imageOf("a");
  const xs = imageOf("b", { target: { board: "mps2", engine: 1, elf: new Uint8Array(32).fill(1) } });
  const later = imageOf("c", { version: "1.3.0", rollback: 2 });
  const list = [espruino, xs, later, xs].reduce((before, image) => addRelease(before, image, AT_MS), NO_RELEASES);
  expect(list).toMatchObject({ number: 4, atMs: AT_MS });
  const artefacts = list.releases.map((release) => release.artefacts.map(({ hash }) => hash));
  expect(artefacts.map((hashes) => hashes.length).sort()).toEqual([1, 2]);
  expect(readReleaseList(signReleaseList(list, privateKey), KEYS, "x")).toEqual(list);
});

test("a version is released once: from another source, or with another counter, it needs a new number", () => {
  const list = addRelease(NO_RELEASES, imageOf("a"), AT_MS);
  expect(() => addRelease(list, imageOf("b", { rollback: 2 }), AT_MS)).toThrow("image.other-source");
  const read = readImage(CRYPTO, SIGNED);
  expect(() => read.ok && addRelease(list, read.image, AT_MS)).toThrow("image.none-of-ours");
});

test("a list that the releases key did not sign as one is none", () => {
  const list = addRelease(NO_RELEASES, imageOf("a"), AT_MS);
  const bytes = encodeReleaseList(list);
  if (!bytes.ok) throw new Error(bytes.reason);
  const signed = signReleaseList(list, privateKey);
  const flipped = signed.slice();
  flipped[40] ^= 1;
  for (const wrong of [flipped, bytes.bytes, sign1(privateKey, bytes.bytes, IMAGE_CONTEXT), new Uint8Array(0)])
    expect(() => readReleaseList(wrong, KEYS, "x")).toThrow("image.bad-release-list");
  const others = [{ role: "orders" as const, key: publicKey }];
  expect(() => readReleaseList(signed, others, "x")).toThrow("image.bad-release-list");
});
