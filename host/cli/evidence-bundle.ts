import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Bundle } from "../../protocol/evidence/bundle.ts";
import { writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { inspect, looksLikeBundle } from "../../protocol/evidence/layout.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { bundleIn } from "../evidence/verify.ts";
import { nameOf, readFile } from "./files.ts";
import { latestTimeMs } from "./load-trace.ts";
import { type Lang, say, textOf } from "./output.ts";

/** An evidence bundle where no signature is asked for: its bytes must be as they were made. Throws `evidence.bundle-altered`. */
export function bundleOf(bytes: Uint8Array, file: string): Bundle {
  const { places, sections } = inspect(Uint8Array.from(bytes), createNodeCrypto().sha256);
  const read = places.length === 0 && sections !== undefined ? bundleIn(sections) : undefined;
  if (!read?.ok) throw new ToolError("evidence.bundle-altered", { file: nameOf(file) });
  return read.bundle;
}

/** A recording as it is named on the command line; of a bundle the fixes of its records, which is said. */
export function loadRecording(file: string, lang: Lang, options: { allowCutOff?: boolean } = {}): Trace {
  const bytes = readFile(file);
  const name = nameOf(file);
  const read = { ...options, latestMs: latestTimeMs() };
  if (!looksLikeBundle(bytes)) {
    const trace = readTrace(bytes, name, read);
    if (trace.format === "journal") say(textOf(lang, "evidence.journal-as-trace", { file: name }).text);
    return trace;
  }
  const records = bundleOf(bytes, file).records.flatMap((item) => (item.shown ? [item.record] : []));
  say(textOf(lang, "evidence.read-as-trace", { file: name }).text);
  return { ...readTrace(writeRecordFile(records), name, read), format: "bundle" };
}
