import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleForEspruino } from "../../host/build/espruino/bundle.ts";
import { bundleEngine } from "../../simulator/engines/bundle.ts";
import type { StartEngine } from "../../simulator/engines/engine.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { navPvtFrame, nmeaSentences } from "../../simulator/hardware/nav-pvt.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { circleZone, orderOf } from "../samples.ts";
import { ROOT, sharedFolder } from "../shared.ts";
import { join } from "./streams.ts";

let folder = "";
let startBundle: StartEngine;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-gnss-"));
  const bundleFile = path.join(folder, "bracelet.espruino.js");
  const { code } = await bundleForEspruino(path.join(ROOT, "firmware/boards/espruino/bracelet.ts"), ROOT);
  writeFileSync(bundleFile, code);
  startBundle = bundleEngine(bundleFile);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A zone where the recording begins and one on its way, so that there is something to decide. */
function effectsOf(trace: Trace, startEngine: StartEngine): string[] {
  const at = (row: number) => [trace.latE7[row] / 1e7, trace.lonE7[row] / 1e7] as const;
  const zones = [circleZone("start", ...at(0), 30), circleZone("way", ...at(trace.points >> 1), 100)];
  const lines: string[] = [];
  replay(trace, {
    order: orderOf(zones),
    startEngine,
    receiver: "ideal",
    seed: 1,
    onEffectLine: (line) => lines.push(line),
  });
  return lines;
}

function expectSameEffects(trace: Trace): number {
  const source = effectsOf(trace, startNodeEngine);
  expect(effectsOf(trace, startBundle), trace.name).toEqual(source);
  return source.length;
}

/** A walk in and out of lock, now in NMEA, now in UBX, with dirt between. */
function generatedRecording(): Uint8Array {
  const startMs = Date.UTC(2026, 10, 24, 23, 57);
  const dirt = Uint8Array.of(0xb5, 0x62, 0x01, 0x07, 0xff, 0x07, 0x24, 0x47, 0x50, 0x00);
  const epochs = Array.from({ length: 900 }, (_, s) => {
    const pvt = {
      timeMs: startMs + s * 1000,
      solved: s % 97 > 8,
      lat: 35.68 + s * 1e-5,
      lon: 139.76 + (s % 50) * 1e-5,
      hAccM: 3 + (s % 7),
      speedMps: 1.4,
      courseDeg: (s * 7) % 360,
      satellites: s % 30,
    };
    const said = s % 300 < 150 ? navPvtFrame(pvt) : nmeaSentences(pvt);
    return s % 11 === 0 ? join(dirt, said) : said;
  });
  return join(...epochs);
}

test("the bundle gives the source's effects on a recording of NMEA and UBX with dirt between", () => {
  expect(expectSameEffects(readTrace(generatedRecording(), "walk.ubx"))).toBeGreaterThan(20);
});

const FOLDERS = ["data/gnss/gpsd-regress", "data/gnss/semuconsulting/pyubx2", "data/gnss/semuconsulting/pynmeagps"];

test.skipIf(sharedFolder(FOLDERS[0]) === undefined)(
  "and on real receivers' recordings",
  () => {
    let recordings = 0;
    let effects = 0;
    for (const folder of FOLDERS.map((inside) => sharedFolder(inside) ?? ""))
      for (const name of everyThird(readdirSync(folder).filter((file) => /\.(log|ubx)$/.test(file)))) {
        const trace = readIfRecording(path.join(folder, name));
        if (trace === undefined) continue;
        recordings += 1;
        effects += expectSameEffects(trace);
      }
    console.log(`engines agree on ${recordings} recordings, ${effects} effects`);
    expect(recordings).toBeGreaterThan(30);
  },
  60_000,
);

/** All of them agree, but take a quarter of a minute. */
function everyThird(names: string[]): string[] {
  return names.filter((_, i) => i % 3 === 0);
}

/** The folders also hold what no receiver's recording is: other protocols, settings, logs without a fix. */
function readIfRecording(file: string): Trace | undefined {
  try {
    const trace = readTrace(readFileSync(file), file, { allowCutOff: true });
    return trace.raw === undefined ? undefined : trace;
  } catch {
    return undefined;
  }
}
