import * as image from "../../firmware/bracelet/device.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { StartEngine } from "./engine.ts";

export type Image = typeof image;

/** The source as Node runs it. */
export const startNodeEngine: StartEngine = (ports, map, duty, onEffect) =>
  startImage(image, ports, map, duty, onEffect);

/** Starts any build of the image behind the one interface. */
export function startImage(
  built: Pick<Image, "startBracelet" | "receiveBytes" | "senseMotion" | "wakeUp" | "nextWakeMs">,
  ...args: Parameters<StartEngine>
): ReturnType<StartEngine> {
  const started = built.startBracelet(...args);
  if (!started.ok) throw new ToolError("replay.engine-refused", { detail: started.reason });
  const { bracelet } = started;
  return {
    receive: (bytes) => built.receiveBytes(bracelet, bytes),
    motion: (motion) => built.senseMotion(bracelet, motion),
    wake: () => built.wakeUp(bracelet),
    nextWakeMs: () => built.nextWakeMs(bracelet),
  };
}
