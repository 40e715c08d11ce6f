import { NEVER_MS } from "../lib/instant.ts";
import { type AtItem, type AtReader, createAtReader } from "./at.ts";
import { IDLE, type Session } from "./mqtt-session.ts";
import type { UplinkAction } from "./uplink-events.ts";

/** What the way to the centre knows of itself. `bg9x` moves it. */
export interface Uplink {
  /** What is said to a modem that has started (`modemScript`). */
  script: string;
  reader: AtReader;
  /** One of those below. */
  phase: number;
  /** When the phase has lasted long enough. */
  untilMs: number;
  /** When this line of the script, or this rest, began. */
  sinceMs: number;
  /** The lines being said, and which of them. */
  lines: string[];
  index: number;
  session: Session;
  /** A session is wanted. */
  wanted: boolean;
  /** The modem said that it goes off or to sleep, and has not been started since. */
  down: boolean;
  attached: boolean;
  /** What was last told of coverage; `undefined` before. */
  told: boolean | undefined;
  /** Pulses on the key since the modem last answered. */
  pulses: number;
  /** Attempts in a row that ended without an acknowledged message: the next rest is as long as they are many. */
  failures: number;
  /** Of those, the last in a row in which the modem did not answer. */
  silences: number;
  needsReset: boolean;
  // The current turn's.
  nowMs: number;
  random: number;
  actions: UplinkAction[];
  onItem: (item: AtItem) => void;
}

// Phases are numbers, since the device's code is short of bytes.
/** No session is wanted, and the modem sleeps or is off. */
export const OFF = 0;
/** The key is down. */
export const KEY = 1;
export const BOOT = 2;
/** "AT" is asked until somebody answers. */
export const PROBE = 3;
/** Something of `lines` is said, or awaited. */
export const SCRIPT = 4;
export const ONLINE = 5;
/** Between two attempts. */
export const REST = 6;

export function createState(script: string, random: number): Uplink {
  const uplink: Uplink = {
    script: script,
    reader: createAtReader(),
    phase: OFF,
    untilMs: NEVER_MS,
    sinceMs: 0,
    lines: [],
    index: 0,
    session: {
      task: IDLE,
      publish: undefined,
      messageId: Math.floor(random * 65_535),
      unread: [],
      readsNext: false,
    },
    wanted: false,
    down: false,
    attached: false,
    told: undefined,
    pulses: 0,
    failures: 0,
    silences: 0,
    needsReset: false,
    nowMs: 0,
    random: 0,
    actions: [],
    onItem: () => {},
  };
  return uplink;
}
