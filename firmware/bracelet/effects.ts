import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";

/** What the machine wants done. A shell carries it out in order; a test reads it. */
export type Effect =
  | { kind: "gnss.power"; on: boolean }
  /** A record for the journal, encoded. Always before the effect that tells anybody. */
  | { kind: "journal.append"; record: Uint8Array }
  | { kind: "alert"; alert: Alert }
  /** For the bench and the replay: how the gate judged a fix. */
  | { kind: "fix.judged"; fix: Fix; accepted: boolean; reason: string | undefined };
