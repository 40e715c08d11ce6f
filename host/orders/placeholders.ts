import { ToolError } from "../../protocol/errors.ts";
import { isFields, quote } from "../zones/json.ts";
import { parseYaml } from "./yaml.ts";

/** What stands in the template where only a person knows what belongs there. */

export function placeholder(words: string): string {
  return `<<${words}>>`;
}

const PLACEHOLDER = /<<.*?>>/s;

/** `order.placeholder`, with the place of the first and the lines of all, for an order that was not filled in. */
export function checkFilledIn(text: string, file: string): void {
  const source = parseYaml(text, file);
  const found = placeholdersIn(source.root, "");
  if (found.length === 0) return;
  const lines = [...new Set(found.map(({ at }) => source.lineAt(at)))].sort((a, b) => a - b);
  const [{ at, value }] = found;
  throw new ToolError("order.placeholder", {
    ...{ file, line: source.lineAt(at), at, value: quote(value) },
    ...{ n: found.length, lines: lines.join(", ") },
  });
}

function placeholdersIn(value: unknown, at: string): { at: string; value: string }[] {
  if (typeof value === "string") return PLACEHOLDER.test(value) ? [{ at, value }] : [];
  if (Array.isArray(value)) return value.flatMap((one, i) => placeholdersIn(one, `${at}[${i}]`));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => placeholdersIn(one, at === "" ? name : `${at}.${name}`));
}
