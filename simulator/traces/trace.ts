import { ToolError } from "../../protocol/errors.ts";

/**
 * Recorded input: where a receiver was, and when. Columns rather than objects, for a day at 1 Hz is 86,400 rows and the
 * replay walks them once. Rows are in the order of the recording; times never run backwards (a reader refuses that), but
 * may repeat.
 */
export interface Trace {
  /** Name for people: the file's base name. */
  name: string;
  /** The file as it was named to the reader; tells apart two with one base name. */
  file: string;
  format: "csv" | "gpx" | "igc" | "nmea" | "ubx" | "cbor" | "journal" | "bundle";
  /** Rows. */
  points: number;
  /** UTC milliseconds since 1970; integers. */
  timeMs: Float64Array;
  latE7: Int32Array;
  lonE7: Int32Array;
  /** NaN where the recording has none. Metres, to the millimetre. */
  hAccM?: Float64Array;
  /** NaN where the recording has none. Metres per second, to the millimetre. */
  speedMps?: Float64Array;
  /** The receiver's own bytes, for formats that record them (`nmea`, `ubx`). */
  raw?: RawRecording;
  /** What the reader noticed and did not refuse, counted by name (e.g. `repeatedTimes`, `badChecksums`). */
  notices: Record<string, number>;
}

/** The recording cut into epochs: the bytes that belong to one instant of the receiver. */
export interface RawRecording {
  bytes: Uint8Array;
  /** End offset of each epoch's bytes (exclusive); the next epoch starts there. Ascending. */
  endOffset: Float64Array;
  /** UTC ms at which the epoch's bytes arrive; for epochs without a valid time, the last known time plus one cadence. */
  arriveMs: Float64Array;
}

/** Collects rows and refuses what no recording can hold. */
export interface TraceBuilder {
  /** Degrees; metres and metres per second or NaN. Throws ToolError with the row's place, and what the file calls its values. */
  add(
    timeMs: number,
    lat: number,
    lon: number,
    at: RowPlace,
    hAccM?: number,
    speedMps?: number,
    names?: ClaimNames,
  ): void;
  notice(name: string): void;
  finish(): Trace;
}

/** What a file calls its accuracy and its speed. */
export interface ClaimNames {
  hAcc: string;
  speed: string;
}

const OUR_NAMES: ClaimNames = { hAcc: "hAccM", speed: "speedMps" };

/** The file, and the `line` or the `offset` in it. */
export type RowPlace = { file: string } & Record<string, string | number>;

/** GPS did not serve the public before. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);
/** Where nobody says what the present is: within the life of whoever reads this. */
export const LATEST_MS = Date.UTC(2100, 0, 1);
/** Receivers say 2³² − 1 mm where they know nothing; no claim goes further. */
export const HACC_MOST_M = 4_294_967.295;
/** Nothing that carries a receiver is faster than what orbits the Earth. */
export const SPEED_MOST_MPS = 10_000;

/** A year and a month: what lasts longer is several recordings, or one with a date that is wrong. */
const SPAN_MOST_DAYS = 400;
const DAY_MS = 86_400_000;

/** A clock before its first satellite says 1980 or 2099: no time that a recording can have been made at. */
export function isPossibleTime(timeMs: number, latestMs = LATEST_MS): boolean {
  return timeMs >= EARLIEST_MS && timeMs < latestMs;
}

/** `latestMs`: a recording is made before it is read. */
export function createBuilder(file: string, format: Trace["format"], latestMs = LATEST_MS): TraceBuilder {
  const columns = {
    time: [] as number[],
    lat: [] as number[],
    lon: [] as number[],
    hAcc: [] as number[],
    speed: [] as number[],
  };
  const notices: Record<string, number> = {};
  const notice = (name: string) => {
    notices[name] = (notices[name] ?? 0) + 1;
  };
  return {
    notice,
    add(timeMs, lat, lon, at, hAccM = Number.NaN, speedMps = Number.NaN, names = OUR_NAMES) {
      if (!isPossibleTime(timeMs, latestMs))
        throw new ToolError("trace.mis-dated", { ...at, detail: dateText(timeMs) });
      if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180))
        throw new ToolError("trace.out-of-range", { ...at, detail: `${lat}, ${lon}` });
      refuseOutside(hAccM, names.hAcc, HACC_MOST_M, at);
      refuseOutside(speedMps, names.speed, SPEED_MOST_MPS, at);
      const last = columns.time.length - 1;
      if (last >= 0 && timeMs < columns.time[last])
        throw new ToolError("trace.time-backwards", { ...at, detail: dateText(timeMs) });
      const days = last < 0 ? 0 : Math.ceil((timeMs - columns.time[0]) / DAY_MS);
      if (days > SPAN_MOST_DAYS) throw new ToolError("trace.long-span", { ...at, days, limit: SPAN_MOST_DAYS });
      if (last >= 0 && timeMs === columns.time[last]) notice("repeatedTimes");
      columns.time.push(timeMs);
      columns.lat.push(Math.round(lat * 1e7));
      columns.lon.push(Math.round(lon * 1e7));
      columns.hAcc.push(toMillimetre(hAccM));
      columns.speed.push(toMillimetre(speedMps));
    },
    finish() {
      if (columns.time.length === 0) throw new ToolError("trace.no-positions", { file });
      const trace: Trace = {
        name: file.replace(/^.*[/\\]/, ""),
        file,
        format,
        points: columns.time.length,
        timeMs: Float64Array.from(columns.time),
        latE7: Int32Array.from(columns.lat),
        lonE7: Int32Array.from(columns.lon),
        notices,
      };
      if (columns.hAcc.some((v) => !Number.isNaN(v))) trace.hAccM = Float64Array.from(columns.hAcc);
      if (columns.speed.some((v) => !Number.isNaN(v))) trace.speedMps = Float64Array.from(columns.speed);
      return trace;
    },
  };
}

function refuseOutside(value: number, what: string, most: number, at: RowPlace): void {
  if (value < 0 || value > most) throw new ToolError("trace.bad-value", { ...at, what, detail: value, most });
}

/** What our own format holds, so that a trace is the same after any conversion. */
function toMillimetre(metres: number): number {
  return Math.round(metres * 1000) / 1000;
}

/** Whole millimetres, `undefined` where a recording has none. */
export function millimetres(metres: number | undefined): number | undefined {
  return metres === undefined || Number.isNaN(metres) ? undefined : Math.round(metres * 1000);
}

export function dateText(timeMs: number): string {
  return Number.isFinite(timeMs) && Math.abs(timeMs) < 8e15 ? new Date(timeMs).toISOString() : String(timeMs);
}
