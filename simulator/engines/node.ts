import * as image from "../../firmware/bracelet/image.ts";
import type { StartEngine } from "./engine.ts";

export type Image = typeof image;

/** The source as Node runs it. */
export const startNodeEngine: StartEngine = (ports, board, onEffect) => startImage(image, ports, board, onEffect);

/** Starts any build of the image behind the one interface. */
export function startImage(built: Pick<Image, keyof Image>, ...args: Parameters<StartEngine>): ReturnType<StartEngine> {
  const bracelet = built.startBracelet(...args);
  return {
    receive: (bytes) => built.receiveBytes(bracelet, bytes),
    receiveModem: (bytes) => built.receiveModem(bracelet, bytes),
    receiveUsb: (bytes) => built.receiveUsb(bracelet, bytes),
    motion: (motion) => built.senseMotion(bracelet, motion),
    sense: (event) => built.sense(bracelet, event),
    wake: () => built.wakeUp(bracelet),
    nextWakeMs: () => built.nextWakeMs(bracelet),
  };
}
