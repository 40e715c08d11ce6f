import { createReceiver, feed } from "../../firmware/gnss/receiver.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import type { GnssReceiver } from "../../simulator/hardware/gnss-receiver.ts";
import { createBuilder, type Trace } from "../../simulator/traces/trace.ts";
import { makePath, type Path } from "../../simulator/world/path.ts";
import { circleZone } from "../samples.ts";

/** Walks by hand: seconds since an evening, metres north and east of a place. */
export const START_MS = Date.UTC(2026, 10, 24, 20, 0, 0);
export const HOME = { lat: 35.68, lon: 139.76 };
/** Metres per degree there, from the radii of curvature of WGS-84. */
const NORTH_M = 110_953;
const EAST_M = 90_526;

export type Step = [s: number, northM: number, eastM: number];

export function everySecond(seconds: number, place: (s: number) => [northM: number, eastM: number]): Step[] {
  return Array.from({ length: seconds + 1 }, (_, s): Step => [s, ...place(s)]);
}

export function traceOf(steps: Step[]): Trace {
  const builder = createBuilder("walk.csv", "csv");
  for (const [s, north, east] of steps)
    builder.add(START_MS + s * 1000, HOME.lat + north / NORTH_M, HOME.lon + east / EAST_M, { file: "walk.csv" });
  return builder.finish();
}

export function pathOf(steps: Step[]): Path {
  return makePath(traceOf(steps));
}

/** A path through places given in degrees. */
export function pathThrough(places: [s: number, lat: number, lon: number][]): Path {
  const builder = createBuilder("places.csv", "csv");
  for (const [s, lat, lon] of places) builder.add(START_MS + s * 1000, lat, lon, { file: "places.csv" });
  return makePath(builder.finish());
}

export function circleAt(id: string, northM: number, radiusM: number, changes: Partial<Zone> = {}): Zone {
  return circleZone(id, HOME.lat + northM / NORTH_M, HOME.lon, radiusM, changes);
}

/** Seconds since the start. */
export function sOf(ms: number): number {
  return (ms - START_MS) / 1000;
}

/** One epoch of a receiver, as the firmware reads it. */
export interface Epoch {
  s: number;
  /** `undefined`: no solution. */
  fix: Fix | undefined;
  bytes: Uint8Array;
}

/** Listens while the receiver is on, up to and with `untilS`. Its answers to requests are no epochs. */
export function listen(gnss: GnssReceiver, untilS: number): Epoch[] {
  const parser = createReceiver();
  const epochs: Epoch[] = [];
  while (sOf(gnss.nextMs()) <= untilS) {
    const s = sOf(gnss.nextMs());
    const bytes = gnss.take();
    feed(parser, bytes, (report) => {
      if (report.kind === "fix") epochs.push({ s, fix: { ...report.fix }, bytes });
      else if (report.kind === "no-fix") epochs.push({ s, fix: undefined, bytes });
    });
  }
  return epochs;
}

/** Metres north and east of where a walk says that the body is. */
export function errorOf(fix: Fix, northM: number, eastM: number): { north: number; east: number } {
  return {
    north: (fix.latE7 / 1e7 - HOME.lat) * NORTH_M - northM,
    east: (fix.lonE7 / 1e7 - HOME.lon) * EAST_M - eastM,
  };
}
