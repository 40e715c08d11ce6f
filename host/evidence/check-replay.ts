import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { ImageItem, RecordItem } from "../../protocol/evidence/bundle.ts";
import {
  compareRuns,
  type HeldBackRecord,
  hexOf,
  type JobOrder,
  type JournalRun,
  jobOf,
  madeIn,
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
  const not = (code: string, params = {}): ReplayChecked => ({ step: notDone("replay", code, params), run: undefined });
  if (image.code.length === 0) return not("evidence.no-image");
  if (keys === undefined) return not("evidence.no-keys");
  const hash = crypto.sha256(image.code);
  const lists = [image.releases, moreReleases ?? new Uint8Array(0)];
  const releases = lists.flatMap((bytes) => releasesIn(keys, bytes) ?? []);
  const release = releases.find(({ source }) => Buffer.compare(source, hash) === 0);
  if (release === undefined) return not("evidence.unknown-image", { hash: hexOf(hash).slice(0, 16) });
  if (orders.heldBack.length > 0) return not("evidence.replay-held-back");
  const { segments, gaps } = segmentsOf(records.map((item) => (item.shown ? item.record : heldBackOf(item))));
  if (segments.length === 0) return not("evidence.no-start");
  const job = jobOf(segments, orders.orders.map(jobOrderOf));
  const result = await reExecute(new TextDecoder().decode(image.code), JSON.stringify(job), limits);
  if (!result.ok) return not(UNDONE[result.reason], { why: result.detail });
  return judge(result.answer, segments, gaps, versionText(release));
}

export function heldBackOf({ number, epoch }: { number: number; epoch: number }): HeldBackRecord {
  return { number, epoch, heldBack: true };
}

export function jobOrderOf({ payload, pack }: { payload: Uint8Array; pack: Uint8Array }): JobOrder {
  return { payload: hexOf(payload), hash: hexOf(hashOf(payload)), pack: hexOf(pack) };
}

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
): ReplayChecked {
  let run: JournalRun;
  try {
    run = compareRuns(segments, gaps, madeIn(answer, segments.length));
  } catch {
    return { step: notDone("replay", "evidence.replay-failed", { why: "replay.bad-answer" }), run: undefined };
  }
  const [first] = run.differences;
  if (first) {
    const { number, what } = first;
    return { step: failed("replay", DIFFERENT[what], { number, differences: run.differences.length }), run };
  }
  const [refusal] = run.refusals;
  if (refusal)
    return { step: notDone("replay", "evidence.replay-refused", { number: refusal.number, why: refusal.reason }), run };
  const { alerts, checkpoints, records } = run;
  return {
    step: passed("replay", "evidence.replay-same", { version, records, alerts, checkpoints, runs: run.segments }),
    run,
  };
}
