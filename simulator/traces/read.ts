import { ToolError } from "../../protocol/errors.ts";
import { readCsv } from "./csv.ts";
import { readGpx } from "./gpx.ts";
import { readIgc } from "./igc.ts";
import { readJournalTrace } from "./journal.ts";
import { readRecording } from "./recording.ts";
import { readSequence } from "./sequence.ts";
import { isBinary, kindOf } from "./sniff.ts";
import { LATEST_MS, type Trace } from "./trace.ts";
import { decodeUtf8 } from "./utf8.ts";

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
    case "journal":
      return readJournalTrace(bytes, file, options.latestMs);
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
  if (/^<!doctype html/i.test(head)) throw new ToolError("trace.not-gpx", { file, line: 1, detail: "html" });
  if (head.startsWith("<")) return readGpx(text, file, latestMs);
  if (/^A[A-Z0-9]{3}/.test(head) && /^H[FO]|^B\d{6}/m.test(head)) return readIgc(text, file, latestMs);
  if (/^(?![{[])[^\r\n]*[,;\t]/.test(head)) return readCsv(text, file, latestMs);
  throw new ToolError("trace.unknown-format", { file });
}

function decodeText(bytes: Uint8Array, file: string): string {
  const decoded = decodeUtf8(bytes);
  if (decoded.ok) return decoded.text;
  if (isBinary(bytes)) throw new ToolError("trace.unknown-format", { file });
  throw new ToolError("cli.not-utf8", { file, line: decoded.line, offset: decoded.offset });
}
