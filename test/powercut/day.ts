import { PURPOSE_IMAGE, PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { nameOfRecord } from "../../protocol/journal/order.ts";
import {
  ALERT,
  frameLength,
  isFrame,
  type JournalRecord,
  nextRatchet,
  readFrame,
  recordKey,
  tagOf,
} from "../../protocol/journal/record.ts";
import { IMAGE_SLOT_BYTES } from "../../protocol/messages/image.ts";
import type { Operation } from "../../simulator/faults/power-cut.ts";
import { BULK, boardMap, type Cells, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { SIMULATED_DEVICE, sealSimulatedOrder, simulatedKey } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";
import { circleAt, START_MS } from "../simulator/walks.ts";
import { makeImage } from "../update/world.ts";
import { commute, MINUTE_MS, putOn, takeOff } from "../world/story.ts";

export const crypto = createNodeCrypto();
/** So small that it goes round in the course of the day. */
export const JOURNAL_BYTES = 7 * ERASE_BYTES;
const HOURS = 5;

/** A record that the device was promised stands. */
export interface Stood extends JournalRecord {
  /** Operations done when it stood. */
  after: number;
  /** Where its frame lies in the bulk flash. */
  address: number;
  bytes: number;
  /** Operation that erased it; infinite: none did. */
  gone: number;
  /** Operations done when the centre had it; infinite: never. */
  atCentre: number;
}

/** What a day asked of the flash chips, and what stood when. */
export interface Day {
  seed: number;
  start: Cells;
  operations: Operation[];
  /** Device clock at each operation. */
  atMs: number[];
  records: Stood[];
  /** Of the payloads of the images. */
  images: { name: string; payload: Uint8Array; rollback: number }[];
  /** Of the journal's epochs. */
  keys: Uint8Array[];
  boots: number;
  centre: BraceletWorld["centre"];
}

function imagesOf(seed: number) {
  const { target } = boardMap({ seed, journalBytes: JOURNAL_BYTES, hasModem: true });
  const sealFor = { device: SIMULATED_DEVICE, key: simulatedKey(crypto, seed, PURPOSE_IMAGE) };
  return [
    makeImage("a", { target, bytes: 5_500 }, sealFor),
    makeImage("b", { target, bytes: 6_000, rollback: 2 }, sealFor),
  ];
}

/** Enough of them that they travel in several pieces. */
const places = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    i === 0 ? circleAt(`${name}-0`, 1_500, 150) : circleAt(`${name}-${i}`, 20_000 + i * 900, 120),
  );

/**
 * A ride past zones and back, with all that can happen to flash: fixes, alerts, downlinks, an amended order, an update that is
 * tested and confirmed, a strap, a removal, a reboot, a while without coverage, the end of the order.
 */
export function liveDay(seed: number): Day {
  const [imageA, imageB] = imagesOf(seed);
  const operations: Operation[] = [];
  const atMs: number[] = [];
  const firsts = new Map<string, number>();
  const first = orderOf(places("school", 30));
  const second = orderOf(places("office", 50));
  const world: BraceletWorld = new BraceletWorld({
    path: commute(HOURS),
    order: first,
    seed,
    receiver: "realistic",
    journalBytes: JOURNAL_BYTES,
    image: { file: imageA.file, sealed: imageA.sealed, covered: imageA.covered },
    onOperation: (chip, address, bytes) => {
      for (const name of world.centre.records.keys()) if (!firsts.has(name)) firsts.set(name, operations.length);
      operations.push({ chip, address, bytes: bytes?.slice() });
      atMs.push(world.nowMs);
    },
  });
  const start = { bulk: world.cells.bulk.slice(), onChip: world.cells.onChip.slice() };
  const at = (minutes: number, run: (w: BraceletWorld) => void) => world.at(START_MS + minutes * MINUTE_MS, run);
  at(1, putOn);
  at(40, (w) => w.centre.tellOrder(sealSimulatedOrder(second, 2, crypto, seed)));
  at(70, (w) => w.centre.tell("locate"));
  at(75, (w) => w.centre.tell("pause", [w.nowMs + MINUTE_MS]));
  at(76, (w) => w.centre.tellGarbage(Uint8Array.of(0xa0)));
  at(95, (w) => w.centre.tellImage(imageB));
  at(130, (w) => w.strap(false));
  at(131, (w) => w.strap(true));
  at(140, (w) => takeOff(w, w.nowMs + 20 * MINUTE_MS));
  at(141, (w) => w.strap(false));
  at(155, (w) => w.strap(true));
  at(156, putOn);
  at(180, (w) => w.reboot());
  at(185, (w) => w.cover(false));
  at(215, (w) => w.cover(true));
  at(220, (w) => w.battery(22));
  at(225, (w) => w.enclosure(false));
  at(250, (w) => w.powerOff());
  at(252, (w) => w.powerOn());
  at(280, (w) => w.centre.tellEnd(second.id, 3));
  world.run(START_MS + HOURS * 60 * MINUTE_MS - 10 * MINUTE_MS);
  if (world.centre.faults.length > 0) throw new Error(world.centre.faults.join(", "));
  const journalKey = simulatedKey(crypto, seed, PURPOSE_JOURNAL);
  return {
    seed,
    start,
    operations,
    atMs,
    records: recordsOf(operations, firsts, seed),
    images: [imageA, imageB],
    keys: epochKeys(journalKey, 400),
    boots: world.bootsMs.length,
    centre: world.centre,
  };
}

function epochKeys(journalKey: Uint8Array, count: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  let ratchet = journalKey;
  for (let epoch = 0; epoch < count; epoch++) {
    keys.push(recordKey(crypto, ratchet));
    ratchet = nextRatchet(crypto, ratchet);
  }
  return keys;
}

export function journalAddress(seed: number): number {
  return boardMap({ seed, journalBytes: JOURNAL_BYTES, hasModem: true }).journalAddress;
}

/** The record whose frame is programmed, if the operation programs one; `last`: one shortly before it. */
export function recordIn(
  { bytes, chip, address }: Operation,
  journalAt: number,
  last: Pick<JournalRecord, "number" | "epoch">,
): JournalRecord | undefined {
  if (chip !== BULK || bytes === undefined || address < journalAt) return undefined;
  if (frameLength(bytes) !== bytes.length || !isFrame(bytes, bytes.length)) return undefined;
  return readFrame(bytes, bytes.length, last.number, last.epoch);
}

/** What the operations promised, as long as no block was taken that held what the centre must not lose. */
function recordsOf(operations: Operation[], firsts: Map<string, number>, seed: number): Stood[] {
  const journalAt = journalAddress(seed);
  const records: Stood[] = [];
  let last = { number: 0, epoch: 0 };
  operations.forEach((operation, index) => {
    const record = recordIn(operation, journalAt, last);
    if (record !== undefined) {
      last = record;
      const atCentre = firsts.get(nameOfRecord(record)) ?? Number.POSITIVE_INFINITY;
      const where = { address: operation.address, bytes: operation.bytes?.length ?? 0 };
      records.push({ ...record, ...where, after: index + 1, gone: Number.POSITIVE_INFINITY, atCentre });
    } else if (operation.chip === BULK && operation.bytes === undefined && operation.address >= journalAt)
      erased(records, operation.address, index);
  });
  return records;
}

function erased(records: Stood[], address: number, index: number): void {
  for (const record of inBlock(records, address)) {
    if (record.gone <= index) continue;
    record.gone = index;
    if (record.kind === ALERT && record.atCentre > index)
      throw new Error(`operation ${index} erases alert ${record.number}, which the centre lacks`);
  }
}

export function inBlock(records: Stood[], address: number): Stood[] {
  const from = address - (address % ERASE_BYTES);
  return records.filter((record) => record.address >= from && record.address < from + ERASE_BYTES);
}

export function isGenuine(day: Day, record: JournalRecord): boolean {
  const key = day.keys[record.epoch];
  if (key === undefined) return false;
  const tag = tagOf(crypto, key, record.number, record.epoch, record.kind, record.body);
  return Buffer.from(tag).equals(record.tag);
}

/** Which image lies whole where the loader says that it is to be started. */
export function imageAt(day: Day, bulk: Uint8Array, address: number, bytes: number) {
  const payload = bulk.subarray(address, address + bytes);
  return day.images.find((image) => Buffer.from(image.payload).equals(payload));
}

/** Whether one of the three places holds it. */
export function lies(day: Day, bulk: Uint8Array, name: string): boolean {
  const image = day.images.find((one) => one.name === name);
  const { imagesAddress } = boardMap({ seed: day.seed, journalBytes: JOURNAL_BYTES, hasModem: true });
  const area = Buffer.from(bulk.buffer, bulk.byteOffset + imagesAddress, 3 * IMAGE_SLOT_BYTES);
  return image !== undefined && area.includes(Buffer.from(image.payload));
}
