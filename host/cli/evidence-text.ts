import { BANDS_M } from "../../protocol/evidence/bundle.ts";
import { TIME_MOST_MS } from "../../protocol/limits.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { numberOf, type TreeChecked } from "../evidence/check-tree.ts";
import type { Facts, ShownAlert } from "../evidence/facts.ts";
import { type Clock, clockOf } from "../evidence/moments.ts";
import type { Step } from "../evidence/step.ts";
import type { FoundPlace, Verification } from "../evidence/verify.ts";
import { type Lang, textOf } from "./output.ts";

/** What a verification came to, in words: for a terminal and, section by section, for a page. */
export interface Account {
  verdict: string;
  about: string[];
  steps: { outcome: Step["outcome"]; name: string; text: string }[];
  places: string[];
  alerts: { when: string; what: string; where: string; witnessed: string }[];
  /** Gaps, clock, witness, limits: whole sentences. */
  remarks: string[];
}

export type Words = (code: string, params?: Record<string, string | number>) => string;

export function accountOf(result: Verification, file: string, lang: Lang): Account {
  const words: Words = (code, params = {}) => textOf(lang, code, params).text;
  const offsets = result.orders?.orders.at(-1)?.verified.deviceOrder.terms?.utcOffsets;
  const clock = clockOf(offsets);
  return {
    verdict: words(verdictOf(result), { file, n: result.notRun ?? 0 }),
    about: aboutLines(result, words, clock),
    steps: result.steps.map(({ step, outcome, code, params }) => ({
      outcome,
      name: words(STEP_NAMES[step]),
      text: words(code, wordedParams(params, words)),
    })),
    places: result.places.map((place) => placeText(place, words, clock)),
    alerts: (result.facts?.alerts ?? []).map((alert) => alertText(alert, words, clock)),
    remarks: result.facts === undefined ? [] : remarks(result, result.facts, words, clock),
  };
}

/** Keys of another agency say nothing of whether a bundle was altered, and nobody may read it as if they did. */
function verdictOf({ outcome, steps }: Verification): string {
  const open = steps.filter((step) => step.outcome !== "passed");
  const failures = open.filter((step) => step.outcome === "failed");
  if (failures.length > 0 && failures.every(({ code }) => FOREIGN.includes(code))) return "evidence.foreign";
  if (open.length === 1 && open[0].code === "evidence.replay-in-part") return "evidence.genuine-in-part";
  return VERDICTS[outcome];
}

const FOREIGN = ["evidence.keys-foreign", "evidence.signer-unknown", "evidence.order-foreign"];

const VERDICTS = {
  genuine: "evidence.genuine",
  altered: "evidence.altered",
  unproven: "evidence.unproven",
};
const STEP_NAMES = {
  form: "evidence.step-form",
  signature: "evidence.step-signature",
  orders: "evidence.step-orders",
  chain: "evidence.step-chain",
  tree: "evidence.step-tree",
  replay: "evidence.step-replay",
};
const PURPOSE_NAMES = {
  court: "evidence.for-court",
  defence: "evidence.for-defence",
  subject: "evidence.for-subject",
};
const SECTION_NAMES = {
  header: "evidence.in-header",
  orders: "evidence.in-orders",
  image: "evidence.in-image",
  records: "evidence.in-records",
  keys: "evidence.in-keys",
  tree: "evidence.in-tree",
  index: "evidence.in-index",
};
const PLACE_TEXTS = {
  name: "evidence.at-name",
  table: "evidence.at-table",
  signature: "evidence.at-signature",
  length: "evidence.at-length",
  piece: "evidence.at-piece",
  index: "evidence.at-index",
  truncated: "evidence.at-truncated",
  trailing: "evidence.at-trailing",
};

