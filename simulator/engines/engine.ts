import type { FlashMap, Ports } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Motion } from "../../firmware/bracelet/events.ts";
import type { Duty } from "../../firmware/bracelet/state.ts";

/** Where the image runs: the source itself, or the device bundle. Time comes from the clock port. */
export interface BraceletEngine {
  receive(bytes: Uint8Array): void;
  motion(motion: Motion): void;
  wake(): void;
  nextWakeMs(): number;
}

export type EngineName = "node" | "bundle";

export type StartEngine = (
  ports: Ports,
  map: FlashMap,
  duty: Duty,
  onEffect: (effect: Effect) => void,
) => BraceletEngine;
