import type { Board, Ports } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { BraceletEvent } from "../../firmware/bracelet/events.ts";
import type { Radio } from "../../firmware/gnss/ubx.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { ImageTarget } from "../../protocol/messages/image.ts";
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
  | KeysOf<Board>
  | KeysOf<ImageTarget>
  | KeysOf<BraceletEvent>
  | KeysOf<Radio>
  | KeysOf<Effect>
  | KeysOf<Alert>
  | KeysOf<Fix>
  | Exclude<KeysOf<Image>, "default">;

const NAMES: Record<Boundary, true> = {
  about: true,
  accepted: true,
  aesBlock: true,
  agc: true,
  alert: true,
  antenna: true,
  atMs: true,
  attached: true,
  board: true,
  body: true,
  charging: true,
  clock: true,
  clockErrorMs: true,
  clockKept: true,
  closed: true,
  courseCdeg: true,
  crypto: true,
  detail: true,
  dimensions: true,
  elf: true,
  emergency: true,
  engine: true,
  erase: true,
  eraseBytes: true,
  errorMs: true,
  fill: true,
  fix: true,
  flash: true,
  gnss: true,
  hAccMm: true,
  hmac: true,
  imageHash: true,
  imagesAddress: true,
  jamming: true,
  journalAddress: true,
  journalBytes: true,
  kind: true,
  latE7: true,
  level: true,
  line: true,
  log: true,
  lonE7: true,
  modem: true,
  modemKey: true,
  modemScript: true,
  motion: true,
  nextWakeMs: true,
  noise: true,
  nowMs: true,
  on: true,
  order: true,
  ordersAddress: true,
  percent: true,
  power: true,
  press: true,
  program: true,
  radio: true,
  random: true,
  read: true,
  reason: true,
  receiveBytes: true,
  receiveModem: true,
  receiveUsb: true,
  record: true,
  reset: true,
  satellites: true,
  secrets: true,
  sense: true,
  senseMotion: true,
  seq: true,
  sha256: true,
  signedMm: true,
  sinceMs: true,
  sizeBytes: true,
  source: true,
  speedMmps: true,
  spentMin: true,
  startBracelet: true,
  state: true,
  target: true,
  timeMs: true,
  untilMs: true,
  uplinkTopic: true,
  usb: true,
  utcMs: true,
  wakeUp: true,
  write: true,
  zone: true,
};

/** With the image's one door. */
export const BOUNDARY: string[] = ["omamori", ...Object.keys(NAMES)];
