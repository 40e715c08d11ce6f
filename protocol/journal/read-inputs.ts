import { ORDER_HASH_BYTES } from "../limits.ts";
import type { Fix } from "../messages/fix.ts";
import { type BitReader, takeBits, takeSigned } from "./bits.ts";
import {
  beginAt,
  createTrack,
  FRONT_STEP_E7,
  HAS_ACCURACY,
  HAS_COURSE,
  HAS_SATELLITES,
  HAS_SPEED,
  HAS_TIME,
  INPUTS_MOST,
  type Input,
  IS_3D,
  KIND_BITS,
  KINDS,
  LAT_BASE,
  LAT_BITS,
  LON_BASE,
  LON_BITS,
  MOTIONS,
  REASON_BITS,
  SECONDS_BITS,
  SHAPE_BITS,
  SOURCE_BITS,
  SOURCES,
  SPENT_BITS,
  TIME_BITS,
  type Track,
} from "./inputs.ts";

/** An input and its instant; `nowMs` is `undefined` for a wake at the instant that the machine asked for. */
export interface ReadInput {
  input: Input;
  nowMs: number | undefined;
}

export type ReadInputs = { ok: true; inputs: ReadInput[] } | { ok: false; reason: "inputs.malformed" };

/** The inputs of a record's body. Bodies come from outside: whatever does not read to its end is refused whole. */
export function readInputs(body: Uint8Array): ReadInputs {
  const reader: BitReader = { bytes: body, pos: 0, failed: false };
  const track = createTrack();
  takeFront(reader, track);
  const inputs: ReadInput[] = [];
  while (!reader.failed && !isAtEnd(reader)) inputs.push(takeInput(reader, track));
  return reader.failed || inputs.length > INPUTS_MOST
    ? { ok: false, reason: "inputs.malformed" }
    : { ok: true, inputs };
}

/** Nothing is left, or only the ones that fill up the last byte. */
function isAtEnd(reader: BitReader): boolean {
  const left = 8 * reader.bytes.length - reader.pos;
  const ones = (1 << left) - 1;
  return left === 0 || (left < 8 && (reader.bytes[reader.bytes.length - 1] & ones) === ones);
}

/** What an INPUTS record begins with. False: no fix had been taken before it, and the track holds the first instant alone. */
export function takeFront(reader: BitReader, track: Track): boolean {
  const hasFix = takeBool(reader);
  if (!hasFix) {
    beginAt(track, takeBits(reader, TIME_BITS), 0, 0);
    return false;
  }
  const timeMs = 1000 * takeBits(reader, SECONDS_BITS);
  const latE7 = takeBits(reader, LAT_BITS) * FRONT_STEP_E7 - LAT_BASE;
  beginAt(track, timeMs, latE7, takeBits(reader, LON_BITS) * FRONT_STEP_E7 - LON_BASE);
  return true;
}

function takeInput(reader: BitReader, track: Track): ReadInput {
  if (takeBits(reader, 1) === 0) return { input: { kind: "wake" }, nowMs: undefined };
  if (takeBits(reader, 1) === 0) {
    const fix = takeFix(reader, track);
    return { input: { kind: "fix", fix }, nowMs: track.nowMs };
  }
  if (takeBits(reader, 1) === 1) {
    takeElapsed(reader, track);
    return { input: { kind: "wake" }, nowMs: track.nowMs };
  }
  const kind = KINDS[takeBits(reader, KIND_BITS)];
  takeElapsed(reader, track);
  return { input: takeFields(reader, kind), nowMs: track.nowMs };
}

function takeElapsed(reader: BitReader, track: Track): void {
  track.nowMs += takeSigned(reader, track.time);
  if (!(track.nowMs >= 0 && track.nowMs <= Number.MAX_SAFE_INTEGER)) reader.failed = true;
}

