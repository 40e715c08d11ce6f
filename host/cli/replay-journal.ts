import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import { looksLikeJournal, readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { BUNDLE_NAME, inspect } from "../../protocol/evidence/layout.ts";
import { BOOT, CHECKPOINT, type JournalRecord } from "../../protocol/journal/record.ts";
import { decodeAlert } from "../../protocol/messages/alert.ts";
import {
  compareRuns,
  type Difference,
  hexOf,
  type JobOrder,
  type JournalRun,
  jobOf,
  madeIn,
  segmentsOf,
} from "../../simulator/replay/journal-replay.ts";
import { replayDoor } from "../../simulator/replay/replayer.ts";
import { payloadOf } from "../evidence/check-orders.ts";
import { jobOrderOf } from "../evidence/check-replay.ts";
import { numberOf } from "../evidence/check-tree.ts";
import { momentsOf } from "../evidence/facts.ts";
import { clockOf } from "../evidence/moments.ts";
import { reExecute } from "../evidence/re-execute.ts";
import { bundleIn } from "../evidence/verify.ts";
import { decodeSealedFile, isSealedFile } from "../orders/sealed-file.ts";
import { EXIT } from "./exit-codes.ts";
import { nameOf } from "./files.ts";
import { type Lang, print, textOf } from "./output.ts";

/** `omamori replay JOURNAL|BUNDLE`: what a device recorded, run again on this checkout's machine. */
export interface JournalFlags {
  orders: Uint8Array[];
  fromMs: number | undefined;
  toMs: number | undefined;
  engine: "node" | "bundle";
  json: boolean;
}

export function isBundle(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 32)).includes(BUNDLE_NAME);
}

/** Whether it is a journal or a bundle, and no trace. */
export function isRecorded(bytes: Uint8Array): boolean {
  return isBundle(bytes) || looksLikeJournal(bytes);
}

/** The exit code: 0 the same throughout, 14 where the machine makes something else of the inputs. */
export async function replayRecorded(
  bytes: Uint8Array,
  file: string,
  flags: JournalFlags,
  lang: Lang,
): Promise<number> {
  if (flags.fromMs !== undefined && flags.toMs !== undefined && flags.toMs <= flags.fromMs)
    throw new ToolError("evidence.to-before-from");
  const { records, heldBack, orders } = recordsIn(bytes, file, flags.orders);
  const moments = momentsOf(records);
  const span = spanOf(records, moments, flags);
  if (span.length === 0) throw new ToolError("replay.no-records", { file: nameOf(file) });
  const { segments, gaps } = segmentsOf(span, heldBack);
  const job = JSON.stringify(jobOf(segments, orders));
  const answer = flags.engine === "bundle" ? await runProgram(job) : replayDoor(job);
  const run = compareRuns(segments, gaps, madeIn(answer, segments.length));
  if (flags.json) print(JSON.stringify(runJson(run)));
  else for (const line of runLines(run, moments, lang)) print(line);
  return run.differences.length > 0 || run.refusals.length > 0 ? EXIT.replayDiffers : EXIT.ok;
}

interface Recorded {
  records: JournalRecord[];
  heldBack: Set<number>;
  orders: JobOrder[];
}

function recordsIn(bytes: Uint8Array, file: string, sealed: Uint8Array[]): Recorded {
  if (!isBundle(bytes))
    return { records: readJournalFile(bytes, nameOf(file)), heldBack: new Set(), orders: sealed.map(jobOrder) };
  const { places, sections } = inspect(Uint8Array.from(bytes), createNodeCrypto().sha256);
  const read = places.length === 0 && sections !== undefined ? bundleIn(sections) : undefined;
  if (!read?.ok) throw new ToolError("replay.bundle-altered", { file: nameOf(file) });
  const { bundle } = read;
  const own = bundle.orders.flatMap((item) => ("sealed" in item ? [item.sealed] : []));
  return {
    records: bundle.records.flatMap((item) => (item.shown ? [item.record] : [])),
    heldBack: new Set(bundle.records.filter(({ shown }) => !shown).map(numberOf)),
    orders: [...own, ...sealed].map(jobOrder),
  };
}

