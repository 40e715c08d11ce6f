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
