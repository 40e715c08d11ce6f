import { provision } from "../../firmware/bracelet/identity.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { type Booted, bootImage } from "../../firmware/update/loader.ts";
import { offerImageChunk, offerManifest, openUpdate, type Update } from "../../firmware/update/session.ts";
import { INCOMING, PREVIOUS, PRIMARY } from "../../firmware/update/slots.ts";
import { type SealFor, sealImage } from "../../host/images/seal.ts";
import { parseVersion } from "../../host/images/version.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { buildImage, readImage } from "../../protocol/image/container.ts";
import { IMAGE_MOST_BYTES, IMAGE_SLOT_BYTES, type ImageTarget } from "../../protocol/messages/image.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { type CellFlash, createSuppliedFlash, createSupply, type Supply } from "./flash.ts";

export const CRYPTO = createNodeCrypto();
export const BLOCK_BYTES = 4096;
/** The places begin somewhere in the middle. */
export const ADDRESS = 2 * BLOCK_BYTES;
const CHIP_BYTES = 2 * BLOCK_BYTES;
export const DEVICE = "OMB-000123";
export const TARGET: ImageTarget = { board: "xiao-ble", engine: 0, elf: new Uint8Array(0) };
export const SLOTS = [PRIMARY, INCOMING, PREVIOUS];

/** An image that can be told from every other by its payload. */
export interface Made {
  name: string;
  rollback: number;
  payload: Uint8Array;
  /** As the host writes it. */
  file: Uint8Array;
  sealed: Uint8Array;
  /** What travels in pieces. */
  covered: Uint8Array;
  hash: Uint8Array;
}

interface Wanted {
  rollback?: number;
  bytes?: number;
  format?: number;
  formatsBack?: number;
  target?: ImageTarget;
  version?: string;
}

export function imageKey(): Uint8Array {
  return new Uint8Array(32).fill(3);
}

export const FOR_DEVICE: SealFor = { device: DEVICE, key: imageKey() };

export function makeImage(name: string, wanted: Wanted = {}, target: SealFor = FOR_DEVICE): Made {
  const { rollback = 1, bytes = 5_000, format = 1, formatsBack = 0 } = wanted;
  const random = seededRandom(7, name);
  const payload = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  const plain = buildImage(CRYPTO, {
    version: parseVersion(wanted.version ?? "1.2.3+4") as never,
    loadAddress: 0,
    payload,
    rollback,
    info: { ...(wanted.target ?? TARGET), format, formatsBack, source: new Uint8Array(32).fill(9) },
  });
  const read = readImage(CRYPTO, plain);
  if (!read.ok) throw new Error(read.reason);
  const file = sealImage(plain, read.image, target);
  const again = readImage(CRYPTO, file);
  if (!again.ok || again.image.sealedManifest === undefined) throw new Error("not sealed");
  const { sealedManifest: sealed, hash, coveredBytes } = again.image;
  return { name, rollback, payload, file, sealed, covered: file.slice(0, coveredBytes), hash };
}

/** A device that can be switched off and on again; flashes outlive it. */
export interface Device {
  supply: Supply;
  bulk: CellFlash;
  chip: CellFlash;
  /** Runs the loader, as at every boot. */
  boot(): Booted;
  /** What the running image makes of it. */
  open(): Update;
}

/** With `image` in primary, as the factory leaves it; provisioned unless told otherwise. */
export function createDevice(image: Made | undefined, { provisioned = true, seed = 1 } = {}): Device {
  const supply = createSupply(seed);
  const bulk = createSuppliedFlash(supply, new Uint8Array(ADDRESS + 3 * IMAGE_SLOT_BYTES).fill(0xff), BLOCK_BYTES);
  const chip = createSuppliedFlash(supply, new Uint8Array(CHIP_BYTES).fill(0xff), BLOCK_BYTES);
  const device = deviceOn(supply, bulk, chip);
  if (image !== undefined) putImage(device, PRIMARY, image);
  if (provisioned) {
    const keys = new Uint8Array(256).map((_, i) => Math.floor(i / 32) + 1);
    const done = provision(openSecrets(chip, 0, CHIP_BYTES), new TextEncoder().encode(DEVICE), 1, keys);
    if (!done.ok) throw new Error(done.reason);
  }
  supply.operations = 0;
  return device;
}

/** The same flashes' contents under another supply: what is done to it does not reach the first. */
export function copyDevice(device: Device, seed: number): Device {
  const supply = createSupply(seed);
  const copy = (flash: CellFlash) => createSuppliedFlash(supply, flash.cells.slice(), flash.eraseBytes);
  return deviceOn(supply, copy(device.bulk), copy(device.chip));
}

function deviceOn(supply: Supply, bulk: CellFlash, chip: CellFlash): Device {
  const secrets = () => openSecrets(chip, 0, CHIP_BYTES);
  return {
    supply,
    bulk,
    chip,
    boot: () => bootImage({ flash: bulk, address: ADDRESS, secrets: secrets(), crypto: CRYPTO }, TARGET),
    open: () => openUpdate({ flash: bulk, address: ADDRESS }, secrets(), CRYPTO, TARGET),
  };
}

/** As a programmer on USB, or somebody with a clip, writes it. */
export function putImage({ bulk }: Device, slot: number, image: Made): void {
  const at = ADDRESS + IMAGE_SLOT_BYTES * slot;
  bulk.cells.fill(0xff, at, at + IMAGE_SLOT_BYTES);
  bulk.cells.set(image.file, at);
  bulk.cells.set([image.sealed.length >> 8, image.sealed.length & 255], at + IMAGE_MOST_BYTES);
  bulk.cells.set(image.sealed, at + IMAGE_MOST_BYTES + 2);
}

/** One bit of a slot's payload falls. */
export function rot({ bulk }: Device, slot: number, offset = 40): void {
  bulk.cells[ADDRESS + IMAGE_SLOT_BYTES * slot + offset] ^= 1;
}

/** Which of the images was started, whole; throws where it is none of them. */
export function startedOf(device: Device, booted: Booted, images: Made[]): Made {
  if (!booted.ok) throw new Error(booted.reason);
  const payload = device.bulk.cells.slice(booted.address, booted.address + booted.bytes);
  const found = images.find((image) => Buffer.compare(image.payload, payload) === 0);
  if (found === undefined) throw new Error("what was started is none of the images, or not whole");
  return found;
}

/** Takes in the whole image, from where it stands. */
export function takeIn(update: Update, image: Made): void {
  let took = offerManifest(update, image.sealed);
  while (took.ok && took.nextOffset < took.totalBytes)
    took = offerImageChunk(update, took.nextOffset, image.covered.slice(took.nextOffset, took.nextOffset + 1024));
  if (!took.ok) throw new Error(took.reason);
}