function jobOrder(bytes: Uint8Array): JobOrder {
  if (!isSealedFile(bytes)) throw new ToolError("order.not-sealed", { file: "--order" });
  const { mac0, pack } = decodeSealedFile(bytes, "--order");
  return jobOrderOf({ payload: payloadOf(mac0), pack });
}

/** The span, and before it what leads up to it from the last checkpoint or boot. */
function spanOf(
  records: JournalRecord[],
  moments: ReadonlyMap<number, number>,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: JournalFlags,
): JournalRecord[] {
  const at = (record: JournalRecord) => moments.get(record.number) ?? 0;
  const first = records.findIndex((record) => at(record) >= fromMs);
  if (first < 0) return [];
  let start = first;
  while (start > 0 && records[start].kind !== CHECKPOINT && records[start].kind !== BOOT) start -= 1;
  return records.slice(start).filter((record) => at(record) < toMs);
}

/** The program of the last build, where it can do no harm. */
async function runProgram(job: string): Promise<string> {
  const file = fileURLToPath(new URL("../firmware/bracelet.replay.js", import.meta.url));
  if (!existsSync(file)) throw new ToolError("replay.no-bundle", { file });
  const result = await reExecute(readFileSync(file, "utf8"), job);
  if (!result.ok) throw new ToolError("replay.program-failed", { detail: `${result.reason} ${result.detail}` });
  return result.answer;
}

function runLines(run: JournalRun, moments: ReadonlyMap<number, number>, lang: Lang): string[] {
  const words = (code: string, params = {}) => textOf(lang, code, params).text;
  const clock = clockOf(undefined);
  const at = (number: number) => {
    const ms = moments.get(number);
    return ms === undefined ? "–" : clock(ms);
  };
  const { segments, records, alerts, checkpoints, gaps, differences, refusals } = run;
  const lines = [words("replay.journal-run", { segments, records, alerts, checkpoints })];
  for (const { from, to, reason } of gaps)
    lines.push(words(GAP_TEXTS[reason], { from, to, n: to - from + 1, at: at(from - 1) }));
  for (const { number, reason } of refusals)
    lines.push(
      words(reason === "replay.no-order" ? "replay.journal-no-order" : "replay.journal-refused-record", {
        number,
        why: reason,
      }),
    );
  for (const difference of differences) lines.push(...differenceLines(difference, at(difference.number), words));
  if (differences.length === 0 && refusals.length === 0)
    lines.push(words(gaps.length === 0 ? "replay.journal-same" : "replay.journal-same-in-part"));
  return lines;
}

const GAP_TEXTS = {
  missing: "replay.gap-missing",
  "held-back": "replay.gap-held-back",
  "no-start": "replay.gap-no-start",
};
const DIFFERENCE_TEXTS = {
  other: "replay.differs-other",
  unmade: "replay.differs-unmade",
  unrecorded: "replay.differs-unrecorded",
};

function differenceLines(
  { number, what, recorded, made }: Difference,
  at: string,
  words: (code: string, params?: object) => string,
): string[] {
  const lines = [words(DIFFERENCE_TEXTS[what], { number, at })];
  if (recorded !== undefined) lines.push(`  ${words("replay.recorded")} ${bodyText(recorded)}`);
  if (made !== undefined) lines.push(`  ${words("replay.made")} ${bodyText(made)}`);
  return lines;
}

/** An alert as JSON, anything else in hex. */
function bodyText(body: Uint8Array): string {
  const alert = decodeAlert(body);
  return alert.ok ? JSON.stringify(alert.value) : hexOf(body);
}

function runJson(run: JournalRun): Record<string, unknown> {
  const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : hexOf(bytes));
  return {
    kind: "journal",
    ...run,
    differences: run.differences.map(({ number, kind, what, recorded, made }) => ({
      record: number,
      kind,
      what,
      recorded: hex(recorded),
      made: hex(made),
    })),
  };
}
