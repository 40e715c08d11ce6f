import { NEVER_MS } from "../lib/instant.ts";
import { deviceOf, type TimeState } from "../time/trusted.ts";

/**
 * Whether the bracelet is on its wearer, as field units have said it. That alone arms what watches over it.
 *
 *   loose ──fit──▶ worn ──removal──▶ removed ──its time is over──▶ overdue
 *                   ▲                   │                             │
 *                   └──fit, or over and the strap never opened──┴──fit┘
 */
export type Wearing =
  | { phase: "loose" }
  | { phase: "worn" }
  /** `untilMs`: UTC; `takenMs`: device clock, and before this boot's first instant where earlier boots spent of it. `opened`: the strap has been open, so only a field unit can say that it is worn again. */
  | { phase: "removed"; untilMs: number; takenMs: number; emergency: boolean; opened: boolean; overdue: boolean };

/** How long a removal lasts on a device that does not know the time. */
export const UNTIMED_MS = 86_400_000;

/** The device's clock at which a removal is over; `NEVER_MS` where none runs. */
export function removalEndMs(wearing: Wearing, time: TimeState): number {
  if (wearing.phase !== "removed" || wearing.overdue) return NEVER_MS;
  return time.word === "sealed" ? deviceOf(time, wearing.untilMs) : wearing.takenMs + UNTIMED_MS;
}

/** Off its wearer, by the hand of a field unit: where it is now is nobody's whereabouts. */
export function isTakenOff(wearing: Wearing): boolean {
  return wearing.phase === "removed" && wearing.opened && !wearing.overdue;
}
