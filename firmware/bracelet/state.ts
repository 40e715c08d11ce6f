import type { Fix } from "../../protocol/messages/fix.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";
import { createGate, type Gate } from "../gnss/gate.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { type Belief, createBelief } from "../motion/still.ts";
import type { Plan } from "../sampling/plan.ts";
import { type Reach, reachFrom } from "../sampling/reach.ts";
import { createTtff, type Ttff } from "../sampling/ttff.ts";
import { createLook, type Look } from "../zones/membership.ts";
import { type Pack, zoneBufferM, zoneCount } from "../zones/pack.ts";
import type { Watch } from "../zones/watch.ts";

/** What the order tells the device beside its zones. */
export interface Duty {
  fromMs: number;
  toMs: number | undefined;
  utcOffsets: UtcOffset[];
  delayMs: number;
  heartbeatMs: number;
}

/** The receiver as the machine believes it to be. */
export type ReceiverState =
  | { phase: "off" }
  /** `solvedMs`: when the first plausible solution of this acquisition came; `held`: the last one, should none better come. */
  | { phase: "acquiring"; sinceMs: number; solvedMs: number | undefined; held: Held | undefined };

/** A fix kept in case none better comes, and when it came. */
export interface Held {
  fix: Fix;
  atMs: number;
}

/** Whether the wearer's whereabouts are known, and what was said about it. */
export interface Loss {
  /** `location-lost` stands. */
  lost: boolean;
  /** When it was raised last in this stay; until the wearer sets off, the same basement is the same episode. */
  raisedMs: number | undefined;
}

/** Everything that the machine remembers. No clock, no promise, no callback: a checkpoint of it is the device. */
export interface BraceletState {
  duty: Duty;
  pack: Pack;
  /** One byte a zone: 1 while it counts. */
  active: Uint8Array;
  /** When the next zone begins or ceases to count. */
  changeMs: number;
  gate: Gate;
  ttff: Ttff;
  belief: Belief;
  reach: Reach;
  receiver: ReceiverState;
  plan: Plan;
  /** Device clock of the last accepted fix; `undefined` before the first. */
  fixMs: number | undefined;
  /** The last accepted fix: alerts that no fix brings say where the wearer was last. */
  fix: Fix | undefined;
  fixDoubtM: number;
  /** Only the zones that are not plainly outside. */
  watches: Watch[];
  /** In a zone, in a buffer, or confirming. */
  close: boolean;
  /** The last fix contradicts the one before: another is wanted soon. */
  strange: boolean;
  /** Until when a boundary that could have been touched before the last fix must be told. */
  dueMs: number;
  /** Acquisitions in a row that gave no accepted fix. */
  failures: number;
  /** When the next try after a failure is due; it comes earlier where the promise wants it. */
  retryMs: number;
  loss: Loss;
  alertSeq: number;
  look: Look;
  /** The widest buffer of any zone, metres. */
  widestBufferM: number;
}

export function createState(duty: Duty, pack: Pack, bootMs: number): BraceletState {
  let widestBufferM = 0;
  const zones = zoneCount(pack);
  for (let i = 0; i < zones; i++) {
    const bufferM = zoneBufferM(pack, i);
    if (bufferM > widestBufferM) widestBufferM = bufferM;
  }
  return {
    duty: duty,
    pack: pack,
    active: new Uint8Array(zones),
    changeMs: NEVER_MS,
    gate: createGate(),
    ttff: createTtff(),
    belief: createBelief(),
    // Before the first fix the wearer could be anywhere: no slack.
    reach: reachFrom("free", 0, 0, bootMs),
    receiver: { phase: "off" },
    plan: { onMs: bootMs, wantedFromMs: bootMs },
    fixMs: undefined,
    fix: undefined,
    fixDoubtM: 0,
    watches: [],
    close: false,
    strange: false,
    dueMs: NEVER_MS,
    failures: 0,
    retryMs: NEVER_MS,
    loss: { lost: false, raisedMs: undefined },
    alertSeq: 0,
    look: createLook(zones),
    widestBufferM: widestBufferM,
  };
}
