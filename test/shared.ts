import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** A folder of the data that is not part of the project (OMAMORI_SHARED, or beside the checkout); `undefined` where absent. */
export function sharedFolder(inside: string): string | undefined {
  const folder = path.join(process.env.OMAMORI_SHARED ?? path.join(ROOT, "..", "shared"), inside);
  return existsSync(folder) ? folder : undefined;
}
