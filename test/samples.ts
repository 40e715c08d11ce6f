import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Order } from "../protocol/messages/order.ts";
import type { Zone } from "../protocol/messages/zone.ts";
import { readTrace } from "../simulator/traces/read.ts";
import type { Trace } from "../simulator/traces/trace.ts";
import { sharedFolder } from "./shared.ts";

/** A real bicycle ride of 22 minutes, from an npm package (MIT). */
export function rideFile(): string {
  return path.join(
    path.dirname(createRequire(import.meta.url).resolve("stoplight/package.json")),
    "gpx",
    "sample-ride.gpx",
  );
}

export function ride(): Trace {
  return readTrace(readFileSync(rideFile()), "sample-ride.gpx");
}

/** Always in force, D and H at their defaults. */
export function orderOf(zones: Zone[], changes: Partial<Order> = {}): Order {
  return { id: "test", fromMs: 0, toMs: undefined, utcOffsets: [], delayS: 60, heartbeatS: 900, zones, ...changes };
}

export function circleZone(id: string, lat: number, lon: number, radiusM: number, changes: Partial<Zone> = {}): Zone {
  return {
    id,
    kind: "exclusion",
    bufferM: 0,
    schedule: undefined,
    shape: { kind: "circle", latE7: Math.round(lat * 1e7), lonE7: Math.round(lon * 1e7), radiusM },
    ...changes,
  };
}

/** Day files of real people on the move; empty without ../shared. */
export function dutchDays(): string[] {
  const folder = sharedFolder("data/trajectories/nl-ssi-open-geodata");
  return folder === undefined
    ? []
    : readdirSync(folder)
        .filter((f) => f.endsWith(".csv"))
        .map((f) => path.join(folder, f));
}
