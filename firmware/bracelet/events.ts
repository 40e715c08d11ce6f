import type { Fix } from "../../protocol/messages/fix.ts";
import type { Radio } from "../gnss/ubx.ts";
import type { OrderInForce } from "../orders/store.ts";

/** What the motion sensor says: nothing moves, steps, or anything else that moves. */
export type Motion = "still" | "walking" | "moving";

/**
 * Who says what time it is: under a seal (downlink, session), or the cellular network, which proves nothing; or our own clock, which
 * ran on over a boot since it was told under a seal.
 */
export type TimeSource = "sealed" | "network" | "kept" | "field";

/**
 * Everything that can influence the bracelet. With its `now`, the replay boundary of design §4: all values are integers, truth
 * values and short texts, so that a journal holds them exactly. Instants named `utcMs` and `untilMs` are UTC; every other
 * instant is the device's own clock, which only ever goes forward while a boot lasts.
 */
export type BraceletEvent =
  /** The first event of a boot. What outlasts a boot follows as events of its own: order, fit or removal, time. */
  | { kind: "boot" }
  | { kind: "fix"; fix: Fix }
  /** The receiver reported an epoch without a solution. */
  | { kind: "no-fix" }
  | { kind: "motion"; motion: Motion }
  /** The instant that `nextWake` asked for has come. */
  | { kind: "wake" }
  /** The strap's circuit, when it changes and once at boot. */
  | { kind: "strap"; closed: boolean }
  /** The enclosure's switch, likewise. */
  | { kind: "enclosure"; closed: boolean }
  /** USB enumeration or bytes, not charging; `false` once the host is gone. */
  | { kind: "usb"; attached: boolean }
  /** What the receiver measures at its antenna. The shell tells those that say something new (`isNews`, tamper/jamming.ts). */
  | { kind: "radio"; radio: Radio }
  /** Registered with a cell, or known not to be. */
  | { kind: "coverage"; attached: boolean }
  /** The centre acknowledged something, or said something under its seal. */
  | { kind: "served" }
  /** 0 to 100. */
  | { kind: "battery"; percent: number; charging: boolean }
  /** `errorMs`: how far off it may be when it arrives. */
  | { kind: "time"; utcMs: number; errorMs: number; source: TimeSource }
  /** What is in force from now on; `undefined`: nothing is. */
  | { kind: "order"; order: OrderInForce | undefined }
  /** A field unit put it on. Again at a boot, while it is worn. */
  | { kind: "fit" }
  /** A field unit may take it off until then. Again at a boot, while that stands; `spentMin`: of its longest time, before that boot. */
  | { kind: "removal"; untilMs: number; emergency: boolean; spentMin: number }
  /** The centre wants a fix now. */
  | { kind: "locate" }
  /** The protected person paused her fob: on a bracelet it is only recorded. */
  | { kind: "pause"; untilMs: number }
  /** What another room refused or found, by its code (`journal.rewound`). 1 to 64 bytes of ASCII. */
  | { kind: "finding"; reason: string };
