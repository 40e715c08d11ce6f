import { ToolError } from "../../protocol/errors.ts";
import { readText } from "../orders/fields.ts";
import { namesSomebody } from "../orders/people.ts";

/** Options that people fill with words. */

const NAME_MOST = 200;

/** A person's name: `cli.bad-text` where it is blank or steers a terminal, `cli.bad-name` where there is no letter in it. */
export function personOf(text: string, option: string): string {
  const name = wordsOf(text, option, NAME_MOST);
  if (!namesSomebody(name)) throw new ToolError("cli.bad-name", { option });
  return name;
}

/** 1 to `most` characters, not all blank: `cli.bad-text`. */
export function wordsOf(text: string, option: string, most: number): string {
  return readText(text, option, most, () => {
    throw new ToolError("cli.bad-text", { option, limit: most });
  });
}
