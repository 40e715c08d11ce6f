import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rideFile } from "../samples.ts";
import { CLI } from "./cli.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "omamori-streams-"));
  // A zone in which he wakes up: with D of 30 s its detection is late, which is exit code 11.
  const rows = [...readFileSync(rideFile(), "utf8").matchAll(/<trkpt lat="([^"]+)" lon="([^"]+)"/g)];
  const home = {
    type: "Feature",
    properties: { id: "home", radiusM: 150 },
    geometry: { type: "Point", coordinates: [Number(rows[40][2]), Number(rows[40][1])] },
  };
  writeFileSync(path.join(cwd, "home.geojson"), JSON.stringify(home));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** A line of bash in which `omamori` is the command and `$RIDE` the ride. */
function bash(line: string): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", `set -o pipefail; omamori() { "${process.execPath}" "${CLI}" "$@"; }; ${line}`],
    { cwd, encoding: "utf8", env: { PATH: process.env.PATH, LANG: "C.UTF-8", RIDE: rideFile() } },
  );
  return { code: status, out: stdout, err: stderr };
}

const LATE = 'omamori replay "$RIDE" --zones home.geojson --delay-s 30 --json';

test.runIf(process.platform === "linux")("a reader that has gone costs neither the report nor the exit code", () => {
  const { code, out } = bash(`${LATE} --report ride.html | head -n 1`);
  expect(out.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(11);
  expect(readFileSync(path.join(cwd, "ride.html"), "utf8")).toContain("</html>");
  expect(readdirSync(cwd).sort()).toEqual(["home.geojson", "ride.html"]);
});

test.runIf(process.platform === "linux")("a full disk behind stdout is an error with a code", () => {
  for (const command of [LATE, 'omamori trace convert "$RIDE" --to csv', "omamori --help"]) {
    const { code, err } = bash(`${command} > /dev/full`);
    expect(err).toContain("cannot write stdout: the disk is full [cli.cannot-write]");
    expect(code).toBe(2);
  }
});

test.runIf(process.platform === "linux")("words that nobody hears change no exit code", () => {
  expect(bash(`${LATE} --report ride.html 2> /dev/full`).code).toBe(11);
  expect(bash("omamori trace info missing 2> /dev/full").code).toBe(2);
  expect(bash(`${LATE} 2>&-`).code).toBe(11);
  expect(bash("{ omamori trace info missing 2>&1 >&3 | true; } 3>&1").code).toBe(2);
});
