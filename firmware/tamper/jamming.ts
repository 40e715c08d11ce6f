import type { Radio } from "../gnss/ubx.ts";

/**
 * Jamming by what the receiver says of its antenna: its own indicator, or a gain that fell far below what it is under a quiet
 * sky. Both only count where there is no fix: a warning with one is not worth anybody's night.
 */
const JAMMED = 3;
/** None, or a receiver that does not tell. */
const QUIET = 1;
/** Gain is learnt this slowly: a share of the difference. */
const LEARN_ONE_IN = 8;

/** The gain of a quiet sky after one more reading; 0 while it is unknown. */
export function learnGain(agc: number, radio: Radio): number {
  if (agc === 0) return radio.agc;
  return agc + Math.floor((radio.agc - agc) / LEARN_ONE_IN);
}

export function isQuiet(radio: Radio): boolean {
  return radio.jamming <= QUIET;
}

/** `agc`: what it is under a quiet sky. `solved`: the receiver has a solution all the same. */
export function isJammed(radio: Radio, agc: number, solved: boolean): boolean {
  if (solved) return false;
  return radio.jamming === JAMMED || (radio.agc > 0 && radio.agc * 2 < agc);
}

/** Whether a reading says something that the one before did not: a shell tells the machine no others, for each is journalled. */
export function isNews(radio: Radio, before: Radio | undefined): boolean {
  if (before === undefined || radio.jamming !== before.jamming) return true;
  return Math.abs(radio.agc - before.agc) * LEARN_ONE_IN > before.agc;
}
