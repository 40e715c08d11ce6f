import { existsSync, readFileSync } from "node:fs";
import vm from "node:vm";
import { ToolError } from "../../protocol/errors.ts";
import { createAdopter, createEspruinoContext } from "./bundle-globals.ts";
import type { StartEngine } from "./engine.ts";
import { type Image, startImage } from "./node.ts";

/** The device bundle in a context that has what Espruino has and no more. `file`: dist/firmware/bracelet.espruino.js. */
export function bundleEngine(file: string): StartEngine {
  if (!existsSync(file)) throw new ToolError("replay.no-bundle", { file });
  const context = createEspruinoContext();
  vm.runInContext(readFileSync(file, "utf8"), context, { filename: "bracelet.espruino.js" });
  const built = vm.runInContext("omamori", context) as Image;
  const adopt = createAdopter(context);
  const image: Image = {
    ...built,
    receiveBytes: (bracelet, bytes) => built.receiveBytes(bracelet, adopt(bytes)),
    receiveModem: (bracelet, bytes) => built.receiveModem(bracelet, adopt(bytes)),
    receiveUsb: (bracelet, bytes) => built.receiveUsb(bracelet, adopt(bytes)),
    sense: (bracelet, event) => built.sense(bracelet, adopt(event)),
  };
  return (ports, board, onEffect) => startImage(image, adopt(ports), adopt(board), adopt(onEffect));
}
