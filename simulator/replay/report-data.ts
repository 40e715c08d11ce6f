import type { Alert } from "../../protocol/messages/alert.ts";
import type { Order } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import type { EngineName } from "../engines/engine.ts";
import { chargeMah } from "../hardware/charge.ts";
import type { ReportData, Span } from "../report/report-data.ts";
import { thinSeries } from "../report/thin.ts";
import type { Trace } from "../traces/trace.ts";
import { rowDistanceM } from "../world/globe.ts";
import { createCursor, type Path } from "../world/path.ts";
import { distanceByRow } from "./bounds.ts";
import { summaryLine } from "./lines.ts";
import type { ReplayResult } from "./replay.ts";
import { countsAt } from "./truth-schedule.ts";

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
    alerts: result.alerts.flatMap(drawnAlert),
    visits: result.visits,
    order: { fromMs: order.fromMs, toMs: order.toMs, utcOffsets: order.utcOffsets },
    ...timeLine(result),
    charge: chargeOverTime(result),
    summary,
  };
}

function drawnZone({ id, kind, bufferM, schedule, shape }: Zone): ReportData["zones"][number] {
  const zone = { id, kind, bufferM, schedule };
  if (shape.kind === "circle")
    return { ...zone, circle: { lat: shape.latE7 / 1e7, lon: shape.lonE7 / 1e7, radiusM: shape.radiusM } };
  const points = (ring: ArrayLike<number>) =>
    Array.from({ length: ring.length / 2 }, (_, i): [number, number] => [ring[2 * i] / 1e7, ring[2 * i + 1] / 1e7]);
  return { ...zone, polygons: shape.polygons.map((p) => p.rings.map(points)) };
}

/** The page shows where he was, and whether that was known; tampering has no place on a map of a recorded way. */
function drawnAlert({ atMs, zone, about, state, fix }: Alert): ReportData["alerts"] {
  const place = { lat: fix && fix.latE7 / 1e7, lon: fix && fix.lonE7 / 1e7, hAccM: metres(fix?.hAccMm) };
  if (state === "entered" || state === "unconfirmed" || state === "left")
    return [{ timeMs: atMs, zone, about: "zone", state, ...place }];
  if (about !== "location-lost" || state === "continuing") return [];
  const known = state === "raised" ? ("location-lost" as const) : ("location-restored" as const);
  return [{ timeMs: atMs, zone, about: known, state: undefined, ...place }];
}

function metres(mm: number | undefined): number | undefined {
  return mm === undefined ? undefined : mm / 1000;
}

/** As many as the time line has pixels. */
const BINS = 1_000;

function timeLine({ trace, path, order, visits }: ReplayResult): Pick<ReportData, "distance" | "holes" | "idle"> {
  const holes = holesIn(trace);
  const spells = spellsOf(order, path.timeMs[0], path.timeMs[path.rows - 1]);
  // Zones come into force between rows too, and the distance leaps there though the body stands.
  const ground = withMoments(
    path,
    spells.flatMap(({ fromMs }) => [fromMs - 1, fromMs]),
  );
  const { timeMs, lat, lon } = ground;
  const travel = new Float64Array(ground.rows);
  for (let row = 1; row < ground.rows; row++) travel[row] = travel[row - 1] + rowDistanceM(ground, row - 1, row);
  const metres = distanceByRow(ground, order);
  const rowAt = createCursor(ground);
  const events = [...spells, ...holes].flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const cuts = [...events, ...visits.flatMap(({ entryMs, exitMs }) => [entryMs, exitMs])]
    .sort((a, b) => a - b)
    .map(rowAt);
  const kept = thinSeries({ timeMs, value: metres, travel }, BINS, cuts);
  const column = (of: (row: number) => number) => Float64Array.from(kept, of);
  return {
    distance: {
      timeMs: column((row) => timeMs[row]),
      metres: column(metres),
      lat: column((row) => lat[row]),
      lon: column((row) => lon[row]),
    },
    holes,
    idle: joined(spells.filter((spell) => spell.idle)),
  };
}

/** The field's own devices record once a minute; a longer silence is a hole. */
const HOLE_MS = 60_000;

function holesIn({ points, timeMs }: Trace): Span[] {
  const holes: Span[] = [];
  for (let i = 1; i < points; i++)
    if (timeMs[i] - timeMs[i - 1] > HOLE_MS) holes.push({ fromMs: timeMs[i - 1], toMs: timeMs[i] });
  return holes;
}

/** A time during which the same zones are in force. */
interface Spell extends Span {
  idle: boolean;
}

const MINUTE_MS = 60_000;
/** Windows open and close on full minutes; over more than a fortnight some of them are shorter than a pixel. */
const MOST_LOOKS = 20_000;

function spellsOf(order: Order, fromMs: number, toMs: number): Spell[] {
  const stepMs = MINUTE_MS * Math.ceil((toMs - fromMs) / MINUTE_MS / MOST_LOOKS);
  const looks = [fromMs, order.fromMs, order.toMs ?? fromMs, ...order.utcOffsets.map((offset) => offset.fromMs)];
  for (let ms = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; ms < toMs; ms += stepMs) looks.push(ms);
  // Zones with the same windows come into force together.
  const kinds = [...new Map(order.zones.map((zone) => [JSON.stringify(zone.schedule), zone])).values()];
  const spells: Spell[] = [];
  let before: string | undefined;
  for (const ms of looks.filter((look) => look >= fromMs && look <= toMs).sort((a, b) => a - b)) {
    const inForce = kinds.map((zone) => (countsAt(zone, order, ms) ? 1 : 0)).join("");
    if (inForce === before) continue;
    if (spells.length > 0) spells[spells.length - 1].toMs = ms;
    spells.push({ fromMs: ms, toMs, idle: !inForce.includes("1") });
    before = inForce;
  }
  return spells;
}

function joined(spans: Span[]): Span[] {
  const out: Span[] = [];
  for (const { fromMs, toMs } of spans) {
    const last = out[out.length - 1];
    if (last !== undefined && last.toMs === fromMs) last.toMs = toMs;
    else out.push({ fromMs, toMs });
  }
  return out;
}

/** The path with a row more at each of those times, which ascend: the body is where the row before has it. */
function withMoments(path: Path, moments: number[]): Path {
  const [timeMs, lat, lon]: number[][] = [[], [], []];
  let next = 0;
  for (let row = 0; row < path.rows; row++) {
    for (; next < moments.length && moments[next] <= path.timeMs[row]; next++) {
      if (row === 0 || moments[next] === path.timeMs[row]) continue;
      timeMs.push(moments[next]);
      lat.push(path.lat[row - 1]);
      lon.push(path.lon[row - 1]);
    }
    timeMs.push(path.timeMs[row]);
    lat.push(path.lat[row]);
    lon.push(path.lon[row]);
  }
  const columns = { timeMs: Float64Array.from(timeMs), lat: Float64Array.from(lat), lon: Float64Array.from(lon) };
  return { ...path, rows: timeMs.length, ...columns };
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
