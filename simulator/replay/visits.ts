import type { Order } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { rowDistanceM } from "../world/globe.ts";
import type { Path } from "../world/path.ts";
import { type TruthZone, truthOf } from "./truth-geometry.ts";
import { countsAt } from "./truth-schedule.ts";

/** One stay of the path itself in an exclusion zone (or outside an inclusion zone) while it counts. */
export interface Visit {
  zone: string;
  entryMs: number;
  exitMs: number;
  stayS: number;
  /** Rows of the path: first inside, first after. */
  entryRow: number;
  exitRow: number;
}

/** What became of a visit. */
export interface ScoredVisit extends Visit {
  detectedMs: number | undefined;
  delayS: number | undefined;
  late: boolean;
  missed: boolean;
  /** Late, but location-lost stood by the deadline: the promise where fixes fail. */
  lossTold: boolean;
  /** Why the promise does not cover it, where the recording itself outran the speed model. */
  beyondModel: string | undefined;
}

/** Visits in the order of their entry. The stay ends with the first row that is out again. */
export function findVisits(path: Path, order: Order): Visit[] {
  const visits: Visit[] = [];
  for (const zone of order.zones) visitsOf(path, truthOf(zone), order, visits);
  return visits.sort((a, b) => a.entryMs - b.entryMs || (a.zone < b.zone ? -1 : 1));
}

function visitsOf(path: Path, truth: TruthZone, order: Order, into: Visit[]): void {
  const zone: Zone = truth.zone;
  const forbidden = (row: number) =>
    countsAt(zone, order, path.timeMs[row]) &&
    truth.contains(path.lat[row], path.lon[row]) === (zone.kind === "exclusion");
  let entryRow = -1;
  for (let row = 0; row <= path.rows; row++) {
    const here = row < path.rows && forbidden(row);
    if (here && entryRow < 0) entryRow = row;
    if (here || entryRow < 0) continue;
    // Between two points of the recording nobody knows: a stay needs at least one.
    if (path.recorded.subarray(entryRow, row).indexOf(1) < 0) {
      entryRow = -1;
      continue;
    }
    const exitRow = Math.min(row, path.rows - 1);
    const entryMs = path.timeMs[entryRow];
    const exitMs = path.timeMs[exitRow];
    into.push({ zone: zone.id, entryMs, exitMs, stayS: (exitMs - entryMs) / 1000, entryRow, exitRow });
    entryRow = -1;
  }
}

/** An alert that a zone was entered, confirmed or not. */
export interface RaisedAlert {
  zone: string;
  atMs: number;
  hAccM: number;
}

/** The first of those alerts of one episode. */
export interface EntryAlert extends RaisedAlert {
  /** When the device reported that the zone was left; `undefined` while it stands. */
  leftMs: number | undefined;
}

/** A time during which `location-lost` stood. */
export interface Loss {
  fromMs: number;
  toMs: number;
}

/** Silence of a recorded receiver, longer than this in the time in which an entry had to be detected, leaves no two looks. */
const SILENCE_MS = 20_000;

/** `epochMs`: when a recorded receiver spoke. */
function silence(visit: Visit, delayS: number, epochMs: ArrayLike<number> | undefined): string | undefined {
  if (epochMs === undefined) return undefined;
  const untilMs = visit.entryMs + delayS * 1000;
  let lastMs = visit.entryMs;
  let longestMs = 0;
  for (let i = 0; i < epochMs.length && lastMs < untilMs; i++) {
    if (epochMs[i] <= lastMs) continue;
    longestMs = Math.max(longestMs, Math.min(epochMs[i], untilMs) - lastMs);
    lastMs = epochMs[i];
  }
  return longestMs > SILENCE_MS ? `the recorded receiver is silent for ${longestMs / 1000} s` : undefined;
}

