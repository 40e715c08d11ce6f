import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { en } from "../../host/cli/messages.en.ts";
import { ja } from "../../host/cli/messages.ja.ts";
import { chooseLang, textOf, visible } from "../../host/cli/output.ts";
import { ROOT } from "../shared.ts";

/** All sources but the catalogues. */
const SOURCES = ["host", "simulator", "firmware", "protocol"]
  .flatMap((room) =>
    readdirSync(path.join(ROOT, room), { recursive: true, encoding: "utf8" }).map((f) => path.join(ROOT, room, f)),
  )
  .filter((file) => file.endsWith(".ts") && !/messages\.(en|ja)\.ts$/.test(file))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test("every text is used: its code stands in a source, or is put together from a beginning that does", () => {
  const literals = new Set([...SOURCES.matchAll(/"([a-z]+\.[\w-]+)"/g)].map((match) => match[1]));
  const beginnings = [...SOURCES.matchAll(/`([a-z]+\.)\$\{/g)].map((match) => match[1]);
  expect(Object.keys(en).filter((code) => !literals.has(code) && !beginnings.some((b) => code.startsWith(b)))).toEqual(
    [],
  );
});

test("every code that a source names has its text", () => {
  const families = "cli|reason|label|place|zones|order|story|span|info|notice|fixes|help";
  const named = [...SOURCES.matchAll(new RegExp(`"((?:${families})\\.[\\w-]+)"`, "g"))].map((match) => match[1]);
  expect(named.length).toBeGreaterThan(100);
  expect([...new Set(named)].filter((code) => !(code in en))).toEqual([]);
});

test("Japanese texts are Japanese", () => {
  const bare = Object.entries(ja).filter(
    ([, text]) => /[a-z]/i.test(text.replace(/\{\w+\}/g, "")) && !/[ぁ-んァ-ヶ一-龠]/.test(text),
  );
  expect(bare).toEqual([]);
});

test("a text names the place as exactly as it is known", () => {
  const at = (params: Record<string, string | number>) =>
    textOf("en", "cli.not-utf8", { file: "a.csv", ...params }).text;
  expect(at({ line: 3, offset: 70 })).toBe("a.csv:3, byte 70: not UTF-8 text");
  expect(at({ offset: 70 })).toBe("a.csv, byte 70: not UTF-8 text");
  expect(at({})).toBe("a.csv: not UTF-8 text");
});

test("a reason is put into words, and what comes from a file is not", () => {
  expect(textOf("en", "cli.cannot-read", { file: "a", detail: "reason.ENOENT" }).text).toBe(
    "cannot read a: no such file or folder",
  );
  expect(textOf("en", "zones.duplicate-id", { file: "cli.usage", feature: "trace.empty" }).text).toContain(
    "trace.empty",
  );
});

test("a word goes with its number", () => {
  const verdict = (visits: number) =>
    textOf("en", "story.verdict", { visits, missed: 0, late: 0, beyondModel: 0, falseAlerts: visits }).text;
  expect(verdict(1)).toMatch(/^1 visit: .* 1 false alert$/);
  expect(verdict(2)).toMatch(/^2 visits: .* 2 false alerts$/);
  expect(verdict(0)).toMatch(/^0 visits: .* 0 false alerts$/);
});

test("every reason of the gate has words", () => {
  const reasons = [...readFileSync(path.join(ROOT, "firmware/gnss/gate.ts"), "utf8").matchAll(/"(gate\.[\w-]+)"/g)];
  expect(reasons.length).toBeGreaterThan(5);
  expect(reasons.map(([, code]) => code).filter((code) => !(code in en))).toEqual([]);
});

test("what comes from outside stays on its line and spells its control characters", () => {
  expect(visible("a\nb\u001b[31m\u202e\u2028お")).toBe("a\\u{a}b\\u{1b}[31m\\u{202e}\\u{2028}お");
});

test("a story's line has no blank at its end", () => {
  for (const lang of ["en", "ja"] as const) expect(textOf(lang, "story.detected", { why: "" }).text).not.toMatch(/\s$/);
});

test("the language is the one asked for, else the locale's, in their order", () => {
  expect(chooseLang("en", { LANG: "ja_JP.UTF-8" })).toBe("en");
  expect(chooseLang(undefined, { LC_ALL: "C", LANG: "ja_JP.UTF-8" })).toBe("en");
  expect(chooseLang(undefined, { LC_ALL: "", LC_MESSAGES: "", LANG: "ja_JP.UTF-8" })).toBe("ja");
  expect(chooseLang(undefined, {})).toBe("en");
});
