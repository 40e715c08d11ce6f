import { countOthers, countOutside, countVisits, kindsOf, type TotalLine } from "../../simulator/replay/lines.ts";
import type { ReplayResult } from "../../simulator/replay/replay.ts";
import type { ScoredVisit } from "../../simulator/replay/visits.ts";
import { type Lang, textOf } from "./output.ts";

/** What happened on a recording, which goes by `name`, for people: one line a visit, then the account. */
export function storyLines(result: ReplayResult, name: string, lang: Lang): string[] {
  const say = (code: string, params: Record<string, string | number> = {}) => textOf(lang, code, params).text;
  const { path, order, visits, baseline } = result;
  const kindOf = kindsOf(order);
  const { locationLost: lost, otherAlerts } = countOthers(result.alerts);
  const happened = visits.map((visit) => {
    const codes = kindOf(visit.zone) === "inclusion" ? LEFT : ENTERED;
    return say(codes[outcomeOf(visit)], visitParams(visit, order.delayS, lang));
  });
  if (visits.length === 0) happened.push(say("story.no-visit"));
  if (lost > 0) happened.push(say("story.lost", { times: lost }));
  const outside = countOutside(result);
  return [
    say("story.trace", {
      trace: name,
      from: clock(path.timeMs[0]),
      span: duration(result.spanS, lang),
      zones: order.zones.length,
    }),
    ...happened.map((line) => `  ${line}`),
    ...accountLines(
      {
        visits,
        ...countVisits(visits),
        falseAlerts: result.falseAlerts.length,
        otherAlerts,
        fixesOutside: outside.fixes,
        chargeMah: result.chargeMah,
        baseline: { fixesOutside: outside.baseline, chargeMah: baseline.chargeMah },
      },
      lang,
    ),
  ];
}

/** The account of several recordings together. */
export function totalLines(total: TotalLine, lang: Lang): string[] {
  return [textOf(lang, "story.total", { traces: total.traces.length }).text, ...accountLines(total, lang)];
}

interface Account
  extends Pick<
    TotalLine,
    "missed" | "late" | "beyondModel" | "falseAlerts" | "otherAlerts" | "fixesOutside" | "chargeMah"
  > {
  visits: unknown[];
  baseline: Pick<TotalLine["baseline"], "fixesOutside" | "chargeMah">;
}

function accountLines(account: Account, lang: Lang): string[] {
  const { visits, missed, late, beyondModel, falseAlerts, otherAlerts, fixesOutside, chargeMah, baseline } = account;
  return [
    textOf(lang, "story.verdict", { visits: visits.length, missed, late, beyondModel, falseAlerts }).text,
    othersText(otherAlerts, lang),
    textOf(lang, "story.charge", {
      fixes: fixesOutside,
      mah: chargeMah.toFixed(2),
      baselineFixes: baseline.fixesOutside,
      baselineMah: baseline.chargeMah.toFixed(2),
      ratio: ratioText(baseline.fixesOutside, fixesOutside, lang),
    }).text,
  ];
}

/** Of each kind how many; that there were none is said too. */
function othersText(otherAlerts: Record<string, number>, lang: Lang): string {
  const kinds = Object.entries(otherAlerts).map(
    ([kind, n]) => textOf(lang, "story.other-kind", { kind: textOf(lang, `evidence.about-${kind}`).text, n }).text,
  );
  const n = Object.values(otherAlerts).reduce((sum, one) => sum + one, 0);
  const list = kinds.join(`${textOf(lang, "story.other-comma").text} `);
  return n === 0 ? textOf(lang, "story.no-others").text : textOf(lang, "story.others", { n, kinds: list }).text;
}

/** Nothing is no multiple of nothing. */
function ratioText(baseline: number, fixes: number, lang: Lang): string {
  if (baseline === 0 && fixes === 0) return "";
  return textOf(lang, "story.ratio", { ratio: (baseline / Math.max(1, fixes)).toFixed(1) }).text;
}

type Outcome = "missed" | "passed-by" | "late" | "detected";

/** Where he must not go, and where he must stay. */
const ENTERED: Record<Outcome, string> = {
  missed: "story.missed",
  "passed-by": "story.passed-by",
  late: "story.late",
  detected: "story.detected",
};
const LEFT: Record<Outcome, string> = {
  missed: "story.left-missed",
  "passed-by": "story.left-briefly",
  late: "story.left-late",
  detected: "story.left-detected",
};

function outcomeOf(visit: ScoredVisit): Outcome {
  if (visit.missed) return "missed";
  if (visit.detectedMs === undefined) return "passed-by";
  return visit.late ? "late" : "detected";
}

function visitParams(visit: ScoredVisit, delayS: number, lang: Lang): Record<string, string | number> {
  return {
    zone: visit.zone,
    entry: clock(visit.entryMs).slice(11),
    stay: duration(visit.stayS, lang),
    delay: Math.round(visit.delayS ?? 0),
    limit: delayS,
    why: visit.beyondModel === undefined ? "" : `(${visit.beyondModel})`,
  };
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** `49 s`, `12 min`, `3 h 05 min`. */
function duration(seconds: number, lang: Lang): string {
  if (seconds < 90) return textOf(lang, "span.seconds", { s: Math.round(seconds) }).text;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return textOf(lang, "span.minutes", { min: minutes }).text;
  const rest = String(minutes % 60).padStart(2, "0");
  return textOf(lang, "span.hours", { h: Math.floor(minutes / 60), min: rest }).text;
}
