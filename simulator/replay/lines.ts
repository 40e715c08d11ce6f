import type { Alert } from "../../protocol/messages/alert.ts";
import type { ReplayResult } from "./replay.ts";
import type { ScoredVisit } from "./visits.ts";

/** The machine-readable account of a run: one object a line, the summary last. Times are ISO 8601 UTC. */
export type ReplayLine = AlertLine | SummaryLine;

export interface AlertLine {
  kind: "alert";
  t: string;
  about: Alert["about"];
  zone: string | undefined;
  state: Alert["state"];
  /** Of the fix that brought the alert; absent where none did. */
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
  baseline: { fixes: number; gnssOnS: number; chargeMah: number };
  visits: VisitLine[];
  missed: number;
  late: number;
  beyondModel: number;
  falseAlerts: number;
  /** SHA-256 over every effect of the device: the same input, seed and options give the same. */
  effectHash: string;
  wallS: number;
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
    baseline: { fixes: baseline.fixes, gnssOnS: round(baseline.gnssOnS, 3), chargeMah: round(baseline.chargeMah, 4) },
    visits: result.visits.map(visitLine),
    ...countVisits(result.visits),
    falseAlerts: result.falseAlerts.length,
    effectHash: result.effectHash,
    wallS: round(wallS, 3),
  };
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