const ABOUT_TEXTS: Record<Alert["about"], string> = {
  zone: "evidence.about-zone",
  "location-lost": "evidence.about-location-lost",
  strap: "evidence.about-strap",
  enclosure: "evidence.about-enclosure",
  usb: "evidence.about-usb",
  jamming: "evidence.about-jamming",
  shielding: "evidence.about-shielding",
  "frozen-fix": "evidence.about-frozen-fix",
  teleport: "evidence.about-teleport",
  "clock-step": "evidence.about-clock-step",
  "comms-lost": "evidence.about-comms-lost",
  battery: "evidence.about-battery",
  stillness: "evidence.about-stillness",
  removal: "evidence.about-removal",
  integrity: "evidence.about-integrity",
};
const STATE_TEXTS: Record<Alert["state"], string> = {
  entered: "evidence.state-entered",
  unconfirmed: "evidence.state-unconfirmed",
  left: "evidence.state-left",
  raised: "evidence.state-raised",
  continuing: "evidence.state-continuing",
  cleared: "evidence.state-cleared",
};
const CLOCK_TEXTS = { trusted: "evidence.clock-trusted", holdover: "evidence.clock-holdover" };

/** Names of sections are words; reasons stay codes, which are never translated. */
function wordedParams(params: Step["params"], words: Words): Record<string, string | number> {
  const section = SECTION_NAMES[params.section as keyof typeof SECTION_NAMES];
  return section === undefined ? { ...params } : { ...params, section: words(section) };
}

function aboutLines({ bundle }: Verification, words: Words, clock: Clock): string[] {
  if (bundle === undefined) return [];
  const { device, purpose, madeMs, madeBy, fromMs, toMs } = bundle.header;
  return [
    words("evidence.about", { device, purpose: words(PURPOSE_NAMES[purpose]) }),
    madeBy.trim() === ""
      ? words("evidence.made-by-nobody", { at: clock(madeMs) })
      : words("evidence.made", { at: clock(madeMs), by: madeBy }),
    fromMs === 0 && toMs === TIME_MOST_MS
      ? words("evidence.span-all")
      : words("evidence.span", {
          from: fromMs === 0 ? words("evidence.start") : clock(fromMs),
          to: toMs === TIME_MOST_MS ? words("evidence.end") : clock(toMs),
        }),
  ];
}

function placeText(place: FoundPlace, words: Words, clock: Clock): string {
  const { what, section, piece, number, afterMs, from, to } = place;
  const params = {
    from,
    to: to - 1,
    section: section === undefined ? "" : words(SECTION_NAMES[section]),
    item: piece ?? 0,
  };
  if (what === "table" && section === undefined) return words("evidence.at-table-form", params);
  if (what !== "piece" || section !== "records" || !piece) return words(PLACE_TEXTS[what], params);
  const which = number === undefined ? "evidence.at-some-record" : "evidence.at-record";
  const after = afterMs === undefined ? "" : words("evidence.at-after", { at: clock(afterMs) });
  return words(which, { ...params, number: number ?? 0, after });
}

/** One line of the list of alerts. */
function alertText(
  { number, epoch, alert, band, witnessedMs }: ShownAlert,
  words: Words,
  clock: Clock,
): Account["alerts"][0] {
  const { when, what, where } = alertWords(alert, band, words, clock);
  const record = words(epoch === undefined ? "evidence.record-number" : "evidence.record-in-epoch", {
    number,
    epoch: epoch ?? 0,
  });
  return {
    when,
    what: `${record} ${what}`,
    where,
    witnessed:
      witnessedMs === undefined
        ? words("evidence.alert-unwitnessed")
        : words("evidence.alert-witnessed", { at: clock(witnessedMs) }),
  };
}

