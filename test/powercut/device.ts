import { takeDownlink } from "../../firmware/bracelet/commands.ts";
import { type Bracelet, senseMotion, startBracelet, take, wakeUp } from "../../firmware/bracelet/device.ts";
import { readRecords } from "../../firmware/journal/ring.ts";
import { readCounter } from "../../firmware/secrets/counters.ts";
import {
  SLOT_DOWNLINK,
  SLOT_FIT,
  SLOT_ORDER,
  SLOT_RATCHET,
  SLOT_ROLLBACK,
  SLOT_UPDATE,
} from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import type { Booted } from "../../firmware/update/loader.ts";
import { AT_CONFIRMED } from "../../firmware/update/slots.ts";
import { PURPOSE_DOWNLINK } from "../../protocol/cose/keys.ts";
import { createSealer } from "../../protocol/cose/message.ts";
import type { JournalRecord } from "../../protocol/journal/record.ts";
import { sealDownlink } from "../../protocol/messages/downlink.ts";
import { decodeReceipt } from "../../protocol/messages/receipt.ts";
import { Chip, type Operation } from "../../simulator/faults/power-cut.ts";
import { type BoardOptions, bootBoard, type Cells, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { loadImage } from "../../simulator/world/bracelet-world.ts";
import { SIMULATED_DEVICE, simulatedKey } from "../../simulator/world/provision.ts";
import { crypto, JOURNAL_BYTES } from "./day.ts";

/** One boot after a cut, and what it asked of the flash chips. */
export interface Boot {
  booted: Booted;
  bracelet: Bracelet;
  operations: Operation[];
  clock: { nowMs: number };
}

export function boot(cells: Cells, seed: number, nowMs: number, count: number): Boot {
  const operations: Operation[] = [];
  const options: BoardOptions = {
    seed,
    journalBytes: JOURNAL_BYTES,
    hasModem: true,
    onOperation: (chip, address, bytes) => operations.push({ chip, address, bytes: bytes?.slice() }),
  };
  const clock = { nowMs };
  const booted = loadImage(cells, options);
  let bracelet: Bracelet | undefined;
  const outside = { nowMs: () => clock.nowMs, gnss: () => {}, onEffect: () => {} };
  bootBoard(
    cells,
    options,
    (ports, board, onEffect) => {
      bracelet = startBracelet(ports, board, onEffect);
      return undefined as never;
    },
    outside,
    count,
  );
  if (bracelet === undefined) throw new Error("it did not start");
  return { booted, bracelet, operations, clock };
}

/** A few minutes of what comes after: the strap, positions, the centre, time. */
export function liveOn({ bracelet, clock }: Boot, seed: number): void {
  take(bracelet, { kind: "strap", closed: true });
  take(bracelet, { kind: "battery", percent: 90, charging: false });
  senseMotion(bracelet, "moving");
  clock.nowMs += 30_000;
  take(bracelet, { kind: "strap", closed: false });
  clock.nowMs += 3_000;
  wakeUp(bracelet);
  takeDownlink(bracelet, locate(seed), clock.nowMs);
  clock.nowMs += 301_000;
  wakeUp(bracelet);
  take(bracelet, { kind: "finding", reason: "journal.tried" });
  clock.nowMs += 901_000;
  wakeUp(bracelet);
}

function locate(seed: number): Uint8Array {
  const salt = new Uint8Array(16).fill(0x77);
  const sealer = createSealer(crypto, simulatedKey(crypto, seed, PURPOSE_DOWNLINK), salt);
  const message = { device: SIMULATED_DEVICE, counter: 9_000, kind: "locate" as const, numbers: [], bytes: undefined };
  const sealed = sealDownlink(sealer, message);
  if (!sealed.ok) throw new Error(sealed.reason);
  return sealed.bytes;
}

export function recordsOf(bracelet: Bracelet): JournalRecord[] {
  const records: JournalRecord[] = [];
  readRecords(bracelet.recorder.journal, 1, (record) => {
    records.push(record);
    return true;
  });
  return records;
}

/** What the chip says that nobody may take back. */
export interface Standing {
  order: { counter: number; place: number; hash: string };
  downlink: number;
  epoch: number;
  epochNumber: number;
  rollback: number;
  fit: string;
  confirmed: string;
}

export function standingOf(onChip: Uint8Array): Standing {
  const cells = onChip.slice();
  const secrets = openSecrets(new Chip(cells, ERASE_BYTES), 0, cells.length);
  const order = Buffer.from(secrets.read(SLOT_ORDER) ?? Buffer.alloc(21));
  const downlink = secrets.read(SLOT_DOWNLINK);
  const receipt = downlink === undefined ? undefined : decodeReceipt(downlink.subarray(12));
  const ratchet = Buffer.from(secrets.read(SLOT_RATCHET) ?? Buffer.alloc(44));
  const update = Buffer.from(secrets.read(SLOT_UPDATE) ?? Buffer.alloc(51));
  return {
    order: { counter: order.readUInt32BE(0), place: order[4], hash: order.toString("hex", 5) },
    downlink: receipt?.ok ? receipt.value.counter : 0,
    epoch: ratchet.readUInt32BE(0),
    epochNumber: ratchet.readUInt32BE(4),
    rollback: readCounter(secrets, SLOT_ROLLBACK),
    fit: Buffer.from(secrets.read(SLOT_FIT) ?? []).toString("hex"),
    confirmed: update.toString("hex", AT_CONFIRMED, AT_CONFIRMED + 16),
  };
}
