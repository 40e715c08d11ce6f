import { NEVER_MS } from "../lib/instant.ts";
import { createFrozen, type Frozen } from "./frozen.ts";
import { createSignals, type Signal } from "./signal.ts";
import { createSteps, type Steps } from "./steps.ts";
import type { Wearing } from "./wearing.ts";

/** All that the machine knows of tampering. What holds is worked out anew from it at every event; the signals tell it. */
export interface Tamper {
  wearing: Wearing;
  /** What is told of a removal. */
  removal: "emergency" | "overdue";
  /** As the pins said last. */
  strapClosed: boolean;
  enclosureClosed: boolean;
  /** A host on USB, that came since it was fitted. */
  usb: boolean;
  /** The receiver is being jammed; its gain under a quiet sky, 0 before it is known. */
  jammed: boolean;
  agc: number;
  /** A cell is in reach. */
  covered: boolean;
  /** Cellular and GNSS went together on the move, and neither has come back. */
  shielded: boolean;
  frozen: Frozen;
  /** The last fix was believed where nobody could have got to. */
  teleported: boolean;
  steps: Steps;
  /** When the centre was heard last; `NEVER_MS` before there was any sign of an uplink. */
  servedMs: number;
  /** When no zone was near last: before that, nobody owed a word every five minutes. */
  farMs: number;
  /** It has been silent for too long, and still is. */
  silent: boolean;
  /** Since when nothing moves; `NEVER_MS` while something does. */
  stillMs: number;
  /** Thresholds that the battery has fallen below, and what it said. */
  batteryLevel: number;
  batteryPercent: number;
  /** What another room has just found, if it matters. */
  found: boolean;
  finding: string;
  /** One for each kind. */
  signals: Signal[];
}

export function createTamper(): Tamper {
  return {
    wearing: { phase: "loose" },
    removal: "emergency",
    strapClosed: true,
    enclosureClosed: true,
    usb: false,
    jammed: false,
    agc: 0,
    covered: true,
    shielded: false,
    frozen: createFrozen(),
    teleported: false,
    steps: createSteps(),
    servedMs: NEVER_MS,
    farMs: 0,
    silent: false,
    stillMs: NEVER_MS,
    batteryLevel: 0,
    batteryPercent: 100,
    found: false,
    finding: "",
    signals: createSignals(),
  };
}