/** What an alert says; `band`: of a distance that is held back. */
export function alertWords(
  alert: Alert,
  band: number | undefined,
  words: Words,
  clock: Clock,
): Pick<Account["alerts"][0], "when" | "what" | "where"> {
  const { fix, signedMm, zone, state, about, percent, detail } = alert;
  const where: string[] = [];
  if (fix !== undefined) {
    where.push(positionText(alert, fix, words, clock));
    where.push(
      fix.hAccMm === undefined
        ? words("evidence.no-accuracy")
        : words("evidence.accuracy", { metres: Math.ceil(fix.hAccMm / 1000) }),
    );
  }
  if (signedMm !== undefined) where.push(distanceText(signedMm, words));
  if (band !== undefined) where.push(bandText(band, words));
  const noted = [
    ...(detail === undefined ? [] : [detailText(detail, words)]),
    ...(percent === undefined ? [] : [`${percent} %`]),
  ];
  const what = words(STATE_TEXTS[state], {
    what: words(ABOUT_TEXTS[about], { zone: zone ?? "" }),
    noted: noted.length === 0 ? "" : ` (${noted.join(", ")})`,
  });
  return {
    when: `${clock(alert.atMs)} ${reliability(alert, words)}`,
    what,
    where: where.join(`${words("evidence.comma")} `),
  };
}

const DETAIL_TEXTS = { emergency: "evidence.detail-emergency", overdue: "evidence.detail-overdue" };

/** Which removal it was, in words; what was found of integrity is a code, and codes are never translated. */
function detailText(detail: string, words: Words): string {
  return Object.hasOwn(DETAIL_TEXTS, detail) ? words(DETAIL_TEXTS[detail as keyof typeof DETAIL_TEXTS]) : detail;
}

/** About a zone it is the fix that brought the alert; with anything else it may be long past, and must not read as if he had been there then. */
function positionText({ about }: Alert, { latE7, lonE7, timeMs }: Fix, words: Words, clock: Clock): string {
  const place = { lat: degrees(latE7), lon: degrees(lonE7) };
  if (about === "zone") return words("evidence.position", place);
  return timeMs === undefined
    ? words("evidence.last-position-undated", place)
    : words("evidence.last-position", { ...place, at: clock(timeMs) });
}

/** How far the device could be wrong about the time. */
function reliability({ clock, clockErrorMs }: Alert, words: Words): string {
  if (clock === undefined) return words("evidence.clock-unknown");
  return words(CLOCK_TEXTS[clock], { seconds: Math.ceil((clockErrorMs ?? 0) / 1000) });
}

function degrees(e7: number): string {
  return (e7 / 1e7).toFixed(6);
}

/** Beyond a kilometre a distance says only that it is far. */
const FAR_MM = 1_000_000;

function distanceText(signedMm: number, words: Words): string {
  const metres = Math.round(Math.abs(signedMm) / 1000);
  if (Math.abs(signedMm) >= FAR_MM) return words(signedMm < 0 ? "evidence.far-inside" : "evidence.far-outside");
  return words(signedMm < 0 ? "evidence.inside" : "evidence.outside", { metres });
}

function bandText(band: number, words: Words): string {
  const most = BANDS_M[band];
  if (band === 0) return words("evidence.band-inside");
  return most === Number.POSITIVE_INFINITY
    ? words("evidence.band-beyond", { metres: BANDS_M[band - 1] })
    : words("evidence.band-within", { least: BANDS_M[band - 1], metres: most });
}

