import { nextWakeMs, receiveBytes, senseMotion, startBracelet, wakeUp } from "../../bracelet/device.ts";

/** The image's one door: what the board's start-up code, or the simulator in its place, calls. */
declare const global: { omamori: unknown };

global.omamori = {
  startBracelet: startBracelet,
  receiveBytes: receiveBytes,
  senseMotion: senseMotion,
  wakeUp: wakeUp,
  nextWakeMs: nextWakeMs,
};
