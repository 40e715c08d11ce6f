import { CFG, CFG_VALSET, LAYER_RAM } from "../../firmware/gnss/configure.ts";
import { ACK, CHECK_BYTES, HEADER_BYTES, MON, SYNC_1, SYNC_2, ubxCheck, ubxFrame } from "../../firmware/gnss/ubx.ts";
import type { RawRecording } from "../traces/trace.ts";
import { shortTurn } from "../world/globe.ts";
import { createCursor, type Path } from "../world/path.ts";
import { between, gaussian, type Random, seededRandom } from "../world/random.ts";
import { type NavPvt, navPvtFrame, nmeaSentences } from "./nav-pvt.ts";

/** A receiver as the board sees it: powered or not, told things, and bytes at certain instants. */
export interface GnssReceiver {
  power(on: boolean, nowMs: number): void;
  /** Bytes from the board, whole messages at a time. */
  hear(bytes: Uint8Array, nowMs: number): void;
  /** When the next bytes come; `Infinity` while off or at the recording's end. */
  nextMs(): number;
  /** The bytes that come at `nextMs()`, of an epoch or an answer; moves on to the next. */
  take(): Uint8Array;
}

export type ReceiverModel = "ideal" | "realistic";

/** What finds positions, behind what speaks of them. */
interface Solver {
  power(on: boolean, nowMs: number): void;
  nextMs(): number;
  take(): NavPvt;
}

const EPOCH_MS = 1_000;
const IDEAL_TTFF_MS = 1_000;
const IDEAL_HACC_M = 3;
/** While ephemerides hold a start is hot, while almanac and rough time do it is warm. */
const HOT_FOR_MS = 2 * 3_600_000;
const WARM_FOR_MS = 14 * 86_400_000;
/** Seconds to the first fix. Hot and cold: design §13; a warm start saves the search for time and satellites, not the 18 s of ephemerides. */
const TTFF_MS = { hot: [1_000, 5_000], warm: [19_000, 24_000], cold: [23_000, 29_000] } as const;
/** One hot start in so many is slow, by up to 8 s. */
const SLOW_ONE_IN = 33;

export function createReceiver(path: Path, model: ReceiverModel, seed: number): GnssReceiver {
  return speaking(model === "ideal" ? idealSolver(path) : realisticSolver(path, seed));
}

/** Until then after power-on it hears nothing. */
const START_MS = 100;
const ANSWER_MS = 20;

/** A u-blox M10 at its UART: NMEA at first; what CFG-VALSET sets lies in RAM and is lost with the power. */
function speaking(solver: Solver): GnssReceiver {
  let listensFromMs = Number.POSITIVE_INFINITY;
  let settings = FACTORY;
  let epochs = 0;
  let answer: Uint8Array = new Uint8Array();
  let answerMs = Number.POSITIVE_INFINITY;
  return {
    power(on, nowMs) {
      listensFromMs = on ? nowMs + START_MS : Number.POSITIVE_INFINITY;
      settings = FACTORY;
      epochs = 0;
      answerMs = Number.POSITIVE_INFINITY;
      solver.power(on, nowMs);
    },
    hear(bytes, nowMs) {
      if (nowMs < listensFromMs || !isValset(bytes)) return;
      const changed = applied(settings, bytes.subarray(HEADER_BYTES, bytes.length - CHECK_BYTES));
      answer = ubxFrame(ACK, changed === undefined ? 0 : 1, Uint8Array.of(CFG, CFG_VALSET));
      answerMs = nowMs + ANSWER_MS;
      settings = changed ?? settings;
    },
    nextMs: () => Math.min(answerMs, solver.nextMs()),
    take() {
      if (answerMs <= solver.nextMs()) {
        answerMs = Number.POSITIVE_INFINITY;
        return answer;
      }
      epochs += 1;
      return epochBytes(solver.take(), settings, epochs);
    },
  };
}

