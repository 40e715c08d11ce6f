import type { BraceletState } from "../bracelet/state.ts";

/** Cellular and GNSS gone together on the move; over once either is back. */
export function noteDarkness(state: BraceletState): void {
  const tamper = state.tamper;
  if (tamper.covered || state.failures === 0) tamper.shielded = false;
  else if (state.belief.motion !== "still") tamper.shielded = true;
}
