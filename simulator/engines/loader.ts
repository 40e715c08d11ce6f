import vm from "node:vm";
import type { Flash } from "../../firmware/ports/flash.ts";
import type { Booted } from "../../firmware/update/loader.ts";
import type { ImageTarget } from "../../protocol/messages/image.ts";
import { createAdopter, createEspruinoContext } from "./bundle-globals.ts";

/** Where things lie: the three places for images in the bulk flash, the store of secrets on the chip. */
export interface LoaderMap {
  imagesAddress: number;
  secretsAddress: number;
  secretsBytes: number;
}

/** What the loader's bundle offers the board's start-up code. */
export type BootLoader = (bulk: Flash, chip: Flash, map: LoaderMap, target: ImageTarget) => Booted;

type KeysOf<T> = T extends unknown ? keyof T & string : never;
type Names = KeysOf<Flash> | KeysOf<LoaderMap> | KeysOf<ImageTarget> | KeysOf<Booted>;

const NAMES: Record<Names, true> = {
  address: true,
  board: true,
  bytes: true,
  development: true,
  elf: true,
  engine: true,
  erase: true,
  eraseBytes: true,
  imagesAddress: true,
  ok: true,
  program: true,
  read: true,
  reason: true,
  secretsAddress: true,
  secretsBytes: true,
  sizeBytes: true,
  testing: true,
};

/** Names of properties by which the loader and its board call one another; the build shortens every other. */
export const LOADER_BOUNDARY: string[] = ["omamoriLoader", "boot", ...Object.keys(NAMES)];

/** The loader's bundle in a context that has what Espruino has and no more. */
export function bundleLoader(code: string): BootLoader {
  const context = createEspruinoContext();
  vm.runInContext(code, context, { filename: "loader.espruino.js" });
  const { boot } = vm.runInContext("omamoriLoader", context) as { boot: BootLoader };
  const adopt = createAdopter(context);
  return (bulk, chip, map, target) => boot(adopt(bulk), adopt(chip), adopt(map), adopt(target));
}
