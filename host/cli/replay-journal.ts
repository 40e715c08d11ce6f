import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { payloadOfMac0 } from "../../protocol/cose/mac0.ts";
import { ToolError } from "../../protocol/errors.ts";
import { looksLikeJournal, readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { looksLikeBundle } from "../../protocol/evidence/layout.ts";
import { BOOT, CHECKPOINT, type JournalRecord } from "../../protocol/journal/record.ts";
import {
  compareRuns,
  type HeldBackRecord,
  type JobOrder,
  jobOf,
  madeIn,
  segmentsOf,
} from "../../simulator/replay/journal-replay.ts";
import { replayDoor } from "../../simulator/replay/replayer.ts";
import { heldBackOf, jobOrderOf, leftOut } from "../evidence/check-replay.ts";
import { type MomentAt, momentsOf } from "../evidence/facts.ts";
import { reExecute } from "../evidence/re-execute.ts";
import { decodeSealedFile, isSealedFile } from "../orders/sealed-file.ts";
import { bundleOf } from "./evidence-bundle.ts";
import { EXIT } from "./exit-codes.ts";
import { nameOf } from "./files.ts";
import { type Lang, print, say, textOf } from "./output.ts";
import { type HeldBack, isHeldBack, runJson, runLines } from "./replay-text.ts";

/** `omamori replay JOURNAL|BUNDLE`: what a device recorded, run again on this checkout's machine. */
export interface JournalFlags {
  /** Sealed orders, and what they are called in messages. */
  orders: { bytes: Uint8Array; name: string }[];
  fromMs: number | undefined;
  toMs: number | undefined;
  engine: "node" | "bundle";
  json: boolean;
}

/** Whether it is a journal or a bundle, and no trace. */
export function isRecorded(bytes: Uint8Array): boolean {
  return looksLikeBundle(bytes) || looksLikeJournal(bytes);
}

/**
 * The exit code: 0 the same throughout, 14 where the machine makes something else of the inputs, 13 where nothing differs and something
 * is held back, missing, without a checkpoint that leads up to it, or needs an order that is not there.
 */
export async function replayRecorded(
  bytes: Uint8Array,
  file: string,
  flags: JournalFlags,
  lang: Lang,
): Promise<number> {
  if (flags.fromMs !== undefined && flags.toMs !== undefined && flags.toMs <= flags.fromMs)
    throw new ToolError("evidence.to-before-from");
  const recorded = recordsIn(bytes, file, flags.orders);
  const moments = momentsOf(recorded.records.flatMap((record) => ("heldBack" in record ? [] : [record])));
  const span = spanOf(recorded.records, moments, flags);
  if (span.length === 0) throw new ToolError("replay.no-records", { file: nameOf(file) });
  const { segments, gaps } = segmentsOf(span);
  const job = JSON.stringify(jobOf(segments, recorded.orders));
  const answer = flags.engine === "bundle" ? await runProgram(job) : replayDoor(job);
  const run = compareRuns(segments, gaps, madeIn(answer, segments.length));
  const notRun = leftOut(span, segments, gaps);
  say(textOf(lang, recorded.isBundle ? "replay.bundle-unchecked" : "replay.journal-unchecked").text);
  if (flags.json) print(JSON.stringify({ ...runJson(run, recorded.heldBack), notRun }));
  else for (const line of runLines(run, recorded.heldBack, notRun, moments, lang)) print(line);
  if (run.differences.length > 0) return EXIT.replayDiffers;
  const isWhole = notRun === 0 && run.refusals.length === 0 && !isHeldBack(recorded.heldBack);
  return isWhole ? EXIT.ok : EXIT.evidenceUnproven;
}

type AnyRecord = JournalRecord | HeldBackRecord;

interface Recorded {
  records: AnyRecord[];
  heldBack: HeldBack;
  orders: JobOrder[];
  isBundle: boolean;
}

function recordsIn(bytes: Uint8Array, file: string, sealed: JournalFlags["orders"]): Recorded {
  const given = sealed.map(jobOrder);
  if (!looksLikeBundle(bytes)) {
    const records = readJournalFile(bytes, nameOf(file));
    return { records, heldBack: { records: 0, orders: 0 }, orders: given, isBundle: false };
  }
  const bundle = bundleOf(bytes, file);
  const own = bundle.orders.flatMap((item) => ("sealed" in item ? [item.sealed] : []));
  return {
    records: bundle.records.map((item) => (item.shown ? item.record : heldBackOf(item))),
    heldBack: {
      records: bundle.records.filter(({ shown }) => !shown).length,
      // Who has the order may give it.
      orders: given.length > 0 ? 0 : bundle.orders.length - own.length,
    },
    orders: [...own.map((sealedOrder) => jobOrder({ bytes: sealedOrder, name: nameOf(file) })), ...given],
    isBundle: true,
  };
}

function jobOrder({ bytes, name }: JournalFlags["orders"][0]): JobOrder {
  if (!isSealedFile(bytes)) throw new ToolError("order.not-sealed", { file: name });
  const { mac0, pack } = decodeSealedFile(bytes, name);
  return jobOrderOf({ payload: payloadOfMac0(mac0), pack });
}

/** The span, and before it what leads up to it from the last checkpoint or boot. */
function spanOf(
  records: AnyRecord[],
  moments: MomentAt,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: JournalFlags,
): AnyRecord[] {
  // What shows no time of its own goes with what stands before it.
  let last = 0;
  const at = records.map((record) => {
    last = moments(record) ?? last;
    return last;
  });
  const first = at.findIndex((ms) => ms >= fromMs);
  if (first < 0) return [];
  let start = first;
  while (start > 0 && !isStart(records[start])) start -= 1;
  return records.slice(start).filter((_, i) => at[start + i] < toMs);
}

function isStart(record: AnyRecord): boolean {
  return !("heldBack" in record) && (record.kind === CHECKPOINT || record.kind === BOOT);
}

/** The program of the last build, where it can do no harm. */
async function runProgram(job: string): Promise<string> {
  const file = fileURLToPath(new URL("../firmware/bracelet.replay.js", import.meta.url));
  if (!existsSync(file)) throw new ToolError("replay.no-bundle", { file });
  const result = await reExecute(readFileSync(file, "utf8"), job);
  if (!result.ok) throw new ToolError("replay.program-failed", { detail: `${result.reason} ${result.detail}` });
  return result.answer;
}
