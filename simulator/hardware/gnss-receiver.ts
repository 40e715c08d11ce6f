import type { RawRecording } from "../traces/trace.ts";
import { createCursor, type Path } from "../world/path.ts";
import { between, gaussian, type Random, seededRandom } from "../world/random.ts";
import { navPvtFrame } from "./nav-pvt.ts";

/** A receiver as the board sees it: powered or not, and bytes at certain instants. */
export interface GnssReceiver {
  power(on: boolean, nowMs: number): void;
  /** When the next bytes come; `Infinity` while off or at the recording's end. */
  nextMs(): number;
  /** The bytes of the epoch at `nextMs()`; moves on to the next. */
  take(): Uint8Array;
}

export type ReceiverModel = "ideal" | "realistic";

const EPOCH_MS = 1_000;
const IDEAL_TTFF_MS = 1_000;
const IDEAL_HACC_M = 3;
/** Ephemerides hold: hot. Almanac and rough time hold: warm. Else cold. Design §13 for the times. */
const HOT_FOR_MS = 2 * 3_600_000;

export function createReceiver(path: Path, model: ReceiverModel, seed: number): GnssReceiver {
  return model === "ideal" ? idealReceiver(path) : realisticReceiver(path, seed);
}

function place(path: Path, row: number, tMs: number): { lat: number; lon: number } {
  const next = row + 1;
  if (next >= path.rows || path.timeMs[next] - path.timeMs[row] > 2 * EPOCH_MS)
    return { lat: path.lat[row], lon: path.lon[row] };
  const part = Math.max(0, (tMs - path.timeMs[row]) / (path.timeMs[next] - path.timeMs[row]));
  const turn = path.lon[next] - path.lon[row];
  const lon = Math.abs(turn) > 180 ? path.lon[row] : path.lon[row] + turn * part;
  return { lat: path.lat[row] + (path.lat[next] - path.lat[row]) * part, lon };
}

function idealReceiver(path: Path): GnssReceiver {
  const rowAt = createCursor(path);
  let nextMs = Number.POSITIVE_INFINITY;
  return {
    power(on, nowMs) {
      nextMs = on ? nowMs + IDEAL_TTFF_MS : Number.POSITIVE_INFINITY;
    },
    nextMs: () => nextMs,
    take() {
      const row = rowAt(nextMs);
      const at = place(path, row, nextMs);
      const held = holds(path, row, nextMs);
      const frame = navPvtFrame({
        timeMs: nextMs,
        solved: true,
        ...at,
        hAccM: IDEAL_HACC_M,
        speedMps: held ? 0 : path.speedMps[row],
        courseDeg: 0,
        satellites: 12,
      });
      nextMs += EPOCH_MS;
      return frame;
    },
  };
}

/** In a hole the body stands. */
function holds(path: Path, row: number, tMs: number): boolean {
  return tMs - path.timeMs[row] > 2 * EPOCH_MS;
}

/** Correlation time of position errors outdoors: multipath and atmosphere change over a minute or so. */
const ERROR_TAU_MS = 60_000;
const OUTDOOR_SIGMA_M = 4;
const INDOOR_SIGMA_M = 15;
/** Half of the places where people stay are indoors enough to lose the sky. */
const INDOOR_PLACES = 0.5;
/** There the sky is shut for this part of the time, a minute at a time: trying again at once helps nobody, waiting may. */
const INDOOR_SHUT = 0.7;
const SKY_MS = 60_000;
/** A fix far off with a proud claim: a 200 m jump at 1.7 m is on record. */
const OUTLIER_ONE_IN = 500;
/** After losing lock some receivers say their last fix again. */
const REPEAT_ONE_IN = 200;

function realisticReceiver(path: Path, seed: number): GnssReceiver {
  const random = seededRandom(seed, "gnss");
  const rowAt = createCursor(path);
  let nextMs = Number.POSITIVE_INFINITY;
  let readyMs = 0;
  let fixedMs = Number.NEGATIVE_INFINITY;
  let last: Uint8Array | undefined;
  const error = { north: gaussian(random), east: gaussian(random), atMs: 0 };
  return {
    power(on, nowMs) {
      nextMs = on ? nowMs + EPOCH_MS : Number.POSITIVE_INFINITY;
      readyMs = nowMs + drawTtffMs(random, nowMs - fixedMs);
    },
    nextMs: () => nextMs,
    take() {
      const nowMs = nextMs;
      nextMs += EPOCH_MS;
      const row = rowAt(nowMs);
      const shut = isSkyShut(path, row, nowMs, seed);
      // What was acquired is lost with the sky, and acquired anew when it opens.
      if (shut) readyMs = Math.max(readyMs, nowMs + drawTtffMs(random, nowMs - fixedMs));
      if (shut && last !== undefined && random() < 1 / REPEAT_ONE_IN) return last;
      if (nowMs < readyMs) return unsolvedFrame(nowMs);
      fixedMs = nowMs;
      last = realFrame(path, row, nowMs, nowMs - readyMs, isIndoors(path, row, seed), error, random);
      return last;
    },
  };
}

