import { readFileSync } from "node:fs";
import path from "node:path";
import type { Input } from "../../protocol/journal/inputs.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { senseMotion } from "../../simulator/hardware/motion-sensor.ts";
import { readCsv } from "../../simulator/traces/csv.ts";
import { createCursor, makePath, type Path } from "../../simulator/world/path.ts";
import { between, gaussian, type Random, seededRandom } from "../../simulator/world/random.ts";
import { dutchDays, ride } from "../samples.ts";

/** An input, when it comes, and whether it is a wake at the instant that the machine asked for. */
export interface Noted {
  input: Input;
  nowMs: number;
  onTime: boolean;
}

/** What a bracelet is told on a recorded day: a fix a minute with the wakes before and after it, and every change of motion. */
export interface Day {
  name: string;
  inputs: Noted[];
  fixes: number;
}

const SPACING_MS = 60_000;
const HOUR_MS = 3_600_000;
/** A receiver's solution is computed and sent within this long of its instant, give or take. */
const LAG_MS = 80;
const LAG_JITTER_MS = 2;
/** Where a path says nothing for longer than this the day is elsewhere. */
const SHORTEST_DAY_MS = 3 * HOUR_MS;

/** Recorded days of three hours or more; without ../shared the one ride that the packages bring. */
export function recordedDays(seed: number): Day[] {
  const files = dutchDays();
  const traces =
    files.length === 0 ? [ride()] : files.map((file) => readCsv(readFileSync(file, "utf8"), path.basename(file)));
  const days: Day[] = [];
  for (const trace of traces) {
    const ground = makePath(trace);
    const spanMs = ground.timeMs[ground.rows - 1] - ground.timeMs[0];
    if (files.length > 0 && spanMs < SHORTEST_DAY_MS) continue;
    days.push(dayOf(trace.name.replace(/^ssi_open_geodata-|\.\w+$/g, ""), ground, seed));
  }
  return days;
}

export function dayOf(name: string, ground: Path, seed: number): Day {
  const random = seededRandom(seed, `journal ${name}`);
  const receiver = createReceiver(ground, random);
  const fromMs = 1_000 * Math.ceil(ground.timeMs[0] / 1_000);
  const toMs = ground.timeMs[ground.rows - 1];
  const inputs: Noted[] = [];
  let fixes = 0;
  for (let timeMs = fromMs; timeMs <= toMs; timeMs += SPACING_MS) {
    const fix = receiver(timeMs);
    inputs.push({ input: { kind: "wake" }, nowMs: timeMs - 3_000, onTime: true });
    const nowMs = timeMs + LAG_MS + Math.round(between(random, -LAG_JITTER_MS, LAG_JITTER_MS));
    inputs.push({ input: { kind: "fix", fix }, nowMs, onTime: false });
    fixes += 1;
  }
  for (const { atMs, motion } of senseMotion(ground, seed))
    if (atMs >= fromMs && atMs <= toMs)
      inputs.push({ input: { kind: "motion", motion }, nowMs: Math.round(atMs), onTime: false });
  for (let atMs = fromMs; atMs <= toMs; atMs += HOUR_MS / 2)
    inputs.push({
      input: { kind: "battery", percent: 90 - (Math.floor((atMs - fromMs) / HOUR_MS) % 80), charging: false },
      nowMs: atMs + 500,
      onTime: false,
    });
  return { name, inputs: inputs.sort((a, b) => a.nowMs - b.nowMs), fixes };
}

/** Errors of a few metres that a minute half forgets; a claim of 3 to 20 m; a course that stands while nothing moves. */
function createReceiver(ground: Path, random: Random): (timeMs: number) => Fix {
  const rowAt = createCursor(ground);
  const error = { north: gaussian(random), east: gaussian(random) };
  let courseDeg = 0;
  let satellites = 9;
  let last = { lat: ground.lat[0], lon: ground.lon[0] };
  return (timeMs) => {
    const row = rowAt(timeMs);
    const keep = Math.exp(-1);
    const renew = Math.sqrt(1 - keep * keep);
    error.north = keep * error.north + renew * gaussian(random);
    error.east = keep * error.east + renew * gaussian(random);
    const sigmaM = ground.dwells[row] === 1 ? 6 : 4;
    const here = { lat: ground.lat[row], lon: ground.lon[row] };
    const speedMps = Math.abs(ground.speedMps[row] + 0.1 * gaussian(random));
    if (speedMps > 0.5) {
      const east = (here.lon - last.lon) * Math.cos((here.lat * Math.PI) / 180);
      courseDeg = (Math.atan2(east, here.lat - last.lat) * 180) / Math.PI + 5 * gaussian(random);
    }
    last = here;
    satellites = Math.max(4, Math.min(20, satellites + Math.round(gaussian(random))));
    const metreE7 = 1e7 / 111_195;
    return {
      timeMs,
      latE7: Math.round(here.lat * 1e7 + (sigmaM / Math.SQRT2) * error.north * metreE7),
      lonE7: Math.round(
        here.lon * 1e7 + ((sigmaM / Math.SQRT2) * error.east * metreE7) / Math.cos((here.lat * Math.PI) / 180),
      ),
      dimensions: 3,
      hAccMm: Math.round(1_000 * Math.max(3, Math.min(20, sigmaM * between(random, 0.8, 1.3)))),
      speedMmps: Math.round(1_000 * speedMps),
      courseCdeg: Math.round(100 * (((courseDeg % 360) + 360) % 360)) % 36_000,
      satellites,
    };
  };
}
