import { ToolError } from "../../protocol/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { en } from "./messages.en.ts";
import { ja } from "./messages.ja.ts";

export type Lang = "en" | "ja";
const CATALOGUES: Record<Lang, Record<string, string>> = { en, ja };

/** `--lang` first, else the locale, else English. */
export function chooseLang(asked: string | undefined, env: NodeJS.ProcessEnv): Lang {
  const wanted = asked ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? "";
  return wanted.toLowerCase().startsWith("ja") ? "ja" : "en";
}

/** Text for a code, filled; the second line, if any, is the hint. An unknown code stands for itself. */
export function textOf(
  lang: Lang,
  code: string,
  params: Readonly<Record<string, string | number>>,
): { text: string; hint: string | undefined } {
  const template = CATALOGUES[lang][code] ?? `${code} ${JSON.stringify(params)}`;
  const filled = template.replace(/:?\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return "";
    return (whole.startsWith(":") ? ":" : "") + oneLine(String(value));
  });
  const [text, hint] = filled.split("\n");
  return { text, hint };
}

/** A message stays one line, and a file's bytes do not steer the terminal. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** Data for programs. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Words for people. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Red on a terminal that wants colour. */
export function usesColour(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/** Says what went wrong, in one line and a hint, and gives the exit code. */
export function report(error: unknown, lang: Lang): number {
  const known =
    error instanceof ToolError
      ? error
      : new ToolError("cli.internal", { detail: error instanceof Error ? error.message : String(error) });
  const { text, hint } = textOf(lang, known.code, known.params);
  const colour = usesColour(process.stderr, process.env);
  say(`${colour ? "\u001b[31merror\u001b[0m" : "error"}: ${text} [${known.code}]`);
  if (hint !== undefined) say(`hint: ${hint}`);
  return known.code === "cli.internal" ? EXIT.internal : EXIT.usage;
}
