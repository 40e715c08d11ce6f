/** What the uplink is told. */
export type UplinkEvent =
  /** A session is wanted from now on: start the modem, attach, connect, and again whenever that is lost. */
  | { kind: "open" }
  /** There is something urgent: cut a rest between two attempts short. */
  | { kind: "hurry" }
  /** No session is wanted: finish what is in flight, take leave, let the modem sleep. */
  | { kind: "close" }
  /** From the modem's line, in whatever pieces. */
  | { kind: "bytes"; bytes: Uint8Array }
  /**
   * One message, QoS 1. Ends in exactly one `acknowledged` or `failed` with its token. The topic is ASCII without quotation
   * mark; the bytes are not changed meanwhile.
   */
  | { kind: "publish"; topic: string; bytes: Uint8Array; token: number }
  /** The instant of `uplinkWakeMs` has come. Waking early or twice does no harm. */
  | { kind: "wake" };

/** What the uplink wants done, in order, and what it found out. */
export type UplinkAction =
  | { kind: "write"; bytes: Uint8Array }
  /** The modem's PWRKEY, low while `down`: 0.6 s starts it or wakes it, 2.5 s resets it. */
  | { kind: "key"; down: boolean }
  /** A session stands, with the subscription: `publish` is taken now; or no longer. */
  | { kind: "session"; online: boolean }
  /** The broker's PUBACK came. */
  | { kind: "acknowledged"; token: number }
  /** It may have arrived all the same: whoever receives it tells doubles by the records' numbers. */
  | { kind: "failed"; token: number; reason: string }
  | { kind: "received"; topic: string; bytes: Uint8Array }
  /** Registered with a cell, or known not to be. Told when it changes. */
  | { kind: "coverage"; attached: boolean }
  /** UTC ms since 1970 as the network says; it proves nothing. */
  | { kind: "network-time"; utcMs: number; errorMs: number }
  /** An attempt or a session ended. `during`: the command of the script that it ended in; "" in a session. */
  | { kind: "fault"; reason: string; during: string };
