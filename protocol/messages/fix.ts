/**
 * One solution of the GNSS receiver, with its time and quality. All integers, so that engines agree to the bit.
 * Absence is `undefined`: a receiver that gives no accuracy has none, and HDOP never stands in for it.
 */
export interface Fix {
  /** UTC, milliseconds since 1970, as the receiver says it. `undefined` while it has no valid date and time. */
  timeMs: number | undefined;
  /** Degrees × 10⁷, north positive. */
  latE7: number;
  /** Degrees × 10⁷, east positive. */
  lonE7: number;
  /** 2 or 3: dimensions solved for. */
  dimensions: number;
  /** Millimetres, 1-sigma horizontal accuracy as the receiver claims it. */
  hAccMm: number | undefined;
  /** Millimetres per second over ground, from Doppler. */
  speedMmps: number | undefined;
  /** Degrees × 100 from true north, of the motion. */
  courseCdeg: number | undefined;
  /** Satellites used in the solution. */
  satellites: number | undefined;
}
