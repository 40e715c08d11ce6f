/** The image's doors: all that a board, or the simulator in its place, calls. */
export { nextWakeMs, receiveBytes, sense, senseMotion, startBracelet, wakeUp } from "./device.ts";
export { receiveModem } from "./link.ts";
export { receiveUsb } from "./management.ts";
