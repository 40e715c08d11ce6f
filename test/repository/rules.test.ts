import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { en } from "../../host/cli/messages.en.ts";
import { ja } from "../../host/cli/messages.ja.ts";
import { STRINGS } from "../../simulator/report/strings.ts";
import { ROOT } from "../shared.ts";

const LONGEST_FILE = 450;

/** Files that belong to the project: what git tracks, or would. */
function ourFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-c", "-o", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  return listed.split("\n").filter((file) => file !== "" && existsSync(path.join(ROOT, file)));
}

function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

test("the top level holds the agreed names", () => {
  const allowed = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "firmware",
    "host",
    "protocol",
    "simulator",
    "test",
    "README.md",
    "LICENSE",
    "node_modules",
    "dist",
  ];
  const names = readdirSync(ROOT).filter(
    (name) => !name.startsWith(".") && !allowed.includes(name) && name !== "omamori-report.html",
  );
  expect(names).toEqual([]);
});

test("no file is longer than a sitting", () => {
  const long = ourFiles().filter((file) => file.endsWith(".ts") && textOf(file).split("\n").length > LONGEST_FILE);
  expect(long).toEqual([]);
});

test("no path of a machine and no registry host is committed", () => {
  const pattern = new RegExp(["/ho", "me/|/wo", "rk/|/roo", "t/|registry\\.npm", "js\\.org|_auth", "Token"].join(""));
  const guilty = ourFiles().filter(
    (file) => /\.(ts|json|md|yml|cddl)$|run$|npmrc$/.test(file) && pattern.test(textOf(file)),
  );
  expect(guilty).toEqual([]);
});

test("device code and protocol know no clock, no chance and no process", () => {
  const pattern = /\bDate\.|new Date\b|Math\.random|process\.|setTimeout|setInterval|console\./;
  const guilty = ourFiles().filter((file) => /^(firmware|protocol)\/.*\.ts$/.test(file) && pattern.test(textOf(file)));
  expect(guilty).toEqual([]);
});

test("both catalogues hold the same codes with the same blanks", () => {
  expect(Object.keys(ja).sort()).toEqual(Object.keys(en).sort());
  expect(Object.keys(STRINGS.ja).sort()).toEqual(Object.keys(STRINGS.en).sort());
  const blanks = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const [code, text] of Object.entries(en))
    expect(blanks(ja[code as keyof typeof en]), code).toEqual(blanks(text));
});

test("every code that is thrown has its text", () => {
  const sources = ourFiles()
    .filter((file) => /^(host|simulator)\/.*\.ts$/.test(file))
    .map(textOf)
    .join("\n");
  const thrown = [...sources.matchAll(/new ToolError\(\s*"([^"]+)"/g)].map((match) => match[1]);
  expect(thrown.length).toBeGreaterThan(10);
  expect([...new Set(thrown)].filter((code) => !(code in en))).toEqual([]);
});

test("every room says what it is for", () => {
  const rooms = ["protocol", "firmware", "simulator", "host", "test"];
  expect(rooms.filter((room) => !existsSync(path.join(ROOT, room, "README.md")))).toEqual([]);
});
