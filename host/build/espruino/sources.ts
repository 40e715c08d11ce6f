import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { importsOf } from "../imports.ts";

/** The board that this build is for: only here may code touch the board's own globals. */
export const BOARD = "firmware/boards/espruino/";
const BOARDS = "firmware/boards/";

/**
 * Every source that the gate judges, relative to `root`: what is bundled, all of firmware/ whether the board imports it
 * yet or not, and the protocol's files that firmware names, be it for a type: what the device will read, it reads by them.
 */
export function deviceSources(root: string, bundled: string[]): string[] {
  const firmware = filesUnder(root, "firmware").filter((file) => !file.startsWith(BOARDS) || file.startsWith(BOARD));
  const sources = new Set(bundled.concat(firmware));
  for (const file of firmware) {
    for (const wanted of importsOf(readFileSync(path.join(root, file), "utf8")))
      if (wanted.startsWith(".")) sources.add(path.posix.join(path.posix.dirname(file), wanted));
  }
  return [...sources].filter((file) => file.endsWith(".ts")).sort();
}

function filesUnder(root: string, folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join(folder, file.split(path.sep).join("/")))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
}