/** An epoch without a solution, as a receiver tells it. */
function unsolvedFrame(timeMs: number): Uint8Array {
  const nothing = { lat: 0, lon: 0, hAccM: 4_000_000, speedMps: 0, courseDeg: 0, satellites: 0 };
  return navPvtFrame({ timeMs, solved: false, ...nothing });
}

function isSkyShut(path: Path, row: number, nowMs: number, seed: number): boolean {
  if (!isIndoors(path, row, seed)) return false;
  return seededRandom(seed, `sky ${placeKey(path, row)} ${Math.floor(nowMs / SKY_MS)}`)() < INDOOR_SHUT;
}

function drawTtffMs(random: Random, idleMs: number): number {
  if (idleMs > HOT_FOR_MS) return between(random, 23_000, 29_000);
  const usual = between(random, 1_000, 5_000);
  return random() < 0.03 ? usual + between(random, 2_000, 8_000) : usual;
}

/** The same place is indoors each time: drawn from the seed and the place, not from the moment. */
function isIndoors(path: Path, row: number, seed: number): boolean {
  if (path.dwells[row] === 0) return false;
  return seededRandom(seed, `indoors ${placeKey(path, row)}`)() < INDOOR_PLACES;
}

/** Cells of about 200 m. */
function placeKey(path: Path, row: number): string {
  return `${Math.round(path.lat[row] * 500)}:${Math.round(path.lon[row] * 300)}`;
}

function realFrame(
  path: Path,
  row: number,
  nowMs: number,
  sinceReadyMs: number,
  indoors: boolean,
  error: { north: number; east: number; atMs: number },
  random: Random,
): Uint8Array {
  const keep = Math.exp(-(nowMs - error.atMs) / ERROR_TAU_MS);
  const renew = Math.sqrt(1 - keep * keep);
  error.north = keep * error.north + renew * gaussian(random);
  error.east = keep * error.east + renew * gaussian(random);
  error.atMs = nowMs;
  // First fixes are poor and settle within some ten seconds.
  const sigmaM = (indoors ? INDOOR_SIGMA_M : OUTDOOR_SIGMA_M) * (1 + 1.5 * Math.exp(-sinceReadyMs / 4_000));
  const lie = random() < 1 / OUTLIER_ONE_IN ? between(random, 50, 200) : 0;
  const bearing = 2 * Math.PI * random();
  const northM = (sigmaM / Math.SQRT2) * error.north + lie * Math.cos(bearing);
  const eastM = (sigmaM / Math.SQRT2) * error.east + lie * Math.sin(bearing);
  const at = place(path, row, nowMs);
  const speedMps = Math.abs((holds(path, row, nowMs) ? 0 : path.speedMps[row]) + 0.1 * gaussian(random));
  return navPvtFrame({
    timeMs: nowMs,
    solved: true,
    lat: at.lat + northM / 111_195,
    lon: at.lon + eastM / (111_195 * Math.cos((at.lat * Math.PI) / 180)),
    hAccM: lie > 0 ? 1.7 : sigmaM * between(random, 0.8, 1.3),
    speedMps,
    courseDeg: 0,
    satellites: indoors ? 5 : 10,
  });
}

/** The recording's own bytes, at their own times, while powered. */
export function createReplayReceiver(raw: RawRecording): GnssReceiver {
  let on = false;
  let epoch = 0;
  return {
    power(now, nowMs) {
      on = now;
      while (epoch < raw.arriveMs.length && raw.arriveMs[epoch] < nowMs) epoch++;
    },
    nextMs: () => (on && epoch < raw.arriveMs.length ? raw.arriveMs[epoch] : Number.POSITIVE_INFINITY),
    take() {
      const from = epoch > 0 ? raw.endOffset[epoch - 1] : 0;
      const bytes = raw.bytes.subarray(from, raw.endOffset[epoch]);
      epoch += 1;
      return bytes;
    },
  };
}
