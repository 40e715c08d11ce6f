import * as acorn from "acorn";

/** A name for it must save this much: at run time it costs a variable or two on the device. Bytes. */
const WORTH_BYTES = 40;
const NAME_BYTES = 2;

interface Place {
  start: number;
  end: number;
}

/**
 * What stands in a bundle again and again and no minifier shortens gets a name at its beginning: `void 0`, long
 * numbers and texts. (A typed array goes by its own name alone on Espruino.) `code`: one function called at once, as esbuild wraps it.
 */
export function aliasRepeats(code: string): string {
  const tokens = [...acorn.tokenizer(code, { ecmaVersion: 2022 })];
  const open = /^(?:"use strict";)?\(\(\)=>\{(?:"use strict";)?/.exec(code);
  if (open === null) return code;
  const free = freeNames(code, tokens);
  const declared: string[] = [];
  const edits: (Place & { name: string })[] = [];
  for (const [text, places] of repeats(code, tokens)) {
    if ((places.length - 1) * (text.length - NAME_BYTES) - 2 * NAME_BYTES < WORTH_BYTES) continue;
    const name = free.next().value as string;
    declared.push(`${name}=${text}`);
    for (const place of places) edits.push({ ...place, name });
  }
  if (declared.length === 0) return code;
  const head = open[0].length;
  return `${code.slice(0, head)}let ${declared.join(",")};${edited(code, head, edits)}`;
}

/** Every text worth a name, with its places; the dearest first, for which the shortest names are. */
function repeats(code: string, tokens: acorn.Token[]): [string, Place[]][] {
  const found = new Map<string, Place[]>();
  for (let i = 0; i < tokens.length; i++) {
    const count = unitAt(code, tokens, i);
    if (count === 0) continue;
    const place = { start: tokens[i].start, end: tokens[i + count - 1].end };
    const text = code.slice(place.start, place.end);
    const places = found.get(text);
    if (places === undefined) found.set(text, [place]);
    else places.push(place);
    i += count - 1;
  }
  return [...found].sort(([a, at], [b, bt]) => b.length * bt.length - a.length * at.length);
}

/** How many tokens, from the one at `i`, may be named together; 0: none. */
function unitAt(code: string, tokens: acorn.Token[], i: number): number {
  const word = (k: number) => (k >= 0 && k < tokens.length ? code.slice(tokens[k].start, tokens[k].end) : "");
  const before = word(i - 1);
  if (before === ".") return 0;
  if (word(i) === "void" && word(i + 1) === "0") return 2;
  // A key of an object cannot be a name's value.
  if ((before === "{" || before === ",") && word(i + 1) === ":") return 0;
  const { label } = tokens[i].type;
  return (label === "num" || (label === "string" && word(i + 1) !== "")) && !word(i).startsWith('"use ') ? 1 : 0;
}

function edited(code: string, from: number, edits: (Place & { name: string })[]): string {
  let out = "";
  let at = from;
  for (const { start, end, name } of edits.sort((a, b) => a.start - b.start)) {
    out += code.slice(at, start);
    // `return"x"` and `"x"in y` need no space, names do.
    if (/[\w$]$/.test(out)) out += " ";
    out += name;
    if (/[\w$]/.test(code[end] ?? "")) out += " ";
    at = end;
  }
  return out + code.slice(at);
}

/** Names of two characters, and some of three, that nothing in the code bears. */
function* freeNames(code: string, tokens: acorn.Token[]): Generator<string> {
  const taken = new Set(tokens.map(({ start, end }) => code.slice(start, end)));
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (const first of ["$", "_", "$_"])
    for (const letter of letters) if (!taken.has(first + letter)) yield first + letter;
}
