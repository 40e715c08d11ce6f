import type { Command } from "commander";
import { ToolError } from "../../protocol/errors.ts";

/** The most that a seed may be: 32 bits. */
export const SEED_MOST = 2 ** 32 - 1;

/** The value of an option that counts something. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new ToolError("cli.bad-number", { option, least, most, value: text });
  return value;
}

/** An option that takes a value takes one, and no empty one: of two the first would be dropped without a word. */
export function checkValues(command: Command): void {
  for (const option of command.options.filter((o) => o.required && !o.variadic)) {
    const what = option.long ?? option.flags;
    let given = false;
    command.on(`option:${option.name()}`, (value: string) => {
      if (given) throw new ToolError("cli.repeated-option", { what });
      if (value === "") throw new ToolError("cli.missing-value", { what, detail: "reason.see-help" });
      given = true;
    });
  }
  command.commands.forEach(checkValues);
}
