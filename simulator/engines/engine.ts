import type { Board, Ports } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { BraceletEvent, Motion } from "../../firmware/bracelet/events.ts";

/** Where the image runs: the source itself, or the device bundle. Time comes from the clock port. */
export interface BraceletEngine {
  /** Bytes of the GNSS receiver, of the modem, and of whoever is at the USB port. */
  receive(bytes: Uint8Array): void;
  receiveModem(bytes: Uint8Array): void;
  receiveUsb(bytes: Uint8Array): void;
  motion(motion: Motion): void;
  /** Strap, enclosure, battery: what else the board senses. */
  sense(event: BraceletEvent): void;
  wake(): void;
  nextWakeMs(): number;
}

export type EngineName = "node" | "bundle";

export type StartEngine = (ports: Ports, board: Board, onEffect: (effect: Effect) => void) => BraceletEngine;
