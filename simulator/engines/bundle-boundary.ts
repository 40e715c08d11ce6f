import type { FlashMap, Ports } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Duty } from "../../firmware/bracelet/state.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";
import type { Image } from "./node.ts";

/**
 * Names that the image and its board, or the simulator in the board's place, call one another by. The build shortens every
 * other property; the type sees to it that none of these is forgotten.
 */
type KeysOf<T> = T extends unknown ? keyof T & string : never;
type PortNames = { [P in keyof Ports]: KeysOf<Ports[P]> }[keyof Ports];
type Boundary =
  | KeysOf<Ports>
  | PortNames
  | KeysOf<FlashMap>
  | KeysOf<Duty>
  | KeysOf<UtcOffset>
  | KeysOf<Effect>
  | KeysOf<Alert>
  | KeysOf<Fix>
  | KeysOf<ReturnType<Image["startBracelet"]>>
  | Exclude<KeysOf<Image>, "default">;

const NAMES: Record<Boundary, true> = {
  about: true,
  accepted: true,
  alert: true,
  atMs: true,
  bracelet: true,
  clock: true,
  courseCdeg: true,
  delayMs: true,
  dimensions: true,
  erase: true,
  eraseBytes: true,
  fill: true,
  fix: true,
  flash: true,
  fromMs: true,
  hAccMm: true,
  heartbeatMs: true,
  journalAddress: true,
  journalBytes: true,
  kind: true,
  latE7: true,
  line: true,
  log: true,
  lonE7: true,
  minutes: true,
  nextWakeMs: true,
  nowMs: true,
  ok: true,
  on: true,
  packAddress: true,
  program: true,
  random: true,
  read: true,
  reason: true,
  receiveBytes: true,
  record: true,
  satellites: true,
  senseMotion: true,
  seq: true,
  serial: true,
  signedMm: true,
  sinceMs: true,
  sizeBytes: true,
  speedMmps: true,
  startBracelet: true,
  state: true,
  timeMs: true,
  toMs: true,
  utcOffsets: true,
  wakeUp: true,
  write: true,
  zone: true,
};

/** With the image's one door. */
export const BOUNDARY: string[] = ["omamori", ...Object.keys(NAMES)];
