import {
  type Decoded,
  decoded,
  missingField,
  readField,
  readIntBetween,
  readMapCount,
  TIME_MOST_MS,
  UINT32_MOST,
  unknownField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, finish, type Writer, writeMapHead } from "../cbor/writer.ts";
import { writeField } from "./fix.ts";

/** How the bracelet is: what a keep-alive carries. */
export interface Status {
  /** UTC ms. */
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
}

export const STATUS_PHASES: Status["phase"][] = ["far", "near", "inside", "lost"];

export function encodeStatus(status: Status): Uint8Array {
  const writer = createWriter(64);
  writeStatus(writer, status);
  return finish(writer);
}

export function writeStatus(writer: Writer, status: Status): void {
  let pairs = 5;
  if (status.nextLookMs !== undefined) pairs += 1;
  if (status.usedUah !== undefined) pairs += 1;
  writeMapHead(writer, pairs);
  writeField(writer, 1, status.atMs);
  writeField(writer, 2, STATUS_PHASES.indexOf(status.phase));
  writeField(writer, 3, status.fixes);
  writeField(writer, 4, status.attempts);
  writeField(writer, 5, status.gnssOnMs);
  writeField(writer, 6, status.nextLookMs);
  writeField(writer, 7, status.usedUah);
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
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readField(reader, key);
    if (key <= 5) needed += 1;
    if (key === 1) status.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) status.phase = STATUS_PHASES[readIntBetween(reader, 0, 3)];
    else if (key === 3) status.fixes = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 4) status.attempts = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 5) status.gnssOnMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 6) status.nextLookMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) status.usedUah = readIntBetween(reader, 0, UINT32_MOST);
    else unknownField(reader);
  }
  if (needed !== 5) missingField(reader);
  return status;
}
