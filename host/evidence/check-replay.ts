import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { ImageItem, RecordItem } from "../../protocol/evidence/bundle.ts";
import { GAP_SPAN_BYTES, isSpan } from "../../protocol/journal/gap.ts";
import { ALERT, GAP, INPUTS, REFUSED } from "../../protocol/journal/record.ts";
import {
  compareRuns,
  type HeldBackRecord,
  hexOf,
  type JobOrder,
  type JournalRun,
  jobOf,
  madeIn,
  type ReplayRecord,
  type Segment,
  segmentsOf,
} from "../../simulator/replay/journal-replay.ts";
import { hashOf } from "../orders/for-device.ts";
import type { OrdersChecked } from "./check-orders.ts";
import type { PublicKeys } from "./public-keys.ts";
import { LIMITS, type Limits, reExecute } from "./re-execute.ts";
import { releasesIn, versionText } from "./releases.ts";
import { failed, notDone, passed, type Step } from "./step.ts";

export interface ReplayChecked {
  step: Step;
  run: JournalRun | undefined;
  /** How many of `leftOut` there are. */
  notRun: number | undefined;
}

/** What the machine is told, and what it says. */
const RUN_KINDS = [INPUTS, ALERT, REFUSED];

/**
 * Records that a replay says nothing of: inputs and alerts that no checkpoint leads up to, and numbers that are missing. What the device
 * itself told to have made way (GAP) is no omission of whoever brings the records.
 */
export function leftOut(
  records: (ReplayRecord | HeldBackRecord)[],
  segments: Segment[],
  gaps: JournalRun["gaps"],
): number {
  const ran = new Set<unknown>(segments.flatMap((segment) => segment.records));
  const idle = records.filter(
    (record) => !("heldBack" in record) && !ran.has(record) && RUN_KINDS.includes(record.kind),
  );
  const told = records.flatMap((record) => ("heldBack" in record || record.kind !== GAP ? [] : gapSpans(record.body)));
  const missing = gaps.filter(({ reason }) => reason === "missing");
  return idle.length + missing.reduce((sum, { from, to }) => sum + untold(from, to, told), 0);
}

/** How many of these numbers are in no span; a bundle may claim a gap of billions. */
function untold(from: number, to: number, told: [number, number][]): number {
  let [count, next] = [0, from];
  for (const [first, last] of [...told].sort((a, b) => a[0] - b[0])) {
    if (last < next || first > to) continue;
    count += Math.max(0, first - next);
    next = last + 1;
  }
  return count + Math.max(0, to - next + 1);
}

function gapSpans(body: Uint8Array): [number, number][] {
  const spans: [number, number][] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (let at = 0; isSpan(body, at); at += GAP_SPAN_BYTES) spans.push([view.getUint32(at), view.getUint32(at + 4)]);
  return spans;
}

/** What the recorded inputs give today, against what was recorded: only with a program that the agency has signed for. */
export async function checkReplay(
  crypto: Crypto,
  image: ImageItem,
  records: RecordItem[],
  orders: OrdersChecked,
  keys: PublicKeys | undefined,
  moreReleases: Uint8Array | undefined,
  limits: Limits = LIMITS,
): Promise<ReplayChecked> {
  const not = (code: string, params = {}): ReplayChecked => ({ step: notDone("replay", code, params), ...NOT_RUN });
  if (image.code.length === 0) return not("evidence.no-image");
  if (keys === undefined) return not("evidence.no-keys");
  const hash = crypto.sha256(image.code);
  const lists = [image.releases, moreReleases ?? new Uint8Array(0)];
  const releases = lists.flatMap((bytes) => releasesIn(keys, bytes) ?? []);
  const release = releases.find(({ source }) => Buffer.compare(source, hash) === 0);
  if (release === undefined) return not("evidence.unknown-image", { hash: hexOf(hash).slice(0, 16) });
  if (orders.heldBack.length > 0) return not("evidence.replay-held-back");
  const shown = records.map((item) => (item.shown ? item.record : heldBackOf(item)));
  const { segments, gaps } = segmentsOf(shown);
  if (segments.length === 0) return not("evidence.no-start");
  const job = jobOf(segments, orders.orders.map(jobOrderOf));
  const result = await reExecute(new TextDecoder().decode(image.code), JSON.stringify(job), limits);
  if (!result.ok) return not(UNDONE[result.reason], { why: result.detail });
  return judge(result.answer, segments, gaps, versionText(release), leftOut(shown, segments, gaps));
}

export function heldBackOf({ number, epoch }: { number: number; epoch: number }): HeldBackRecord {
  return { number, epoch, heldBack: true };
}

export function jobOrderOf({ payload, pack }: { payload: Uint8Array; pack: Uint8Array }): JobOrder {
  return { payload: hexOf(payload), hash: hexOf(hashOf(payload)), pack: hexOf(pack) };
}

const NOT_RUN = { run: undefined, notRun: undefined };

const UNDONE = {
  "too-long": "evidence.replay-too-long",
  "too-much": "evidence.replay-too-much",
  "too-large": "evidence.replay-too-large",
  failed: "evidence.replay-failed",
};
const DIFFERENT = {
  other: "evidence.replay-other",
  unmade: "evidence.replay-unmade",
  unrecorded: "evidence.replay-unrecorded",
};

function judge(
  answer: string,
  segments: Parameters<typeof compareRuns>[0],
  gaps: JournalRun["gaps"],
  version: string,
  notRun: number,
): ReplayChecked {
  let run: JournalRun;
  try {
    run = compareRuns(segments, gaps, madeIn(answer, segments.length));
  } catch {
    return { step: notDone("replay", "evidence.replay-failed", { why: "replay.bad-answer" }), ...NOT_RUN };
  }
  const [first] = run.differences;
  if (first) {
    const { number, what } = first;
    return { step: failed("replay", DIFFERENT[what], { number, differences: run.differences.length }), run, notRun };
  }
  const [refusal] = run.refusals;
  if (refusal)
    return {
      step: notDone("replay", "evidence.replay-refused", { number: refusal.number, why: refusal.reason }),
      run,
      notRun,
    };
  const { alerts, checkpoints, records } = run;
  const params = { version, records, alerts, checkpoints, runs: run.segments };
  const step =
    notRun > 0
      ? notDone("replay", "evidence.replay-in-part", { ...params, n: notRun })
      : passed("replay", "evidence.replay-same", params);
  return { step, run, notRun };
}
