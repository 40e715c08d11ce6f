import type { Fix } from "../../protocol/messages/fix.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";
import { createGate, type Gate } from "../gnss/gate.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { type Belief, createBelief } from "../motion/still.ts";
import type { Plan } from "../sampling/plan.ts";
import { type Reach, reachFrom } from "../sampling/reach.ts";
import { createTtff, type Ttff } from "../sampling/ttff.ts";
import { createLoss, type Loss } from "../tamper/loss.ts";
import { createTamper, type Tamper } from "../tamper/tamper.ts";
import { createTime, type TimeState, takeSealedTime } from "../time/trusted.ts";
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

/** Which order is in force: what tells its checkpoint from another's. */
export interface OrderMark {
  counter: number;
  /** 16 bytes; none for an order that was handed over unsealed. */
  hash: Uint8Array;
}

/** A zone that he was told to be in; its name outlives the order that brought it, so that leaving it can be told. */
export interface Entered {
  zone: number;
  id: string;
}

/**
 * Everything that the machine remembers. No clock, no promise, no callback: a checkpoint of it is the device. It is bounded: some 200
 * values and a byte, two and eight for each zone of the order; beside them ten values for each zone that he is near, and at most
 * 32 names of 64 bytes. A checkpoint at rest has about 250 bytes.
 */
export interface BraceletState {
  time: TimeState;
  /** `undefined`: none is in force, and then there are no zones, no positions, and no tampering to tell of. */
  order: OrderMark | undefined;
  /** Its last day has passed, and the shell has been told to forget it. */
  ended: boolean;
  duty: Duty;
  pack: Pack;
  /** The order wants to know where he is: it has begun, has not ended, and nobody has taken the bracelet off him. */
  watching: boolean;
  /** One byte a zone: 1 while it counts. */
  active: Uint8Array;
  /** When the next zone begins or ceases to count, UTC; `NEVER_MS` also while time is unknown, for then all count. */
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
  /** The zones that he was told to be in. */
  entered: Entered[];
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
  /** `locate` waits for its answer. */
  locating: boolean;
  tamper: Tamper;
  alertSeq: number;
  look: Look;
  /** The widest buffer of any zone, metres. */
  widestBufferM: number;
}

/** D and H of design §13, where no order says otherwise. */
const NO_DUTY: Duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };

/** After a boot: nothing is known of the time, there is no order, and nobody wears it. All of that comes as events. */
export function createBlankState(bootMs: number): BraceletState {
  return {
    time: createTime(),
    order: undefined,
    ended: false,
    duty: NO_DUTY,
    pack: createNoPack(),
    watching: false,
    active: new Uint8Array(0),
    changeMs: NEVER_MS,
    gate: createGate(),
    ttff: createTtff(),
    belief: createBelief(),
    // Before the first fix the wearer could be anywhere: no slack.
    reach: reachFrom("free", 0, 0, bootMs),
    receiver: { phase: "off" },
    plan: { onMs: NEVER_MS, wantedFromMs: NEVER_MS },
    fixMs: undefined,
    fix: undefined,
    fixDoubtM: 0,
    watches: [],
    entered: [],
    close: false,
    strange: false,
    dueMs: NEVER_MS,
    failures: 0,
    retryMs: NEVER_MS,
    loss: createLoss(),
    locating: false,
    tamper: createTamper(),
    alertSeq: 0,
    look: createLook(0),
    widestBufferM: 0,
  };
}

/** A bracelet that has its order from the start and whose clock is UTC, as in a replay of a trace. */
export function createState(duty: Duty, pack: Pack, bootMs: number): BraceletState {
  const state = createBlankState(bootMs);
  takeSealedTime(state.time, bootMs, 0, bootMs);
  enforce(state, { counter: 0, hash: new Uint8Array(0) }, duty, pack);
  return state;
}

/** The order's words and zones; `undefined`: none any more. What follows from that is the machine's. */
export function enforce(
  state: BraceletState,
  order: OrderMark | undefined,
  duty: Duty | undefined,
  pack: Pack | undefined,
): void {
  state.order = order;
  state.ended = false;
  state.duty = duty === undefined ? NO_DUTY : duty;
  state.pack = pack === undefined ? createNoPack() : pack;
  const zones = zoneCount(state.pack);
  state.active = new Uint8Array(zones);
  state.look = createLook(zones);
  state.widestBufferM = 0;
  for (let i = 0; i < zones; i++) state.widestBufferM = Math.max(state.widestBufferM, zoneBufferM(state.pack, i));
}

/** Without zones nobody looks into the rest of it. */
function createNoPack(): Pack {
  const none = new Int32Array(0);
  const pack: Pick<Pack, "zones" | "boxes" | "groups"> = { zones: 0, boxes: none, groups: none };
  return pack as Pack;
}
