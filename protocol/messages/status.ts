import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readIntBetween,
  readKey,
  readMapCount,
  writeIntField,
  writeOptional,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeInt, writeMapHead } from "../cbor/writer.ts";
import { TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import { type Fix, readFix, writeFix } from "./fix.ts";

/** How the bracelet is: what a keep-alive carries. */
export interface Status {
  /** UTC ms by the device's own clock; who answers with the time says this one back. */
  atMs: number;
  phase: "far" | "near" | "inside" | "lost";
  /** Accepted fixes and times the receiver was switched on, since boot. */
  fixes: number;
  attempts: number;
  /** Milliseconds for which the receiver has been on. */
  gnssOnMs: number;
  /** When it will look next, UTC ms; `undefined`: nothing is due. */
  nextLookMs: number | undefined;
  /** Microampere-hours used since boot; `undefined` where the board cannot tell. */
  usedUah: number | undefined;
  /** `undefined` where the board cannot tell. */
  batteryPercent: number | undefined;
  time: "trusted" | "holdover" | "unknown";
  /** Counter of the order in force; `undefined`: none is. */
  orderCounter: number | undefined;
  /** The last one accepted. */
  fix: Fix | undefined;
  /** Of the journal, added up: 1 nothing can be sealed, 2 the last record was refused, 4 alerts are in memory alone. */
  trouble: number | undefined;
}

/** Wire values are the positions in these lists. */
export const STATUS_PHASES: Status["phase"][] = ["far", "near", "inside", "lost"];
export const STATUS_TIMES: Status["time"][] = ["trusted", "holdover", "unknown"];
const PERCENT_MOST = 100;
const TROUBLE_MOST = 255;

export function encodeStatus(status: Status): Encoded {
  const writer = createWriter(128);
  writeStatus(writer, status);
  return encoded(writer);
}

export function writeStatus(writer: Writer, status: Status): void {
  const plan = countOf(status.nextLookMs) + countOf(status.usedUah) + countOf(status.batteryPercent);
  writeMapHead(writer, 6 + plan + countOf(status.orderCounter) + countOf(status.fix) + countOf(status.trouble));
  writeIntField(writer, 1, status.atMs, 0, TIME_MOST_MS);
  writeIntField(writer, 2, STATUS_PHASES.indexOf(status.phase), 0, STATUS_PHASES.length - 1);
  writeIntField(writer, 3, status.fixes, 0, UINT32_MOST);
  writeIntField(writer, 4, status.attempts, 0, UINT32_MOST);
  writeIntField(writer, 5, status.gnssOnMs, 0, TIME_MOST_MS);
  writeOptional(writer, 6, status.nextLookMs, 0, TIME_MOST_MS);
  writeOptional(writer, 7, status.usedUah, 0, UINT32_MOST);
  writeOptional(writer, 8, status.batteryPercent, 0, PERCENT_MOST);
  writeIntField(writer, 9, STATUS_TIMES.indexOf(status.time), 0, STATUS_TIMES.length - 1);
  writeOptional(writer, 10, status.orderCounter, 1, UINT32_MOST);
  if (status.fix !== undefined) {
    writeInt(writer, 11);
    writeFix(writer, status.fix);
  }
  writeOptional(writer, 12, status.trouble, 1, TROUBLE_MOST);
}

export function decodeStatus(bytes: Uint8Array): Decoded<Status> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readStatus(reader));
}

export function readStatus(reader: Reader): Status {
  const status: Status = {
    atMs: 0,
    phase: "far",
    fixes: 0,
    attempts: 0,
    gnssOnMs: 0,
    nextLookMs: undefined,
    usedUah: undefined,
    batteryPercent: undefined,
    time: "unknown",
    orderCounter: undefined,
    fix: undefined,
    trouble: undefined,
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 12);
    if (key <= 5 || key === 9) needed += 1;
    if (key === 1) status.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) status.phase = STATUS_PHASES[readIntBetween(reader, 0, STATUS_PHASES.length - 1)];
    else if (key === 3) status.fixes = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 4) status.attempts = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 5) status.gnssOnMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 6) status.nextLookMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) status.usedUah = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 8) status.batteryPercent = readIntBetween(reader, 0, PERCENT_MOST);
    else if (key === 9) status.time = STATUS_TIMES[readIntBetween(reader, 0, STATUS_TIMES.length - 1)];
    else if (key === 10) status.orderCounter = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 11) status.fix = readFix(reader);
    else if (key === 12) status.trouble = readIntBetween(reader, 1, TROUBLE_MOST);
  }
  if (needed !== 6) missingField(reader);
  return status;
}
