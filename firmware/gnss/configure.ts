import { NEVER_MS } from "../lib/instant.ts";
import { ubxFrame } from "./ubx.ts";

/**
 * Makes a powered u-blox M10 speak what is read here: NAV-PVT at every epoch, MON-RF now and then, no NMEA. A receiver that
 * refuses or stays silent is left as it is, for NMEA is understood as well; that is said by name and no more.
 *
 * Only the RAM layer is set: the lines stay as they were made for any other host, and nothing wears out. Power off empties
 * it, even where a backup supply keeps the orbits, so the request goes out anew at every power-on.
 */
export type Setup =
  | { phase: "off" }
  /** At `untilMs` of the device's clock the request goes out, or goes out again. */
  | { phase: "asking"; requests: number; untilMs: number }
  | { phase: "configured" }
  | { phase: "not-configured" };

export type SetupEvent =
  | { kind: "power"; on: boolean }
  | { kind: "ack" | "nak"; cls: number; id: number }
  /** The instant of `setupWakeMs` has come. */
  | { kind: "wake" };

export interface SetupTurn {
  setup: Setup;
  /** `SETUP_REQUEST` is to be written to the receiver's line. */
  ask: boolean;
  /** The receiver has just been given up. */
  reason: "gnss.not-configured" | undefined;
}

/** What it takes a receiver to listen after power comes; were it longer, the next request would be heard. Milliseconds. */
const START_MS = 200;
/** "Sent as soon as possible but at least within one second", and the line's time. Milliseconds. */
const ANSWER_MS = 1_100;
/** As everywhere (design §14): three fresh tries after the first, and no more. */
const RETRIES_LIMIT = 3;

/** One transition. `nowMs`: the device's clock. */
export function configure(setup: Setup, event: SetupEvent, nowMs: number): SetupTurn {
  switch (event.kind) {
    case "power":
      return event.on ? rest({ phase: "asking", requests: 0, untilMs: nowMs + START_MS }) : stop(setup);
    case "wake":
      return nowMs < setupWakeMs(setup) ? rest(setup) : ask(setup, nowMs);
    case "ack":
      return isAnswer(setup, event.cls, event.id) ? rest({ phase: "configured" }) : rest(setup);
    case "nak":
      // What it does not know it will not know the next time.
      return isAnswer(setup, event.cls, event.id) ? giveUp() : rest(setup);
  }
}

/** When it wants to be woken; later than any time when nothing is due. */
export function setupWakeMs(setup: Setup): number {
  return setup.phase === "asking" ? setup.untilMs : NEVER_MS;
}

function rest(setup: Setup): SetupTurn {
  return { setup: setup, ask: false, reason: undefined };
}

function ask(setup: Setup, nowMs: number): SetupTurn {
  if (setup.phase !== "asking") return rest(setup);
  if (setup.requests > RETRIES_LIMIT) return giveUp();
  const asking: Setup = { phase: "asking", requests: setup.requests + 1, untilMs: nowMs + ANSWER_MS };
  return { setup: asking, ask: true, reason: undefined };
}

/** An acquisition may be over before patience is: a question that was left unanswered for its whole time counts. */
function stop(setup: Setup): SetupTurn {
  const unanswered = setup.phase === "asking" && setup.requests > 1;
  return { setup: { phase: "off" }, ask: false, reason: unanswered ? "gnss.not-configured" : undefined };
}

function giveUp(): SetupTurn {
  return { setup: { phase: "not-configured" }, ask: false, reason: "gnss.not-configured" };
}

/** An answer may come after patience has run out, but not before the question. */
function isAnswer(setup: Setup, cls: number, id: number): boolean {
  const asked = setup.phase === "not-configured" || (setup.phase === "asking" && setup.requests > 0);
  return asked && cls === CFG && id === CFG_VALSET;
}

export const CFG = 0x06;
export const CFG_VALSET = 0x8a;
export const LAYER_RAM = 1;
/**
 * MON-RF comes once in so many epochs. A hot fix takes fewer, so it costs nothing where all is well; who is jammed or
 * shielded acquires for longer, and then it is there.
 */
const RADIO_EPOCHS = 5;

/**
 * Keys of one byte each and their values, for UART1 and for I²C (DDC), so that it does not matter on which of them the
 * board has the receiver. Source: u-blox M10 SPG 5.10 interface description (UBX-21035062), CFG-UART1OUTPROT,
 * CFG-I2COUTPROT and CFG-MSGOUT; checked against pyubx2's `ubxtypes_configdb.py` and SparkFun's `u-blox_config_keys.h`.
 */
const SETTINGS: [key: number, value: number][] = [
  [0x10740001, 1], // CFG-UART1OUTPROT-UBX
  [0x10740002, 0], // CFG-UART1OUTPROT-NMEA
  [0x20910007, 1], // CFG-MSGOUT-UBX_NAV_PVT_UART1
  [0x2091035a, RADIO_EPOCHS], // CFG-MSGOUT-UBX_MON_RF_UART1
  [0x10720001, 1], // CFG-I2COUTPROT-UBX
  [0x10720002, 0], // CFG-I2COUTPROT-NMEA
  [0x20910006, 1], // CFG-MSGOUT-UBX_NAV_PVT_I2C
  [0x20910359, RADIO_EPOCHS], // CFG-MSGOUT-UBX_MON_RF_I2C
];

/** UBX-CFG-VALSET, version 0: version, layers, two bytes reserved, then key and value by turns. */
export const SETUP_REQUEST = ubxFrame(CFG, CFG_VALSET, settingsPayload());

function settingsPayload(): Uint8Array {
  const payload = new Uint8Array(4 + 5 * SETTINGS.length);
  payload[1] = LAYER_RAM;
  for (let i = 0; i < SETTINGS.length; i++) {
    const at = 4 + 5 * i;
    const key = SETTINGS[i][0];
    payload[at] = key & 255;
    payload[at + 1] = (key >> 8) & 255;
    payload[at + 2] = (key >> 16) & 255;
    payload[at + 3] = key >> 24;
    payload[at + 4] = SETTINGS[i][1];
  }
  return payload;
}
