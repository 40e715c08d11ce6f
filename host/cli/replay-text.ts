import { ALERT, CHECKPOINT } from "../../protocol/journal/record.ts";
import { type Alert, decodeAlert } from "../../protocol/messages/alert.ts";
import { differingFields } from "../../simulator/replay/checkpoint.ts";
import { type Difference, hexOf, type JournalRun } from "../../simulator/replay/journal-replay.ts";
import { runsText } from "../evidence/chain.ts";
import type { MomentAt } from "../evidence/facts.ts";
import { type Clock, clockOf } from "../evidence/moments.ts";
import { alertWords, type Words } from "./evidence-text.ts";
import { type Lang, textOf } from "./output.ts";

/** What a bundle that was made for the wearer does not show. */
export interface HeldBack {
  records: number;
  orders: number;
}

export function isHeldBack({ records, orders }: HeldBack): boolean {
  return records > 0 || orders > 0;
}

/** What a journal run again came to, in words; instants in UTC, for an order's local time would need the order. */
export function runLines(run: JournalRun, heldBack: HeldBack, notRun: number, moments: MomentAt, lang: Lang): string[] {
  const words: Words = (code, params = {}) => textOf(lang, code, params).text;
  const clock = clockOf(undefined);
  const { segments, records, alerts, checkpoints, gaps, differences, refusals } = run;
  const lines = [words("replay.journal-run", { segments, records, alerts, checkpoints })];
  if (isHeldBack(heldBack)) lines.push(words("replay.journal-redacted", { ...heldBack }));
  for (const reason of ["missing", "held-back", "no-start"] as const) lines.push(...gapLines(gaps, reason, words));
  for (const { number, reason } of refusals) lines.push(refusalText(number, reason, heldBack, words));
  for (const difference of differences) lines.push(...differenceLines(difference, moments, words, clock));
  if (differences.length === 0) lines.push(words(verdictOf(run, heldBack, notRun)));
  return lines;
}

function verdictOf({ records, refusals }: JournalRun, heldBack: HeldBack, notRun: number): string {
  if (records === 0) return "replay.journal-nothing-run";
  const isWhole = notRun === 0 && refusals.length === 0 && !isHeldBack(heldBack);
  return isWhole ? "replay.journal-same" : "replay.journal-same-in-part";
}

const GAP_TEXTS = {
  missing: "replay.gap-missing",
  "held-back": "replay.gap-held-back",
  "no-start": "replay.gap-no-start",
};

/** A wearer's bundle has many of one kind, and a line for each would bury the rest. */
function gapLines(all: JournalRun["gaps"], reason: JournalRun["gaps"][0]["reason"], words: Words): string[] {
  const gaps = all.filter((gap) => gap.reason === reason);
  if (gaps.length === 0) return [];
  const n = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return [words(GAP_TEXTS[reason], { n, numbers: runsText(gaps) })];
}

function refusalText(number: number, reason: string, { orders }: HeldBack, words: Words): string {
  if (reason !== "replay.no-order") return words("replay.journal-refused-record", { number, why: reason });
  return words(orders > 0 ? "replay.journal-order-held-back" : "replay.journal-no-order", { number });
}

const DIFFERENCE_TEXTS = {
  other: "replay.differs-other",
  unmade: "replay.differs-unmade",
  unrecorded: "replay.differs-unrecorded",
};

function differenceLines(difference: Difference, moments: MomentAt, words: Words, clock: Clock): string[] {
  const { number, what, recorded, made } = difference;
  const ms = moments(difference);
  const at = ms === undefined ? words("replay.time-unknown") : clock(ms);
  const lines = [words(DIFFERENCE_TEXTS[what], { number, at })];
  const tell = (body: Uint8Array | undefined) =>
    body === undefined ? words("replay.nothing") : bodyText(difference.kind, body, words, clock);
  lines.push(`  ${words("replay.recorded")} ${tell(recorded)}`, `  ${words("replay.made")} ${tell(made)}`);
  const fields = fieldsOf(difference);
  if (fields.length > 0) lines.push(`  ${words("replay.differs-in", { fields: fields.join(", ") })}`);
  return lines;
}

function bodyText(kind: number, body: Uint8Array, words: Words, clock: Clock): string {
  if (kind === CHECKPOINT) return words("replay.a-checkpoint", { bytes: body.length });
  const alert = kind === ALERT ? decodeAlert(body) : undefined;
  if (!alert?.ok) return words("replay.unreadable-bytes", { hex: hexOf(body) });
  const { when, what, where } = alertWords(alert.value, undefined, words, clock);
  return [words("replay.an-alert", { seq: alert.value.seq, when, what }), ...(where === "" ? [] : [where])].join("; ");
}

/** By their names in the code, which are never translated: two alerts may read alike and differ in a millimetre. */
function fieldsOf({ kind, recorded, made }: Difference): string[] {
  if (recorded === undefined || made === undefined) return [];
  if (kind === CHECKPOINT) return differingFields(recorded, made);
  const [was, is] = [decodeAlert(recorded), decodeAlert(made)];
  if (!was.ok || !is.ok) return [];
  const names = Object.keys({ ...was.value, ...is.value }) as (keyof Alert)[];
  return names
    .filter((name) => JSON.stringify(was.value[name]) !== JSON.stringify(is.value[name]))
    .map((name) => `${name} (${short(was.value[name])} → ${short(is.value[name])})`);
}

function short(value: unknown): string {
  return value === undefined ? "–" : typeof value === "object" ? "…" : String(value);
}

/** The same for programs; bodies in hex. */
export function runJson(run: JournalRun, heldBack: HeldBack): Record<string, unknown> {
  const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : hexOf(bytes));
  return {
    kind: "journal",
    ...run,
    heldBack,
    differences: run.differences.map((difference) => {
      const { number, epoch, kind, what, recorded, made } = difference;
      const fields = fieldsOf(difference).map((field) => field.split(" ")[0]);
      return { record: number, epoch, kind, what, recorded: hex(recorded), made: hex(made), fields };
    }),
  };
}
