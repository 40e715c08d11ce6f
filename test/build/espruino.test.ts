import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleForEspruino } from "../../host/build/espruino/bundle.ts";
import { checkDeviceCode } from "../../host/build/espruino/check.ts";
import { bundleEngine } from "../../simulator/engines/bundle.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { dutchDays, orderOf, ride } from "../samples.ts";
import { ROOT, sharedFolder } from "../shared.ts";
import { withoutHoisting } from "./unhoisted.ts";

const WINDOWS = process.platform === "win32";

let folder = "";
let bundleFile = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-bundle-"));
  bundleFile = path.join(folder, "bracelet.espruino.js");
  const { code } = await bundleForEspruino(path.join(ROOT, "firmware/boards/espruino/bracelet.ts"), ROOT);
  writeFileSync(bundleFile, code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function effectsOf(
  trace: Trace,
  startEngine: typeof startNodeEngine,
  receiver: "ideal" | "realistic",
): { lines: string[]; hash: string } {
  const lines: string[] = [];
  const order = orderOf(layZones(makePath(trace), 3));
  const { effectHash } = replay(trace, {
    order,
    startEngine,
    receiver,
    seed: 3,
    onEffectLine: (line) => lines.push(line),
  });
  return { lines, hash: effectHash };
}

test.each(["ideal", "realistic"] as const)(
  "the bundle gives the source's effects, byte for byte, on a real ride (%s)",
  (receiver) => {
    const source = effectsOf(ride(), startNodeEngine, receiver);
    const bundle = effectsOf(ride(), bundleEngine(bundleFile), receiver);
    expect(source.lines.length).toBeGreaterThan(50);
    expect(bundle.lines).toEqual(source.lines);
    expect(bundle.hash).toBe(source.hash);
  },
);

test.skipIf(sharedFolder("data/trajectories/nl-ssi-open-geodata") === undefined)("and on Dutch days", () => {
  for (const file of dutchDays().filter((_, i) => i % 7 === 0)) {
    const trace = readTrace(readFileSync(file), path.basename(file));
    expect(effectsOf(trace, bundleEngine(bundleFile), "realistic").hash).toBe(
      effectsOf(trace, startNodeEngine, "realistic").hash,
    );
  }
});

test("the bundle runs on an interpreter that does not hoist, to the same effects", () => {
  const code = withoutHoisting(readFileSync(bundleFile, "utf8"));
  expect(code).not.toMatch(/(^|[;{}])function /);
  const file = path.join(folder, "unhoisted.js");
  writeFileSync(file, code);
  expect(effectsOf(ride(), bundleEngine(file), "realistic").hash).toBe(
    effectsOf(ride(), startNodeEngine, "realistic").hash,
  );
});

test("the finished bundle passes the check that the sources passed", () => {
  expect(checkDeviceCode(readFileSync(bundleFile, "utf8"), { sourceType: "script", board: true })).toEqual([]);
});

/** One source of each kind that the gate must see: bundled, not imported yet, known by its type alone. */
const BREAKING = [
  { file: "firmware/lib/trig.ts", code: "Math.cos(1)", message: "arithmetic: Math.cos" },
  { file: "firmware/lib/not-yet-imported.ts", code: "[...[1]]", message: "syntax: spread is not there" },
  { file: "protocol/messages/order.ts", code: "new Map()", message: "name: Map is not there" },
];

test("sources that break the rule fail npm run build, each with file and line", () => {
  const copy = mkdtempSync(path.join(tmpdir(), "omamori-build-"));
  try {
    for (const name of ["firmware", "host", "protocol", "simulator", "package.json", "tsconfig.json"])
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"), "junction");
    const wanted = BREAKING.map(({ file, code, message }) => {
      const at = path.join(copy, file);
      const before = existsSync(at) ? readFileSync(at, "utf8") : "";
      writeFileSync(at, `${before}export const broken = ${code};\n`);
      return `${file}:${before.split("\n").length} ${message}`;
    });
    const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: copy, encoding: "utf8", shell: WINDOWS });
    const said = built.stderr.replace(/:\d+ /g, " ");
    expect(wanted.filter((line) => !said.includes(line))).toEqual([]);
    expect(built.status).toBe(1);
    expect(existsSync(path.join(copy, "dist"))).toBe(false);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
