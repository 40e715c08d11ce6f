import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rideFile } from "../samples.ts";
import { ROOT } from "../shared.ts";
import { CLI, omamori, type Ran, runFile } from "./cli.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "omamori-story-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const story = (...args: string[]): Ran => omamori(["story", ...args], { cwd });
const text = (name: string) => readFileSync(path.join(cwd, name), "utf8");

test("the story of npm start is told, and its report lies where it says", () => {
  const { code, out } = story();
  expect(code).toBe(0);
  expect(out).toMatch(/detected after \d+ s/);
  expect(out).toContain("omamori-report.html");
  expect(text("omamori-report.html")).toContain("sample-ride.gpx");
  expect(story().code).toBe(0);
});

test("a page that was named is not replaced without --force", () => {
  writeFileSync(path.join(cwd, "ride.html"), "mine");
  const refused = story("-o", "ride.html");
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.err).toContain("[cli.output-exists]");
  expect(text("ride.html")).toBe("mine");
  expect(story("-o", "ride.html", "--force").code).toBe(0);
  expect(text("ride.html")).toContain("</html>");
});

test("its zones can be written, and replayed with the same outcome", () => {
  const told = story("--zones-out", "zones.geojson").out.split("\n");
  const replayed = omamori(["replay", rideFile(), "--zones", "zones.geojson"], { cwd }).out.trimEnd().split("\n");
  expect(told.slice(0, replayed.length)).toEqual(replayed);
  expect(story("--zones-out", "zones.geojson").err).toContain("[cli.output-exists]");
  expect(story("-o", "one", "--zones-out", "./one").err).toContain("[cli.two-into-one]");
  expect(story("--zones-out", "-").err).toContain("[cli.page-to-stdout]");
});

test("in an installed package, which has no ride, it says what to do instead", () => {
  const installed = path.join(cwd, "node_modules/omamori");
  cpSync(path.dirname(path.dirname(CLI)), path.join(installed, "dist"), { recursive: true });
  cpSync(path.join(ROOT, "package.json"), path.join(installed, "package.json"));
  mkdirSync(path.join(installed, "node_modules"));
  for (const name of ["commander", "saxes", "xmlchars", "yaml"])
    symlinkSync(path.join(ROOT, "node_modules", name), path.join(installed, "node_modules", name));
  const { code, err } = runFile(path.join(installed, "dist/host/cli.js"), ["story"], { cwd });
  expect(code).toBe(2);
  expect(err).toContain("[story.no-ride]");
  expect(err).toContain("omamori replay YOUR.gpx");
});