/** A visit is detected by the first alert of its zone that stands at any time from its start to D after its end. */
export function scoreVisits(
  path: Path,
  visits: Visit[],
  alerts: EntryAlert[],
  delayS: number,
  fixMs: number[],
  epochMs?: ArrayLike<number>,
  losses: Loss[] = [],
): ScoredVisit[] {
  return visits.map((visit) => {
    const standing = alerts.find(
      (a) =>
        a.zone === visit.zone &&
        a.atMs <= visit.exitMs + delayS * 1000 &&
        (a.leftMs === undefined || a.leftMs > visit.entryMs),
    );
    // An alert that still stood when the wearer came back covers the new stay from its first moment.
    const detectedMs = standing === undefined ? undefined : Math.max(standing.atMs, visit.entryMs);
    const delay = detectedMs === undefined ? undefined : (detectedMs - visit.entryMs) / 1000;
    const owed = visit.stayS >= delayS;
    const missed = owed && detectedMs === undefined;
    const late = owed && (delay === undefined || delay > delayS);
    return {
      ...visit,
      detectedMs,
      delayS: delay,
      late,
      missed,
      lossTold:
        late && losses.some((loss) => loss.fromMs <= visit.entryMs + delayS * 1000 && loss.toMs > visit.entryMs),
      beyondModel: late ? (outran(path, visit, fixMs) ?? silence(visit, delayS, epochMs)) : undefined,
    };
  });
}

const CEILING_MPS = 60;
const ACCEL_MPS2 = 3;
/** Metres by which a recording's noise may outrun the model without being called a jump. */
const NOISE_M = 30;

/** Names what in the recording outran the speed model between the last fix before the entry and the entry. */
function outran(path: Path, visit: Visit, fixMs: number[]): string | undefined {
  const lastFixMs = fixMs.filter((t) => t <= visit.entryMs).at(-1) ?? path.timeMs[0];
  let from = visit.entryRow;
  while (from > 0 && path.timeMs[from] > lastFixMs) from--;
  const v0 = Math.min(CEILING_MPS, path.speedMps[from]);
  for (let row = from + 1; row <= visit.entryRow; row++) {
    const gapMs = path.timeMs[row] - path.timeMs[row - 1];
    const metres = rowDistanceM(path, row - 1, row);
    if (metres > (CEILING_MPS * gapMs) / 1000 + NOISE_M) return `jump of ${Math.round(metres)} m in ${gapMs / 1000} s`;
    const seconds = (path.timeMs[row] - path.timeMs[from]) / 1000;
    const gone = rowDistanceM(path, from, row);
    if (gone > modelM(v0, seconds) + 2 * NOISE_M)
      return metres > CEILING_MPS
        ? `jump of ${Math.round(metres)} m in ${gapMs / 1000} s`
        : `${Math.round(gone)} m in ${Math.round(seconds)} s, faster than the speed model`;
  }
  return undefined;
}

/** Metres that the speed model allows from `v0`. */
function modelM(v0: number, seconds: number): number {
  const rampS = (CEILING_MPS - v0) / ACCEL_MPS2;
  const rampingS = Math.min(rampS, seconds);
  return rampingS * (v0 + 0.5 * ACCEL_MPS2 * rampingS) + (seconds - rampingS) * CEILING_MPS;
}

/** Alerts for which no point of the recording within ±D lies in the zone grown by the reported accuracy. */
export function falseAlerts(path: Path, order: Order, alerts: RaisedAlert[]): RaisedAlert[] {
  return alerts.filter((alert) => {
    const zone = order.zones.find((z) => z.id === alert.zone);
    if (zone === undefined) return true;
    const truth = truthOf(zone);
    const outsideOf = zone.kind === "exclusion";
    for (let row = firstRowFrom(path, alert.atMs - order.delayS * 1000); row < path.rows; row++) {
      if (path.timeMs[row] > alert.atMs + order.delayS * 1000) break;
      if (path.recorded[row] === 0) continue;
      if (truth.contains(path.lat[row], path.lon[row]) === outsideOf) return false;
      if (truth.boundaryM(path.lat[row], path.lon[row]) <= alert.hAccM) return false;
    }
    return true;
  });
}

/** The last point of the recording up to an instant: in a hole the body stands there. */
function firstRowFrom(path: Path, tMs: number): number {
  let low = 0;
  let high = path.rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (path.timeMs[middle] <= tMs) low = middle + 1;
    else high = middle;
  }
  let row = Math.max(0, low - 1);
  while (row > 0 && path.recorded[row] === 0) row--;
  return row;
}
