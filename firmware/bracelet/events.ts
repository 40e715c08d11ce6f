import type { Fix } from "../../protocol/messages/fix.ts";

/** What the motion sensor says: nothing moves, steps, or anything else that moves. */
export type Motion = "still" | "walking" | "moving";

/** Everything that can influence the bracelet. With its `now`, the replay boundary of design §4. */
export type BraceletEvent =
  | { kind: "boot" }
  | { kind: "fix"; fix: Fix }
  /** The receiver reported an epoch without a solution. */
  | { kind: "no-fix" }
  | { kind: "motion"; motion: Motion }
  /** The instant that `nextWake` asked for has come. */
  | { kind: "wake" };
