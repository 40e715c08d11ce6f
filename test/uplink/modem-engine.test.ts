import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import vm from "node:vm";
import { afterAll, expect, test } from "vitest";
import { bundleForEspruino } from "../../host/build/espruino/bundle.ts";
import { cutDownProgram } from "../../simulator/engines/espruino-world.ts";
import { ROOT } from "../shared.ts";
import { type Driver, modemWorld, SETTINGS, UP } from "./modem-world.ts";

const folder = mkdtempSync(path.join(tmpdir(), "omamori-uplink-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names by which driver and test call one another; the bundle shortens every other property. */
const DOORS =
  "omamori createUplink uplinkStep uplinkWakeMs kind bytes token topic down online reason attached utcMs errorMs during";

async function bundledDriver(): Promise<Driver> {
  // Only a board's own code may hand something out.
  const board = path.join(folder, "firmware/boards/espruino");
  mkdirSync(board, { recursive: true });
  const entry = path.join(board, "entry.ts");
  const driver = path.join(ROOT, "firmware/uplink/bg9x.ts");
  writeFileSync(
    entry,
    `import { createUplink, uplinkStep, uplinkWakeMs } from ${JSON.stringify(driver)};
    global.omamori = { createUplink: createUplink, uplinkStep: uplinkStep, uplinkWakeMs: uplinkWakeMs };`,
  );
  const { code } = await bundleForEspruino(entry, folder, DOORS.split(" "));
  const context = vm.createContext({});
  vm.runInContext(cutDownProgram(), context);
  vm.runInContext(code, context);
  return vm.runInContext("omamori", context) as Driver;
}

/** A start, messages both ways, failures of supply and line, and the leave-taking: everything said and done, with its time. */
function run(seed: number, driver?: Driver): string[] {
  const faults = {
    brownOuts: [1_500 + 37 * seed, 3_500 + 101 * seed],
    inserts: [{ at: 900 + 13 * seed, bytes: Uint8Array.of(0, 255, 13, 10, 62) }],
  };
  const world = modemWorld({ seed, faults, driver });
  world.tell({ kind: "open" });
  for (let i = 0; i < 30; i++) {
    world.run(5_000);
    world.tell({ kind: "publish", topic: UP, bytes: Uint8Array.of(0x83, i, 10, 13), token: i });
    if (i % 7 === 3) world.broker.send(SETTINGS.downlinkTopic, Uint8Array.of(0x83, i));
  }
  world.tell({ kind: "close" });
  world.run(100_000);
  return [...world.written, ...world.told.map((one) => JSON.stringify(one))];
}

test("the bundle drives a modem as its source does, to the byte and the millisecond", async () => {
  const driver = await bundledDriver();
  for (let seed = 1; seed <= 10; seed++) {
    const source = run(seed);
    expect(source.filter((line) => line.includes("acknowledged")).length).toBeGreaterThan(8);
    expect(run(seed, driver)).toEqual(source);
  }
});
