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
