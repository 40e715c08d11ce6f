import { ToolError } from "../../protocol/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { reasonOf } from "./files.ts";
import { en } from "./messages.en.ts";
import { ja } from "./messages.ja.ts";

export type Lang = "en" | "ja";
type Params = Readonly<Record<string, string | number>>;
const CATALOGUES: Record<Lang, Record<string, string>> = { en, ja };

/** `--lang` first, else the locale, else English. A variable that is empty is not set. */
export function chooseLang(asked: string | undefined, env: NodeJS.ProcessEnv): Lang {
  const wanted = asked || env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return wanted.toLowerCase().startsWith("ja") ? "ja" : "en";
}

/**
 * Text for a code, filled; the second line, if any, is the hint. An unknown code stands for itself. `{place}` is the file with
 * the line and the byte where they are known; a `detail` that is itself a code is put into words.
 */
export function textOf(lang: Lang, code: string, params: Params = {}): { text: string; hint: string | undefined } {
  const words = CATALOGUES[lang];
  const template = words[code] ?? `${code} ${visible(JSON.stringify(params))}`;
  const [text, hint] = fill(template, params, words).split("\n");
  return { text: text.trimEnd(), hint: hint === "" ? undefined : hint };
}

/** `{name}` is the value; `{name:one|many}` the word that goes with its number. */
function fill(template: string, params: Params, words: Record<string, string>): string {
  return template.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_blank, name: string, one?: string, many?: string) => {
    if (one !== undefined && many !== undefined) return params[name] === 1 ? one : many;
    if (name === "place") return fill(placeOf(params, words), params, words);
    const value = params[name] ?? "";
    if (name !== "detail" || !Object.hasOwn(words, value)) return visible(String(value));
    const { detail: _, ...rest } = params;
    return fill(words[value], rest, words);
  });
}

/** `day.csv:3`; `ride.cbor, byte 812`. */
function placeOf({ line, offset }: Params, words: Record<string, string>): string {
  return `{file}${line === undefined ? "" : ":{line}"}${offset === undefined ? "" : words["place.byte"]}`;
}

/** What comes from outside stays on its line and does not steer the terminal: control and bidi characters are spelt out. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Data for programs, and what a person asked to see. */
export function print(line: string): void {
  printRaw(`${line}\n`);
}

export function printRaw(content: string | Uint8Array): void {
  if (outputLost === undefined) process.stdout.write(content);
}

/** Why stdout takes no more. */
let outputLost: NodeJS.ErrnoException | undefined;

/** A stream that breaks ends no work that is under way: a report is still to be written, and the exit code to be given. */
export function outliveStreams(): void {
  process.stdout.on("error", (error) => {
    outputLost ??= error;
  });
  process.stderr.on("error", () => {});
}

/** Once stdout has taken all. A reader that has seen enough (`| head`) is no error; a full disk is. */
export async function finishOutput(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  if (outputLost !== undefined && outputLost.code !== "EPIPE")
    throw new ToolError("cli.cannot-write", { file: "stdout", ...reasonOf(outputLost) });
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
  tell("label.error", lang, known.code, known.params, "31");
  return known.code === "cli.internal" ? EXIT.internal : EXIT.usage;
}

/** Something that a person may not have meant, and that is done nevertheless. */
export function warn(lang: Lang, code: string, params: Params): void {
  tell("label.warning", lang, code, params, "33");
}

function tell(label: string, lang: Lang, code: string, params: Params, colour: string): void {
  const { text, hint } = textOf(lang, code, params);
  const what = textOf(lang, label).text;
  say(`${usesColour(process.stderr, process.env) ? `\u001b[${colour}m${what}\u001b[0m` : what}: ${text} [${code}]`);
  if (hint !== undefined) say(`${textOf(lang, "label.hint").text}: ${hint}`);
}
