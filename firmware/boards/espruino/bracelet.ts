import { nextWakeMs, receiveBytes, sense, senseMotion, startBracelet, wakeUp } from "../../bracelet/device.ts";
import { receiveModem } from "../../bracelet/link.ts";
import { receiveUsb } from "../../bracelet/management.ts";

/** The image's one door: what the board's start-up code, or the simulator in its place, calls. */
declare const global: { omamori: unknown };

global.omamori = {
  startBracelet: startBracelet,
  receiveBytes: receiveBytes,
  receiveModem: receiveModem,
  receiveUsb: receiveUsb,
  sense: sense,
  senseMotion: senseMotion,
  wakeUp: wakeUp,
  nextWakeMs: nextWakeMs,
};