function epochBytes(pvt: NavPvt, settings: Settings, epoch: number): Uint8Array {
  const due = (every: number) => settings.ubx > 0 && every > 0 && epoch % every === 0;
  const parts: Uint8Array[] = [];
  if (settings.nmea > 0) parts.push(nmeaSentences(pvt));
  if (due(settings.pvt)) parts.push(navPvtFrame(pvt));
  if (due(settings.radio)) parts.push(QUIET_RADIO);
  return parts.length === 1 ? parts[0] : Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Whether protocols are on, and in how many epochs a message comes once; 0: never. */
interface Settings {
  ubx: number;
  nmea: number;
  pvt: number;
  radio: number;
}

const FACTORY: Settings = { ubx: 1, nmea: 1, pvt: 0, radio: 0 };
/** Keys of CFG-VALSET for UART1, where the board has it. */
const KEYS: Record<number, keyof Settings> = {
  276037633: "ubx",
  276037634: "nmea",
  546373639: "pvt",
  546374490: "radio",
};
/** The same for I²C, which nobody reads. */
const OTHER_PORT = [0x10720001, 0x10720002, 0x20910006, 0x20910359];

function isValset(bytes: Uint8Array): boolean {
  const end = bytes.length - CHECK_BYTES;
  return (
    end >= HEADER_BYTES + 4 &&
    bytes[0] === SYNC_1 &&
    bytes[1] === SYNC_2 &&
    bytes[2] === CFG &&
    bytes[3] === CFG_VALSET &&
    ubxCheck(bytes, 2, end) === (bytes[end] | (bytes[end + 1] << 8))
  );
}

/** All of it or, where there is a key that the receiver does not know, nothing. */
function applied(settings: Settings, payload: Uint8Array): Settings | undefined {
  if (payload[0] !== 0 || (payload[1] & LAYER_RAM) === 0 || (payload.length - 4) % 5 !== 0) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const changed = { ...settings };
  for (let at = 4; at < payload.length; at += 5) {
    const key = view.getUint32(at, true);
    if (KEYS[key] !== undefined) changed[KEYS[key]] = payload[at + 4];
    else if (!OTHER_PORT.includes(key)) return undefined;
  }
  return changed;
}

/** MON-RF, one front end: antenna ok, no jamming, a usual gain. */
const QUIET_RADIO = quietRadio();

function quietRadio(): Uint8Array {
  const payload = new Uint8Array(28);
  const view = new DataView(payload.buffer);
  payload[1] = 1;
  payload[5] = 1;
  payload[6] = 2;
  view.setUint16(16, 85, true);
  view.setUint16(18, 5_500, true);
  payload[20] = 6;
  return ubxFrame(MON, 0x38, payload);
}

function place(path: Path, row: number, tMs: number): { lat: number; lon: number } {
  const next = row + 1;
  if (next >= path.rows || path.timeMs[next] - path.timeMs[row] > 2 * EPOCH_MS)
    return { lat: path.lat[row], lon: path.lon[row] };
  const part = Math.max(0, (tMs - path.timeMs[row]) / (path.timeMs[next] - path.timeMs[row]));
  const lon = shortTurn(path.lon[row] + shortTurn(path.lon[next] - path.lon[row]) * part);
  return { lat: path.lat[row] + (path.lat[next] - path.lat[row]) * part, lon };
}

function idealSolver(path: Path): Solver {
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
      const timeMs = nextMs;
      nextMs += EPOCH_MS;
      if (path.hidden[row] === 1) return unsolved(timeMs);
      return {
        timeMs,
        solved: true,
        ...at,
        hAccM: IDEAL_HACC_M,
        speedMps: held ? 0 : path.speedMps[row],
        courseDeg: 0,
        satellites: 12,
      };
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

function realisticSolver(path: Path, seed: number): Solver {
  const random = seededRandom(seed, "gnss");
  const rowAt = createCursor(path);
  let nextMs = Number.POSITIVE_INFINITY;
  let readyMs = 0;
  let fixedMs = Number.NEGATIVE_INFINITY;
  let last: NavPvt | undefined;
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
      if (nowMs < readyMs) return unsolved(nowMs);
      fixedMs = nowMs;
      last = realSolution(path, row, nowMs, nowMs - readyMs, isIndoors(path, row, seed), error, random);
      return last;
    },
  };
}

/** An epoch without a solution, as a receiver tells it. */
function unsolved(timeMs: number): NavPvt {
  return { timeMs, solved: false, lat: 0, lon: 0, hAccM: 4_000_000, speedMps: 0, courseDeg: 0, satellites: 0 };
}

function isSkyShut(path: Path, row: number, nowMs: number, seed: number): boolean {
  if (path.hidden[row] === 1) return true;
  if (!isIndoors(path, row, seed)) return false;
  return seededRandom(seed, `sky ${placeKey(path, row)} ${Math.floor(nowMs / SKY_MS)}`)() < INDOOR_SHUT;
}

function drawTtffMs(random: Random, idleMs: number): number {
  if (idleMs > WARM_FOR_MS) return between(random, ...TTFF_MS.cold);
  if (idleMs > HOT_FOR_MS) return between(random, ...TTFF_MS.warm);
  const usual = between(random, ...TTFF_MS.hot);
  return random() < 1 / SLOW_ONE_IN ? usual + between(random, 2_000, 8_000) : usual;
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

function realSolution(
  path: Path,
  row: number,
  nowMs: number,
  sinceReadyMs: number,
  indoors: boolean,
  error: { north: number; east: number; atMs: number },
  random: Random,
): NavPvt {
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
  return {
    timeMs: nowMs,
    solved: true,
    lat: at.lat + northM / 111_195,
    lon: at.lon + eastM / (111_195 * Math.cos((at.lat * Math.PI) / 180)),
    hAccM: lie > 0 ? 1.7 : sigmaM * between(random, 0.8, 1.3),
    speedMps,
    courseDeg: 0,
    satellites: indoors ? 5 : 10,
  };
}

/** The recording's own bytes, at their own times, while powered. Nobody answers: whatever it hears, it says what it said. */
export function createReplayReceiver(raw: RawRecording): GnssReceiver {
  let on = false;
  let epoch = 0;
  return {
    power(now, nowMs) {
      on = now;
      while (epoch < raw.arriveMs.length && raw.arriveMs[epoch] < nowMs) epoch++;
    },
    hear() {},
    nextMs: () => (on && epoch < raw.arriveMs.length ? raw.arriveMs[epoch] : Number.POSITIVE_INFINITY),
    take() {
      const from = epoch > 0 ? raw.endOffset[epoch - 1] : 0;
      const bytes = raw.bytes.subarray(from, raw.endOffset[epoch]);
      epoch += 1;
      return bytes;
    },
  };
}
