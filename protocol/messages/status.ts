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
import { createWriter, type Writer, writeMapHead } from "../cbor/writer.ts";
import { TIME_MOST_MS, UINT32_MOST } from "../limits.ts";

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

/** Wire values are the positions in this list. */
export const STATUS_PHASES: Status["phase"][] = ["far", "near", "inside", "lost"];

export function encodeStatus(status: Status): Encoded {
  const writer = createWriter(64);
  writeStatus(writer, status);
  return encoded(writer);
}

export function writeStatus(writer: Writer, status: Status): void {
  writeMapHead(writer, 5 + countOf(status.nextLookMs) + countOf(status.usedUah));
  writeIntField(writer, 1, status.atMs, 0, TIME_MOST_MS);
  writeIntField(writer, 2, STATUS_PHASES.indexOf(status.phase), 0, STATUS_PHASES.length - 1);
  writeIntField(writer, 3, status.fixes, 0, UINT32_MOST);
  writeIntField(writer, 4, status.attempts, 0, UINT32_MOST);
  writeIntField(writer, 5, status.gnssOnMs, 0, TIME_MOST_MS);
  writeOptional(writer, 6, status.nextLookMs, 0, TIME_MOST_MS);
  writeOptional(writer, 7, status.usedUah, 0, UINT32_MOST);
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
    key = readKey(reader, key, 7);
    if (key <= 5) needed += 1;
    if (key === 1) status.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) status.phase = STATUS_PHASES[readIntBetween(reader, 0, STATUS_PHASES.length - 1)];
    else if (key === 3) status.fixes = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 4) status.attempts = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 5) status.gnssOnMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 6) status.nextLookMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) status.usedUah = readIntBetween(reader, 0, UINT32_MOST);
  }
  if (needed !== 5) missingField(reader);
  return status;
}
