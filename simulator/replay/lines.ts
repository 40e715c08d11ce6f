import type { Alert } from "../../protocol/messages/alert.ts";
import { createCursor } from "../world/path.ts";
import { distanceByRow } from "./bounds.ts";
import type { JudgedFix, ReplayResult } from "./replay.ts";
import type { ScoredVisit } from "./visits.ts";

/** The machine-readable account of a run: one object a line, the summary last. Times are ISO 8601 UTC. */
export type ReplayLine = FixLine | AlertLine | SummaryLine;

export interface FixLine {
  kind: "fix";
  /** When the device had it, by the journal's clock. */
  t: string;
  lat: number;
  lon: number;
  hAccM: number | null;
  speedMps: number | null;
  accepted: boolean;
  reason: string | null;
}

export interface AlertLine {
  kind: "alert";
  t: string;
  about: Alert["about"];
  zone: string | undefined;
  state: Alert["state"];
  /** Of the fix that brought the alert, or of the last one known; absent before the first. */
  lat: number | undefined;
  lon: number | undefined;
  hAccM: number | undefined;
  /** Metres to the zone's boundary, negative inside. */
  distanceM: number | undefined;
  since: string;
}

export interface VisitLine {
  zone: string;
  entryAt: string;
  exitAt: string;
  stayS: number;
  detectedAt: string | null;
  delayS: number | null;
  late: boolean;
  missed: boolean;
  /** `false`, or what in the recording outran the speed model. */
  beyondModel: false | string;
}

export interface SummaryLine {
  kind: "summary";
  trace: string;
  seed: number;
  receiver: string;
  points: number;
  spanS: number;
  fixes: number;
  fixAttempts: number;
  gnssOnS: number;
  chargeMah: number;
  /** Accepted fixes while the body was outside every zone: there alone is sparing allowed. */
  fixesOutside: number;
  baseline: { fixes: number; fixesOutside: number; gnssOnS: number; chargeMah: number };
  visits: VisitLine[];
  missed: number;
  late: number;
  beyondModel: number;
  falseAlerts: number;
  /** SHA-256 over every effect of the device: the same input, seed and options give the same. */
  effectHash: string;
  wallS: number;
}

/** Fixes and alerts in the order in which they came. `trace` names the recording where there are several. */
export function replayLines(result: ReplayResult, trace: string | undefined): (FixLine | AlertLine)[] {
  const timed = [
    ...result.fixes.map((judged) => ({ atMs: judged.atMs, line: fixLine(judged) as FixLine | AlertLine })),
    ...result.alerts.map((alert) => ({ atMs: alert.atMs, line: alertLine(alert) as FixLine | AlertLine })),
  ].sort((a, b) => a.atMs - b.atMs);
  return timed.map(({ line }) => (trace === undefined ? line : { ...line, trace }));
}

function fixLine({ atMs, fix, accepted, reason }: JudgedFix): FixLine {
  return {
    kind: "fix",
    t: iso(atMs),
    lat: fix.latE7 / 1e7,
    lon: fix.lonE7 / 1e7,
    hAccM: fix.hAccMm === undefined ? null : fix.hAccMm / 1000,
    speedMps: fix.speedMmps === undefined ? null : fix.speedMmps / 1000,
    accepted,
    reason: reason ?? null,
  };
}

export function alertLine(alert: Alert): AlertLine {
  const { fix } = alert;
  return {
    kind: "alert",
    t: iso(alert.atMs),
    about: alert.about,
    zone: alert.zone,
    state: alert.state,
    lat: fix && fix.latE7 / 1e7,
    lon: fix && fix.lonE7 / 1e7,
    hAccM: fix?.hAccMm === undefined ? undefined : fix.hAccMm / 1000,
    distanceM: alert.signedMm === undefined ? undefined : alert.signedMm / 1000,
    since: iso(alert.sinceMs),
  };
}

