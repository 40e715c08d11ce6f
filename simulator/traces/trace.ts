import { ToolError } from "../../protocol/errors.ts";

/**
 * Recorded input: where a receiver was, and when. Columns rather than objects, for a day at 1 Hz is 86,400 rows and the
 * replay walks them once. Rows are in the order of the recording; times never run backwards (a reader refuses that), but
 * may repeat.
 */
export interface Trace {
  /** Name for people: the file's base name. */
  name: string;
  format: "csv" | "gpx" | "igc" | "nmea" | "ubx" | "cbor";
  /** Rows. */
  points: number;
  /** UTC milliseconds since 1970; integers. */
  timeMs: Float64Array;
  latE7: Int32Array;
  lonE7: Int32Array;
  /** NaN where the recording has none. Metres. */
  hAccM?: Float32Array;
  /** NaN where the recording has none. Metres per second. */
  speedMps?: Float32Array;
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
  /** Degrees; metres and metres per second or NaN. Throws ToolError with the row's place. */
  add(timeMs: number, lat: number, lon: number, at: RowPlace, hAccM?: number, speedMps?: number): void;
  notice(name: string): void;
  finish(): Trace;
}

export interface RowPlace {
  file: string;
  line?: number;
  offset?: number;
}

/** GPS did not serve the public before, and clocks that say later are wrong. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

export function createBuilder(file: string, format: Trace["format"]): TraceBuilder {
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
    add(timeMs, lat, lon, at, hAccM = Number.NaN, speedMps = Number.NaN) {
      const place = {
        file: at.file,
        ...(at.line === undefined ? {} : { line: at.line }),
        ...(at.offset === undefined ? {} : { offset: at.offset }),
      };
      if (!(timeMs >= EARLIEST_MS && timeMs < LATEST_MS))
        throw new ToolError("trace.mis-dated", { ...place, detail: dateText(timeMs) });
      if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180))
        throw new ToolError("trace.out-of-range", { ...place, detail: `${lat}, ${lon}` });
      const last = columns.time.length - 1;
      if (last >= 0 && timeMs < columns.time[last])
        throw new ToolError("trace.time-backwards", { ...place, detail: dateText(timeMs) });
      if (last >= 0 && timeMs === columns.time[last]) notice("repeatedTimes");
      columns.time.push(timeMs);
      columns.lat.push(Math.round(lat * 1e7));
      columns.lon.push(Math.round(lon * 1e7));
      columns.hAcc.push(hAccM);
      columns.speed.push(speedMps);
    },
    finish() {
      if (columns.time.length === 0) throw new ToolError("trace.no-positions", { file });
      const trace: Trace = {
        name: file.replace(/^.*[/\\]/, ""),
        format,
        points: columns.time.length,
        timeMs: Float64Array.from(columns.time),
        latE7: Int32Array.from(columns.lat),
        lonE7: Int32Array.from(columns.lon),
        notices,
      };
      if (columns.hAcc.some((v) => !Number.isNaN(v))) trace.hAccM = Float32Array.from(columns.hAcc);
      if (columns.speed.some((v) => !Number.isNaN(v))) trace.speedMps = Float32Array.from(columns.speed);
      return trace;
    },
  };
}

function dateText(timeMs: number): string {
  return Number.isFinite(timeMs) && Math.abs(timeMs) < 8e15 ? new Date(timeMs).toISOString() : String(timeMs);
}
