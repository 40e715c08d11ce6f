import type { Alert } from "../../protocol/messages/alert.ts";
import type { Order } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { createCursor } from "../world/path.ts";
import { distanceByRow } from "./bounds.ts";
import type { JudgedFix, ReplayResult } from "./replay.ts";
import type { ScoredVisit } from "./visits.ts";

/** The machine-readable account of a run: one object a line, the summary last. Times are ISO 8601 UTC; `null` is unknown. */
export type ReplayLine = FixLine | AlertLine | SummaryLine | TotalLine;

/** Which recording a line is about, where there are several. */
export interface Origin {
  trace: string;
  /** As it was named: two may have one base name. */
  file: string;
}

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
  zone: string | null;
  /** Of an inclusion zone, `entered` means that he went where he must not be: out of it. */
  zoneKind: Zone["kind"] | null;
  state: Exclude<Alert["state"], undefined> | null;
  /** Of the fix that brought the alert, or of the last one known; `null` before the first. */
  lat: number | null;
  lon: number | null;
  hAccM: number | null;
  /** Metres to the zone's boundary, negative inside. */
  distanceM: number | null;
  since: string;
}

/** One stay where the wearer must not be: in an exclusion zone, or outside an inclusion zone. */
export interface VisitLine {
  zone: string;
  zoneKind: Zone["kind"];
  entryAt: string;
  exitAt: string;
  stayS: number;
  detectedAt: string | null;
  delayS: number | null;
  late: boolean;
  missed: boolean;
  /** Late, but location-lost stood by the deadline. */
  lossTold: boolean;
  /** `false`, or what in the recording outran the speed model. */
  beyondModel: false | string;
}

export interface SummaryLine {
  kind: "summary";
  trace: string;
  file: string;
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
  /** How often it was raised that the location was lost. */
  locationLost: number;
  /** How often something was raised that is about neither a zone nor a lost location: tamper, silence, battery…; by kind. */
  otherAlerts: Record<string, number>;
  /** SHA-256 over every effect of the device: the same input, seed and options give the same. */
  effectHash: string;
  wallS: number;
}

/** The same over several recordings; what each has of its own stands in lists, in their order. */
export interface TotalLine extends Omit<SummaryLine, "trace" | "file" | "receiver" | "visits" | "effectHash"> {
  traces: string[];
  files: string[];
  receivers: string[];
  visits: (VisitLine & Origin)[];
  effectHashes: string[];
}

/** Fixes and alerts in the order in which they came. `origin` where there are several recordings. */
export function replayLines(result: ReplayResult, origin?: Origin): (FixLine | AlertLine)[] {
  const kindOf = kindsOf(result.order);
  const timed: { atMs: number; line: FixLine | AlertLine }[] = [
    ...result.fixes.map((judged) => ({ atMs: judged.atMs, line: fixLine(judged) })),
    ...result.alerts.map((alert) => ({ atMs: alert.atMs, line: alertLine(alert, kindOf) })),
  ].sort((a, b) => a.atMs - b.atMs);
  return timed.map(({ line }) => ({ ...line, ...origin }));
}

type KindOf = (zone: string) => Zone["kind"];

/** Alerts and visits name zones of the order. */
export function kindsOf(order: Order): KindOf {
  const inclusion = new Set(order.zones.filter((z) => z.kind === "inclusion").map((z) => z.id));
  return (zone) => (inclusion.has(zone) ? "inclusion" : "exclusion");
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

function alertLine(alert: Alert, kindOf: KindOf): AlertLine {
  const { fix, zone, signedMm } = alert;
  return {
    kind: "alert",
    t: iso(alert.atMs),
    about: alert.about,
    zone: zone ?? null,
    zoneKind: zone === undefined ? null : kindOf(zone),
    state: alert.state ?? null,
    lat: fix === undefined ? null : fix.latE7 / 1e7,
    lon: fix === undefined ? null : fix.lonE7 / 1e7,
    hAccM: fix?.hAccMm === undefined ? null : fix.hAccMm / 1000,
    distanceM: signedMm === undefined ? null : signedMm / 1000,
    since: iso(alert.sinceMs),
  };
}

export function summaryLine(result: ReplayResult, wallS: number): SummaryLine {
  const { baseline } = result;
  const outside = countOutside(result);
  const kindOf = kindsOf(result.order);
  return {
    kind: "summary",
    trace: result.trace.name,
    file: result.trace.file,
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
    visits: result.visits.map((visit) => visitLine(visit, kindOf(visit.zone))),
    ...countVisits(result.visits),
    falseAlerts: result.falseAlerts.length,
    ...countOthers(result.alerts),
    effectHash: result.effectHash,
    wallS: round(wallS, 3),
  };
}

/** One summary over several recordings; each visit names its own. */
export function sumUp(summaries: SummaryLine[]): TotalLine {
  const sum = (of: (s: SummaryLine) => number) =>
    round(
      summaries.reduce((total, s) => total + of(s), 0),
      4,
    );
  return {
    kind: "summary",
    traces: summaries.map((s) => s.trace),
    files: summaries.map((s) => s.file),
    seed: summaries[0].seed,
    receivers: summaries.map((s) => s.receiver),
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
    visits: summaries.flatMap(({ visits, trace, file }) => visits.map((visit) => ({ ...visit, trace, file }))),
    missed: sum((s) => s.missed),
    late: sum((s) => s.late),
    beyondModel: sum((s) => s.beyondModel),
    falseAlerts: sum((s) => s.falseAlerts),
    locationLost: sum((s) => s.locationLost),
    otherAlerts: addUp(summaries.map((s) => s.otherAlerts)),
    effectHashes: summaries.map((s) => s.effectHash),
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

/** What was raised beside alerts about zones, by kind; what ended or goes on is no new alert. */
export function countOthers(alerts: Alert[]): Pick<SummaryLine, "locationLost" | "otherAlerts"> {
  const raised = alerts.filter(({ about, state }) => about !== "zone" && state === "raised");
  const others = raised.filter(({ about }) => about !== "location-lost");
  return {
    locationLost: raised.length - others.length,
    otherAlerts: addUp(others.map(({ about }) => ({ [about]: 1 }))),
  };
}

function addUp(counts: Record<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const one of counts) for (const [kind, n] of Object.entries(one)) sum[kind] = (sum[kind] ?? 0) + n;
  return sum;
}

function visitLine(visit: ScoredVisit, zoneKind: Zone["kind"]): VisitLine {
  return {
    zone: visit.zone,
    zoneKind,
    entryAt: iso(visit.entryMs),
    exitAt: iso(visit.exitMs),
    stayS: round(visit.stayS, 3),
    detectedAt: visit.detectedMs === undefined ? null : iso(visit.detectedMs),
    delayS: visit.delayS === undefined ? null : round(visit.delayS, 3),
    late: visit.late,
    missed: visit.missed,
    lossTold: visit.lossTold,
    beyondModel: visit.beyondModel ?? false,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