function remarks({ bundle, run, tree }: Verification, facts: Facts, words: Words, clock: Clock): string[] {
  const lines: string[] = [];
  if (facts.alerts.length === 0) lines.push(words("evidence.no-alerts"));
  const between = ({ afterMs, beforeMs }: { afterMs: number | undefined; beforeMs: number | undefined }) => ({
    after: afterMs === undefined ? words("evidence.start") : clock(afterMs),
    before: beforeMs === undefined ? words("evidence.end") : clock(beforeMs),
  });
  for (const rewind of facts.rewinds) {
    const { from, to, epoch, again, isProven } = rewind;
    lines.push(words("evidence.numbers-reused", { from, to, epoch, again, ...between(rewind) }));
    lines.push(words(isProven ? "evidence.reuse-proven" : "evidence.reuse-unproven", { epoch, again }));
  }
  for (const gap of facts.gaps) {
    const { from, to } = gap;
    lines.push(words("evidence.gap", { from, to, n: to - from + 1, ...between(gap) }));
  }
  if (facts.gaps.length === 0) lines.push(words("evidence.no-gaps"));
  for (const { from, to, reason } of run?.gaps ?? [])
    if (reason === "no-start") lines.push(words("evidence.not-replayed", { from, to }));
  lines.push(...clockLines(facts, words));
  if (facts.unreadable.length > 0) lines.push(words("evidence.unreadable", { n: facts.unreadable.length }));
  if (facts.heldBack > 0) lines.push(words("evidence.held-back", { n: facts.heldBack }));
  lines.push(...witnessLines(facts, tree?.witnessedMs, words, clock));
  const sent = bundle?.header.sent;
  lines.push(
    sent === undefined
      ? words("evidence.never-sent")
      : words("evidence.tail", { number: sent.number, at: clock(sent.atMs) }),
  );
  const last = bundle?.records.reduce((most, item) => Math.max(most, numberOf(item)), 0);
  if (sent !== undefined && last !== undefined && last < sent.number)
    lines.push(words("evidence.more-sent", { last, number: sent.number }));
  lines.push(words("evidence.trust"), words("evidence.suspicion"));
  return lines;
}

function clockLines({ alerts }: Facts, words: Words): string[] {
  const lines: string[] = [];
  const apart = alerts.flatMap(({ alert }) =>
    // With anything but a zone the fix may be an old one: its age says nothing of the clock.
    alert.about !== "zone" || alert.fix?.timeMs === undefined ? [] : [Math.abs(alert.atMs - alert.fix.timeMs)],
  );
  if (apart.length > 0)
    lines.push(
      words("evidence.clock", { n: apart.length, seconds: Math.max(1, Math.ceil(Math.max(...apart) / 1000)) }),
    );
  const guessed = alerts.filter(({ alert }) => alert.clock === undefined).length;
  if (guessed > 0) lines.push(words("evidence.clock-guessed", { n: guessed }));
  return lines;
}

function witnessLines(
  { unwitnessed, lastHeadMs }: Facts,
  witnessedMs: TreeChecked["witnessedMs"] | undefined,
  words: Words,
  clock: Clock,
): string[] {
  const lines: string[] = [];
  const first = [...(witnessedMs?.values() ?? [])].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (Number.isFinite(first)) lines.push(words("evidence.not-before", { at: clock(first) }));
  if (unwitnessed !== undefined && lastHeadMs !== undefined)
    lines.push(words("evidence.unwitnessed", { ...unwitnessed, n: unwitnessed.count, at: clock(lastHeadMs) }));
  lines.push(words(lastHeadMs === undefined ? "evidence.all-unwitnessed" : "evidence.witness-meaning"));
  return lines;
}

const MARKS = { passed: "✓", failed: "✗", "not-done": "–" };

/** For a terminal. */
export function accountLines(account: Account, lang: Lang): string[] {
  const words: Words = (code, params = {}) => textOf(lang, code, params).text;
  const lines = [account.verdict, ...account.about, ""];
  for (const { outcome, name, text } of account.steps) lines.push(`${MARKS[outcome]} ${name}: ${text}`);
  if (account.places.length > 0) {
    lines.push("", words("evidence.places", { n: account.places.length }));
    for (const place of account.places.slice(0, PLACES_SHOWN)) lines.push(`  ${place}`);
    if (account.places.length > PLACES_SHOWN)
      lines.push(`  ${words("evidence.more-places", { n: account.places.length - PLACES_SHOWN })}`);
  }
  if (account.alerts.length > 0) {
    lines.push("", words("evidence.alerts", { n: account.alerts.length }));
    for (const { when, what, where, witnessed } of account.alerts) {
      lines.push(`  ${when}  ${what}`);
      if (where !== "") lines.push(`      ${where}`);
      lines.push(`      ${witnessed}`);
    }
  }
  if (account.remarks.length > 0)
    lines.push("", words("evidence.remarks"), ...account.remarks.map((line) => `  ${line}`));
  return lines;
}

/** More do not help to find the cause. */
const PLACES_SHOWN = 20;
