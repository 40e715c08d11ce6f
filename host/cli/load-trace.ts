import { type ReadOptions, readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { nameOf, readFile } from "./files.ts";

/** A recording may be dated a little ahead of this computer: by its time zone, or a clock that is off. */
const AHEAD_MS = 86_400_000;

/** No recording is from later. The only place where reading meets the clock. */
export function latestTimeMs(): number {
  return Date.now() + AHEAD_MS;
}

/** Reads a trace as it is named on the command line. */
export function loadTrace(file: string, options: Omit<ReadOptions, "latestMs"> = {}): Trace {
  return readTrace(readFile(file), nameOf(file), { ...options, latestMs: latestTimeMs() });
}
