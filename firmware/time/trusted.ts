import { NEVER_MS } from "../lib/instant.ts";

/**
 * What time it is, and how sure that is (design §7). Only a sealed word is trusted. What GNSS and the network say moves the best
 * guess, never further from that word than the clock may have drifted since, and never counts towards anything irreversible.
 *
 *   unknown ──a sealed word──▶ trusted ──a day without another──▶ holdover ──a sealed word──▶ trusted
 *      ▲                                                                                        │
 *      └──────────────────────────────── power lost, and the clock with it ─────────────────────┘
 */
export interface TimeState {
  /** UTC is the device's clock and this, milliseconds: the best guess. */
  correctionMs: number;
  /** Who said the word that the guess is held against; `guess`: GNSS or network, since nothing better was heard in this boot. */
  word: "none" | "guess" | "sealed";
  /** What it said, as a correction; how far off it may have been; when it came, by the device's clock. */
  wordMs: number;
  wordErrorMs: number;
  wordAtMs: number;
}

export type ClockQuality = "trusted" | "holdover" | "unknown";

/** 50 ppm: a crystal over a wearer's temperatures and ten years (design §7). A millisecond in so many. */
const DRIFT_ONE_IN = 20_000;
/** The centre says the time at least daily; four seconds may have gathered by then. */
const TRUSTED_MS = 86_400_000;
/** Word and guess may be apart by this before anybody calls it a step: letters and receivers take some seconds. */
const STEP_LEAST_MS = 5_000;
/** A clock that is off by more decides nothing for good. */
const IRREVERSIBLE_ERROR_MS = 3_600_000;

export function createTime(): TimeState {
  return { correctionMs: 0, word: "none", wordMs: 0, wordErrorMs: 0, wordAtMs: 0 };
}

/** UTC ms, the best guess. */
export function utcOf(time: TimeState, deviceMs: number): number {
  return deviceMs + time.correctionMs;
}

/** The device's clock at an instant of UTC. */
export function deviceOf(time: TimeState, utcMs: number): number {
  return utcMs >= NEVER_MS ? NEVER_MS : utcMs - time.correctionMs;
}

export function qualityOf(time: TimeState, nowMs: number): ClockQuality {
  if (time.word !== "sealed") return "unknown";
  return nowMs - time.wordAtMs <= TRUSTED_MS ? "trusted" : "holdover";
}

/** How far the word may be off by now, milliseconds. */
export function driftedMs(time: TimeState, nowMs: number): number {
  return time.wordErrorMs + driftIn(nowMs - time.wordAtMs);
}

/** How far the best guess may be off, milliseconds; says nothing while time is unknown. */
export function errorOf(time: TimeState, nowMs: number): number {
  return driftedMs(time, nowMs) + Math.abs(time.correctionMs - time.wordMs);
}

/** Orders are ended by date, keys erased and days ratcheted only then. */
export function mayDoIrreversible(time: TimeState, nowMs: number): boolean {
  return time.word === "sealed" && driftedMs(time, nowMs) <= IRREVERSIBLE_ERROR_MS;
}

/** The device's clock when an instant of UTC has passed for certain, by the sealed word alone; `NEVER_MS`: nobody can say. */
export function certainlyPastMs(time: TimeState, utcMs: number): number {
  const aheadMs = utcMs - time.wordMs + time.wordErrorMs - time.wordAtMs;
  const atMs = time.wordAtMs + aheadMs + Math.floor(Math.max(aheadMs, 0) / (DRIFT_ONE_IN - 1)) + 3;
  return mayDoIrreversible(time, Math.max(atMs, time.wordAtMs)) ? atMs : NEVER_MS;
}

/** A sealed word: it holds from now on. False: it contradicts the one before, so the device's clock has not run as it must. */
export function takeSealedTime(time: TimeState, utcMs: number, errorMs: number, nowMs: number): boolean {
  const correctionMs = utcMs - nowMs;
  const apartMs = Math.abs(correctionMs - time.wordMs);
  const agrees = time.word !== "sealed" || apartMs <= driftedMs(time, nowMs) + errorMs + STEP_LEAST_MS;
  setWord(time, "sealed", correctionMs, errorMs, nowMs);
  return agrees;
}

/**
 * Our own clock, which ran on over a boot: the word before it, as old as all of that error would make it by drift. So it is held over
 * once it may be off by a day's drift, however often the device starts.
 */
export function takeKeptTime(time: TimeState, utcMs: number, errorMs: number, nowMs: number): void {
  setWord(time, "sealed", utcMs - nowMs, 0, nowMs - errorMs * DRIFT_ONE_IN);
}

/** What the clock gathers in error while it runs for so long. */
export function driftIn(ms: number): number {
  return Math.ceil(ms / DRIFT_ONE_IN);
}

/**
 * GNSS or network say that UTC lies between two instants now. The guess moves there, as far as the clock may have drifted. False:
 * it is a step, and not believed.
 */
export function takeOutsideTime(time: TimeState, fromMs: number, toMs: number, nowMs: number): boolean {
  if (time.word === "none") {
    setWord(time, "guess", fromMs - nowMs, toMs - fromMs, nowMs);
    return true;
  }
  const utcMs = utcOf(time, nowMs);
  const gapMs = fromMs > utcMs ? fromMs - utcMs : Math.min(toMs - utcMs, 0);
  const roomMs = driftedMs(time, nowMs);
  const apartMs = Math.abs(time.correctionMs + gapMs - time.wordMs);
  if (apartMs > roomMs + STEP_LEAST_MS) return false;
  const wantedMs = Math.max(time.correctionMs + gapMs, time.wordMs - roomMs);
  time.correctionMs = Math.min(wantedMs, time.wordMs + roomMs);
  return true;
}

/** Nothing sealed stands against it: the guess begins anew there. */
export function guessAnew(time: TimeState, utcMs: number, nowMs: number): void {
  if (time.word !== "sealed") setWord(time, "guess", utcMs - nowMs, 0, nowMs);
}

function setWord(time: TimeState, word: TimeState["word"], correctionMs: number, errorMs: number, nowMs: number): void {
  time.correctionMs = correctionMs;
  time.word = word;
  time.wordMs = correctionMs;
  time.wordErrorMs = errorMs;
  time.wordAtMs = nowMs;
}