function takeFields(reader: BitReader, kind: Input["kind"]): Input {
  switch (kind) {
    case "motion": {
      const motion = MOTIONS[takeBits(reader, 2)];
      if (motion === undefined) reader.failed = true;
      return { kind, motion: motion ?? "still" };
    }
    case "strap":
    case "enclosure":
      return { kind, closed: takeBool(reader) };
    case "usb":
    case "coverage":
      return { kind, attached: takeBool(reader) };
    case "radio":
      return {
        kind,
        radio: {
          jamming: takeBits(reader, 8),
          antenna: takeBits(reader, 8),
          level: takeBits(reader, 8),
          agc: takeBits(reader, 16),
          noise: takeBits(reader, 16),
        },
      };
    case "battery":
      return { kind, percent: takeBits(reader, 7), charging: takeBool(reader) };
    case "time":
      return {
        kind,
        utcMs: takeBits(reader, TIME_BITS),
        errorMs: takeBits(reader, 32),
        source: takeSource(reader),
      };
    case "order": {
      const counter = takeBits(reader, 32);
      return { kind, counter, hash: takeHash(reader, counter === 0 ? 0 : ORDER_HASH_BYTES) };
    }
    case "removal":
      return {
        kind,
        untilMs: takeBits(reader, TIME_BITS),
        emergency: takeBool(reader),
        spentMin: takeBits(reader, SPENT_BITS),
      };
    case "pause":
      return { kind, untilMs: takeBits(reader, TIME_BITS) };
    case "finding":
      return { kind, reason: takeText(reader) };
    case "boot":
    case "served":
    case "fit":
    case "locate":
      return { kind };
    default:
      reader.failed = true;
      return { kind: "wake" };
  }
}

function takeSource(reader: BitReader): (typeof SOURCES)[number] {
  const source = SOURCES[takeBits(reader, SOURCE_BITS)];
  if (source === undefined) reader.failed = true;
  return source ?? "network";
}

function takeHash(reader: BitReader, length: number): Uint8Array {
  const hash = new Uint8Array(length);
  for (let i = 0; i < length; i++) hash[i] = takeBits(reader, 8);
  return hash;
}

function takeFix(reader: BitReader, track: Track): Fix {
  let isWhole = true;
  if (!takeBool(reader)) {
    track.shape = takeBits(reader, SHAPE_BITS);
    isWhole = takeBool(reader);
  }
  const shape = track.shape;
  const has = (bit: number) => (shape & bit) !== 0;
  if (has(HAS_TIME)) takeTime(reader, track, isWhole);
  else takeElapsed(reader, track);
  track.latE7 += takeSigned(reader, track.place);
  track.lonE7 += takeSigned(reader, track.place);
  if (has(HAS_ACCURACY)) track.hAccMm += takeSigned(reader, track.hAcc);
  if (has(HAS_SPEED)) track.speedMmps += takeSigned(reader, track.speed);
  if (has(HAS_COURSE) && takeBool(reader)) track.courseCdeg += takeSigned(reader, track.course);
  if (has(HAS_SATELLITES)) track.satellites += takeSigned(reader, track.count);
  return {
    timeMs: has(HAS_TIME) ? track.timeMs : undefined,
    latE7: track.latE7,
    lonE7: track.lonE7,
    dimensions: has(IS_3D) ? 3 : 2,
    hAccMm: has(HAS_ACCURACY) ? track.hAccMm : undefined,
    speedMmps: has(HAS_SPEED) ? track.speedMmps : undefined,
    courseCdeg: has(HAS_COURSE) ? track.courseCdeg : undefined,
    satellites: has(HAS_SATELLITES) ? track.satellites : undefined,
  };
}

function takeTime(reader: BitReader, track: Track, isWhole: boolean): void {
  const change = takeSigned(reader, isWhole ? track.spacing : track.time);
  track.spacingMs += isWhole ? 1000 * change : change;
  track.timeMs += track.spacingMs;
  track.lagMs += takeSigned(reader, track.lag);
  track.nowMs = track.timeMs + track.lagMs;
}

function takeText(reader: BitReader): string {
  let text = "";
  const length = takeBits(reader, REASON_BITS);
  for (let i = 0; i < length && !reader.failed; i++) text += String.fromCharCode(takeBits(reader, 7));
  return text;
}

function takeBool(reader: BitReader): boolean {
  return takeBits(reader, 1) === 1;
}
