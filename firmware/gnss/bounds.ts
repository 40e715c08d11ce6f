import { INT32_MOST, LAT_MOST_E7, LON_MOST_E7, TIME_MOST_MS } from "../../protocol/limits.ts";

/** What the schema of a fix can hold: anything else that a receiver says is no position, no time, no speed. */
export function isOnEarth(latE7: number, lonE7: number): boolean {
  return latE7 >= -LAT_MOST_E7 && latE7 <= LAT_MOST_E7 && lonE7 >= -LON_MOST_E7 && lonE7 <= LON_MOST_E7;
}

export function timeOrNone(ms: number): number | undefined {
  return ms >= 0 && ms <= TIME_MOST_MS ? ms : undefined;
}

export function speedOrNone(mmps: number): number | undefined {
  return mmps >= 0 && mmps <= INT32_MOST ? mmps : undefined;
}
