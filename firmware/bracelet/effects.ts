import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";

/** What the machine wants done. A shell carries it out in order; a test reads it. */
export type Effect =
  | { kind: "gnss.power"; on: boolean }
  /** A record for the journal: its kind (`protocol/journal/record.ts`) and body. Always before the effect that tells anybody. */
  | { kind: "journal.append"; record: number; body: Uint8Array }
  | { kind: "alert"; alert: Alert }
  /** For the bench and the replay: how the gate judged a fix. */
  | { kind: "fix.judged"; fix: Fix; accepted: boolean; reason: string | undefined }
  /** The order's last day has passed on a clock that is trusted: zones and keys are to be forgotten, and `order` told. */
  | { kind: "order.ended" }
  /** The answer to `locate`; `undefined`: the receiver found nothing, or there is no order to look for. */
  | { kind: "located"; fix: Fix | undefined };
