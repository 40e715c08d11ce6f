import { ToolError } from "../../protocol/errors.ts";
import { readCsv } from "./csv.ts";
import { readGpx } from "./gpx.ts";
import { readIgc } from "./igc.ts";
import { lineAt, readRecording } from "./recording.ts";
import { readSequence } from "./sequence.ts";
import { isBinary, kindOf } from "./sniff.ts";
import { LATEST_MS, type Trace } from "./trace.ts";

export interface ReadOptions {
  /** A receiver's recording may end in the middle of a frame, which is noticed and not refused. */
  allowCutOff?: boolean;
  /** No recording is from later; UTC ms. */
  latestMs?: number;
}

/** Reads a recorded trace, whatever its format: told by its content. Throws ToolError with the place of what is wrong. */
export function readTrace(bytes: Uint8Array, file: string, options: ReadOptions = {}): Trace {
  if (bytes.length === 0) throw new ToolError("trace.empty", { file });
  const kind = kindOf(bytes);
  switch (kind) {
    case "cbor":
      return readSequence(bytes, file, options.latestMs);
    case "ubx":
    case "nmea":
      return readRecording(bytes, file, { ...options, format: kind });
    case "zip":
    case "gzip":
      throw new ToolError("trace.compressed", { file, detail: kind });
    case "text":
      return readText(decodeText(bytes, file), file, options.latestMs);
  }
}

function readText(text: string, file: string, latestMs = LATEST_MS): Trace {
  const head = text.slice(0, 2_000).trimStart();
  if (head === "") throw new ToolError("trace.empty", { file });
  if (head.startsWith("<")) return readGpx(text, file, latestMs);
  if (/^A[A-Z0-9]{3}/.test(head) && /^H[FO]|^B\d{6}/m.test(head)) return readIgc(text, file, latestMs);
  if (/^(?![{[])[^\r\n]*[,;\t]/.test(head)) return readCsv(text, file, latestMs);
  throw new ToolError("trace.unknown-format", { file });
}

/** Without a byte order mark. */
function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (isBinary(bytes)) throw new ToolError("trace.unknown-format", { file });
    const offset = firstBadByte(bytes);
    throw new ToolError("trace.not-utf8", { file, line: lineAt(bytes, offset), offset });
  }
}

/** Where UTF-8 ends: the longest prefix that decodes, found by halving, less a character that it only begins. */
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
  let lead = low - 1;
  while (lead > 0 && (bytes[lead] & 0xc0) === 0x80) lead -= 1;
  const length = bytes[lead] >= 0xf0 ? 4 : bytes[lead] >= 0xe0 ? 3 : bytes[lead] >= 0xc0 ? 2 : 1;
  return low - lead < length ? lead : low;
}