export function summaryLine(result: ReplayResult, wallS: number): SummaryLine {
  const { baseline } = result;
  const outside = countOutside(result);
  return {
    kind: "summary",
    trace: result.trace.name,
    seed: result.seed,
    receiver: result.receiver,
    points: result.trace.points,
    spanS: round(result.spanS, 3),
    fixes: result.fixes.filter((f) => f.accepted).length,
    fixAttempts: result.fixAttempts,
    gnssOnS: round(result.gnssOnS, 3),
    chargeMah: round(result.chargeMah, 4),
    fixesOutside: outside.fixes,
    baseline: {
      fixes: baseline.fixes,
      fixesOutside: outside.baseline,
      gnssOnS: round(baseline.gnssOnS, 3),
      chargeMah: round(baseline.chargeMah, 4),
    },
    visits: result.visits.map(visitLine),
    ...countVisits(result.visits),
    falseAlerts: result.falseAlerts.length,
    effectHash: result.effectHash,
    wallS: round(wallS, 3),
  };
}

/** One summary over several recordings; each visit names its own. */
export function sumUp(summaries: SummaryLine[]): SummaryLine {
  const sum = (of: (s: SummaryLine) => number) =>
    round(
      summaries.reduce((total, s) => total + of(s), 0),
      4,
    );
  return {
    kind: "summary",
    trace: summaries.map((s) => s.trace).join(", "),
    seed: summaries[0].seed,
    receiver: [...new Set(summaries.map((s) => s.receiver))].join(", "),
    points: sum((s) => s.points),
    spanS: sum((s) => s.spanS),
    fixes: sum((s) => s.fixes),
    fixAttempts: sum((s) => s.fixAttempts),
    gnssOnS: sum((s) => s.gnssOnS),
    chargeMah: sum((s) => s.chargeMah),
    fixesOutside: sum((s) => s.fixesOutside),
    baseline: {
      fixes: sum((s) => s.baseline.fixes),
      fixesOutside: sum((s) => s.baseline.fixesOutside),
      gnssOnS: sum((s) => s.baseline.gnssOnS),
      chargeMah: sum((s) => s.baseline.chargeMah),
    },
    visits: summaries.flatMap((s) => s.visits.map((visit) => ({ ...visit, trace: s.trace }))),
    missed: sum((s) => s.missed),
    late: sum((s) => s.late),
    beyondModel: sum((s) => s.beyondModel),
    falseAlerts: sum((s) => s.falseAlerts),
    effectHash: summaries.map((s) => s.effectHash).join(","),
    wallS: sum((s) => s.wallS),
  };
}

/** Fixes taken while the body was outside every zone, the bracelet's and the baseline's. */
export function countOutside({ path, order, fixes, baseline }: ReplayResult): { fixes: number; baseline: number } {
  const distance = distanceByRow(path, order);
  const count = (timesMs: number[]) => {
    const rowAt = createCursor(path);
    return timesMs.filter((t) => distance(rowAt(t)) >= 0).length;
  };
  return { fixes: count(fixes.filter((f) => f.accepted).map((f) => f.atMs)), baseline: count(baseline.fixMs) };
}

/** Misses and delays that the speed model covers; what the recording itself outran is counted apart. */
export function countVisits(visits: ScoredVisit[]): { missed: number; late: number; beyondModel: number } {
  return {
    missed: visits.filter((v) => v.missed && v.beyondModel === undefined).length,
    late: visits.filter((v) => v.late && v.beyondModel === undefined).length,
    beyondModel: visits.filter((v) => v.beyondModel !== undefined).length,
  };
}

function visitLine(visit: ScoredVisit): VisitLine {
  return {
    zone: visit.zone,
    entryAt: iso(visit.entryMs),
    exitAt: iso(visit.exitMs),
    stayS: round(visit.stayS, 3),
    detectedAt: visit.detectedMs === undefined ? null : iso(visit.detectedMs),
    delayS: visit.delayS === undefined ? null : round(visit.delayS, 3),
    late: visit.late,
    missed: visit.missed,
    beyondModel: visit.beyondModel ?? false,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
