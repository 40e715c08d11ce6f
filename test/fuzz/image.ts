import { createManagedImages } from "../../firmware/update/managed.ts";
import { offerManifest } from "../../firmware/update/session.ts";
import { IMAGE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { readImage } from "../../protocol/image/container.ts";
import { decodeImageManifest, encodeImageManifest } from "../../protocol/messages/image.ts";
import { createDevice, imageKey, makeImage } from "../update/world.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const CRYPTO = createNodeCrypto();
/** Otherwise next to nothing would come past the hash: here every container has the same one. */
const BLIND = { ...CRYPTO, sha256: () => new Uint8Array(32) };
const MADE = makeImage("fuzz", { bytes: 40 });
const GOOD = [MADE.file, MADE.file.slice(0, MADE.covered.length + 40)].map((file) => {
  file.fill(0, MADE.covered.length + 8, MADE.covered.length + 40);
  return file;
});
const MANIFEST = openMac0(CRYPTO, imageKey(), MADE.sealed, IMAGE_CONTEXT);
/** A device takes this many microseconds more than a reader. */
const DEVICE_EVERY = 50;

/** Containers for the host's reader; manifests and uploads for a device, which must still run what it ran. */
export const fuzzImage: Fuzz = (runs, seed, onRun) => {
  const nextFile = createMutator(seed, "image", GOOD);
  const nextManifest = createMutator(seed, "manifest", [MANIFEST.ok ? MANIFEST.payload : MADE.sealed]);
  const device = createDevice(makeImage("runs"));
  const booted = device.boot();
  const update = device.open();
  const images = createManagedImages(update, () => 100);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  const take = (accepted: boolean, reason: string) => {
    if (accepted) count.accepted += 1;
    else count.refused[reason] = (count.refused[reason] ?? 0) + 1;
  };
  for (let run = 0; run < runs; run++) {
    if (run % 2 === 0) {
      const read = checkFile(nextFile());
      take(read.ok, read.ok ? "" : read.reason);
    } else {
      const payload = nextManifest();
      const read = checkManifest(payload);
      take(read.ok, read.ok ? "" : read.reason);
      if (run % DEVICE_EVERY === 1) {
        offerManifest(update, payload);
        offerManifest(update, sealMac0(CRYPTO, imageKey(), payload, IMAGE_CONTEXT));
      }
    }
    if (run % DEVICE_EVERY === 0) {
      const file = nextFile();
      images.upload(0, file, file.length, undefined);
      images.slots();
      images.setState(file.slice(0, 32), run % 4 === 0);
    }
    onRun?.(run);
  }
  if (JSON.stringify(device.boot()) !== JSON.stringify(booted)) throw new Error(`seed ${seed}: another image runs`);
  return count;
};

function checkFile(bytes: Uint8Array): ReturnType<typeof readImage> {
  const read = readImage(BLIND, bytes);
  if (!read.ok && !(read.offset >= 0 && read.offset <= bytes.length)) throw new Error(`offset ${read.offset}`);
  if (read.ok) {
    const { header, payload, coveredBytes, totalBytes } = read.image;
    if (payload.length !== header.payloadBytes || coveredBytes > totalBytes || totalBytes > bytes.length)
      throw new Error(`lengths of ${Buffer.from(bytes).toString("hex")}`);
  }
  return read;
}

/** Whatever is accepted must be what we would have written. */
function checkManifest(bytes: Uint8Array): ReturnType<typeof decodeImageManifest> {
  const read = decodeImageManifest(bytes);
  if (!read.ok) return read;
  const again = encodeImageManifest(read.value);
  if (!again.ok || Buffer.compare(again.bytes, bytes) !== 0)
    throw new Error(`accepted ${Buffer.from(bytes).toString("hex")}`);
  return read;
}
