import { isWholeSentence, SENTENCE_LIMIT_BYTES } from "../../firmware/gnss/nmea.ts";
import { CHECK_BYTES, HEADER_BYTES, PAYLOAD_LIMIT_BYTES, SYNC_1, SYNC_2, ubxCheck } from "../../firmware/gnss/ubx.ts";
import { looksLikeJournal } from "../../protocol/evidence/journal-file.ts";
import { SEQUENCE_START } from "./sequence.ts";
import { looksUtf16 } from "./utf8.ts";

/** What a file is made of, told by its structure and never by its name. What is nothing else may be text. */
export type Kind = "cbor" | "journal" | "ubx" | "nmea" | "zip" | "gzip" | "text";

const SYNC = Uint8Array.of(SYNC_1, SYNC_2);
const ZIP = Uint8Array.of(0x50, 0x4b, 0x03, 0x04);
const GZIP = Uint8Array.of(0x1f, 0x8b);

export function kindOf(bytes: Uint8Array): Kind {
  const start = bytes.subarray(0, SEQUENCE_START.length);
  if (startsWith(SEQUENCE_START, start)) return "cbor";
  if (looksLikeJournal(bytes)) return "journal";
  if (startsWith(bytes, ZIP)) return "zip";
  if (startsWith(bytes, GZIP)) return "gzip";
  // The pair of sync bytes alone is no frame: “µb” in UTF-8 holds it too.
  if (startsWith(bytes, SYNC) || holdsWholeFrame(bytes)) return "ubx";
  if (some(bytes, "$", beginsLine) || holdsWholeSentence(bytes)) return "nmea";
  return "text";
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((b, i) => bytes[i] === b);
}

/** Whether one of the places where the mark stands is what it seems. */
function some(bytes: Uint8Array, mark: Uint8Array | string, holds: (bytes: Buffer, at: number) => boolean): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = buffer.indexOf(mark); at >= 0; at = buffer.indexOf(mark, at + 1)) if (holds(buffer, at)) return true;
  return false;
}

/** A frame whose checksum fits. */
export function holdsWholeFrame(bytes: Uint8Array): boolean {
  return some(bytes, SYNC, isFrame);
}

function isFrame(bytes: Buffer, at: number): boolean {
  if (at + HEADER_BYTES > bytes.length) return false;
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
  if (end - at - HEADER_BYTES > PAYLOAD_LIMIT_BYTES || end + CHECK_BYTES > bytes.length) return false;
  return ubxCheck(bytes, at + 2, end) === bytes.readUInt16LE(end);
}

/** A sentence whose checksum fits, wherever it stands: loggers write their own time before it. */
export function holdsWholeSentence(bytes: Uint8Array): boolean {
  return some(bytes, "$", isWhole);
}

/** `$GPRMC,` and what makers have of their own, such as `$PUBX,`; what was turned into small letters is at least known for what it was. */
const BEGINNING = /^\$(?:[A-Z][A-Z0-9]{3,}|g[a-z](?:rmc|gga|gll|gsa|gsv|zda)),/;
const SENTENCE = /^\$[A-Z][A-Z0-9]{3,},[ -#%-~]*?\*[0-9A-Fa-f]{2}/;

function isWhole(bytes: Buffer, at: number): boolean {
  const found = SENTENCE.exec(bytes.toString("latin1", at, at + SENTENCE_LIMIT_BYTES));
  return found !== null && isWholeSentence(bytes, at, at + found[0].length);
}

/** Without a fitting checksum it must at least begin its line. */
function beginsLine(bytes: Buffer, at: number): boolean {
  const before = at === 0 ? 0 : bytes[at - 1];
  return (before < 32 || before >= 127) && BEGINNING.test(bytes.toString("latin1", at, at + SENTENCE_LIMIT_BYTES));
}

const LOOK_AT_BYTES = 4_096;

/** Control characters that no text has; what is merely in another encoding has none. */
export function isBinary(bytes: Uint8Array): boolean {
  const isControl = (b: number) => b < 9 || (b > 13 && b < 32 && b !== 0x1b);
  return !looksUtf16(bytes) && bytes.subarray(0, LOOK_AT_BYTES).some(isControl);
}
