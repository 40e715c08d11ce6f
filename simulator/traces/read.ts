import { ToolError } from "../../protocol/errors.ts";
import { readCsv } from "./csv.ts";
import { readGpx } from "./gpx.ts";
import { readIgc } from "./igc.ts";
import { readRecording } from "./recording.ts";
import { readSequence, SEQUENCE_START } from "./sequence.ts";
import type { Trace } from "./trace.ts";

/**
 * Reads a recorded trace, whatever its format: told by its content.
 * `allowCutOff`: a receiver's recording may end in the middle of a frame, which is noticed and not refused.
 */
export function readTrace(bytes: Uint8Array, file: string, allowCutOff = false): Trace {
  if (bytes.length === 0) throw new ToolError("trace.empty", { file });
  if (startsWith(bytes, SEQUENCE_START)) return readSequence(bytes, file);
  if (looksLikeReceiver(bytes)) return readRecording(bytes, file, hasSync(bytes) ? "ubx" : "nmea", allowCutOff);
  const text = decodeText(bytes, file);
  const head = text
    .slice(0, 2_000)
    .replace(/^\ufeff/, "")
    .trimStart();
  if (head === "") throw new ToolError("trace.empty", { file });
  if (head.startsWith("<")) return readGpx(text, file);
  if (/^A[A-Z0-9]{3}/.test(head) && /^H[FO]|^B\d{6}/m.test(head)) return readIgc(text, file);
  if (/^[^\n]*[,;\t][^\n]*/.test(head)) return readCsv(text, file);
  throw new ToolError("trace.unknown-format", { file });
}

const LOOK_AT_BYTES = 4_096;

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((b, i) => bytes[i] === b);
}

function hasSync(bytes: Uint8Array): boolean {
  for (let i = 0; i + 1 < Math.min(bytes.length, LOOK_AT_BYTES); i++)
    if (bytes[i] === 0xb5 && bytes[i + 1] === 0x62) return true;
  return false;
}

/** A frame's sync near the start, or a sentence's `$GPRMC,`. */
function looksLikeReceiver(bytes: Uint8Array): boolean {
  if (hasSync(bytes)) return true;
  const head = Buffer.from(bytes.subarray(0, LOOK_AT_BYTES)).toString("latin1");
  return /(^|[^ -~])\$[A-Z]{2}[A-Z]{3},/.test(head);
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ToolError("trace.not-utf8", { file, offset: firstBadByte(bytes) });
  }
}

/** Where UTF-8 ends: the longest prefix that decodes, found by halving. */
function firstBadByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return low;
}
