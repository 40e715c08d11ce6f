import { countOutside, countVisits } from "../../simulator/replay/lines.ts";
import type { ReplayResult } from "../../simulator/replay/replay.ts";
import type { ScoredVisit } from "../../simulator/replay/visits.ts";
import { type Lang, textOf } from "./output.ts";

/** What happened on a recording, for people: one line a visit, then the account. */
export function storyLines(result: ReplayResult, lang: Lang): string[] {
  const say = (code: string, params: Record<string, string | number> = {}) => textOf(lang, code, params).text;
  const { path, baseline } = result;
  const outside = countOutside(result);
  const counted = countVisits(result.visits);
  const lost = result.alerts.filter((a) => a.about === "location-lost").length;
  return [
    say("story.trace", {
      trace: result.trace.name,
      from: clock(path.timeMs[0]),
      span: duration(result.spanS),
      zones: result.order.zones.length,
    }),
    ...result.visits.map((visit) => `  ${say(visitCode(visit), visitParams(visit, result.order.delayS))}`),
    ...(result.visits.length === 0 ? [`  ${say("story.no-visit")}`] : []),
    ...(lost > 0 ? [`  ${say("story.lost", { times: lost })}`] : []),
    say("story.verdict", { visits: result.visits.length, ...counted, falseAlerts: result.falseAlerts.length }),
    say("story.charge", {
      fixes: outside.fixes,
      mah: result.chargeMah.toFixed(2),
      baselineFixes: outside.baseline,
      baselineMah: baseline.chargeMah.toFixed(2),
      ratio: (outside.baseline / Math.max(1, outside.fixes)).toFixed(1),
    }),
  ];
}

function visitCode(visit: ScoredVisit): string {
  if (visit.missed) return "story.missed";
  if (visit.detectedMs === undefined) return "story.passed-by";
  return visit.late ? "story.late" : "story.detected";
}

function visitParams(visit: ScoredVisit, delayS: number): Record<string, string | number> {
  return {
    zone: visit.zone,
    entry: clock(visit.entryMs).slice(11),
    stay: duration(visit.stayS),
    delay: Math.round(visit.delayS ?? 0),
    limit: delayS,
    why: visit.beyondModel === undefined ? "" : `(${visit.beyondModel})`,
  };
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** `49 s`, `12 min`, `3 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
