import type { Alert } from "../../protocol/messages/alert.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import type { EngineName } from "../engines/engine.ts";
import { chargeMah } from "../hardware/charge.ts";
import type { ReportData } from "../report/report-data.ts";
import { distanceByRow } from "./bounds.ts";
import { summaryLine } from "./lines.ts";
import type { ReplayResult } from "./replay.ts";

/** What the report page draws, taken from a run. */
export function reportData(result: ReplayResult, engine: EngineName, wallS: number): ReportData {
  const { path, order } = result;
  const { visits: _, ...summary } = summaryLine(result, wallS);
  return {
    title: result.trace.name,
    traces: [result.trace.name],
    engine,
    receiver: result.receiver,
    seed: result.seed,
    delayS: order.delayS,
    heartbeatS: order.heartbeatS,
    track: { timeMs: path.timeMs, lat: path.lat, lon: path.lon },
    zones: order.zones.map(drawnZone),
    fixes: result.fixes.map(({ atMs, fix, accepted, reason }) => ({
      timeMs: atMs,
      lat: fix.latE7 / 1e7,
      lon: fix.lonE7 / 1e7,
      hAccM: metres(fix.hAccMm),
      accepted,
      reason,
    })),
    alerts: result.alerts.map(drawnAlert),
    visits: result.visits,
    distance: distances(result),
    charge: chargeOverTime(result),
    summary,
  };
}

function drawnZone({ id, kind, bufferM, shape }: Zone): ReportData["zones"][number] {
  if (shape.kind === "circle")
    return { id, kind, bufferM, circle: { lat: shape.latE7 / 1e7, lon: shape.lonE7 / 1e7, radiusM: shape.radiusM } };
  const points = (ring: ArrayLike<number>) =>
    Array.from({ length: ring.length / 2 }, (_, i): [number, number] => [ring[2 * i] / 1e7, ring[2 * i + 1] / 1e7]);
  return { id, kind, bufferM, polygons: shape.polygons.map((p) => p.rings.map(points)) };
}

function drawnAlert({ atMs, zone, about, state, fix }: Alert): ReportData["alerts"][number] {
  return {
    timeMs: atMs,
    zone,
    about,
    state,
    lat: fix && fix.latE7 / 1e7,
    lon: fix && fix.lonE7 / 1e7,
    hAccM: metres(fix?.hAccMm),
  };
}

function metres(mm: number | undefined): number | undefined {
  return mm === undefined ? undefined : mm / 1000;
}

/** More points than a time line has pixels are not computed: the distance to every zone is the costly part. */
const DISTANCE_POINTS = 6_000;

function distances({ path, order }: ReplayResult): ReportData["distance"] {
  const distance = distanceByRow(path, order);
  const step = Math.max(1, Math.ceil(path.rows / DISTANCE_POINTS));
  const rows: number[] = [];
  for (let row = 0; row < path.rows; row += step) rows.push(row);
  return { timeMs: Float64Array.from(rows, (row) => path.timeMs[row]), metres: Float64Array.from(rows, distance) };
}

const CHARGE_POINTS = 400;

function chargeOverTime({ path, powerMs, baseline, alerts }: ReplayResult): ReportData["charge"] {
  const startMs = path.timeMs[0];
  const spanMs = path.timeMs[path.rows - 1] - startMs;
  const timeMs = Float64Array.from({ length: CHARGE_POINTS + 1 }, (_, i) => startMs + (spanMs * i) / CHARGE_POINTS);
  const elapsedS = (t: number) => (t - startMs) / 1000;
  const messagesUntil = (t: number) => alerts.filter((a) => a.atMs <= t).length;
  // The baseline's receiver works the same way every minute, so its charge grows evenly.
  const baselineRate = spanMs > 0 ? baseline.gnssOnS / (spanMs / 1000) : 0;
  return {
    timeMs,
    mAh: timeMs.map((t) => chargeMah(onSecondsUntil(powerMs, t), elapsedS(t), messagesUntil(t))),
    baselineMah: timeMs.map((t) => chargeMah(baselineRate * elapsedS(t), elapsedS(t), messagesUntil(t))),
  };
}

function onSecondsUntil(powerMs: number[], untilMs: number): number {
  let totalMs = 0;
  for (let i = 0; i < powerMs.length && powerMs[i] < untilMs; i += 2)
    totalMs += Math.min(powerMs[i + 1] ?? untilMs, untilMs) - powerMs[i];
  return totalMs / 1000;
}
