/** The device's clock. */
export interface Clock {
  /** Milliseconds since 1970 UTC by the device's own reckoning; an integer that never runs backwards within a boot. */
  nowMs(): number;
}
