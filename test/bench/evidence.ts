import { readFileSync } from "node:fs";
import path from "node:path";
import { bundleReplayProgram } from "../../host/build/replay-program.ts";
import { makeDemoOf } from "../../host/evidence/demo.ts";
import type { PublicKeys } from "../../host/evidence/public-keys.ts";
import { verifyBundle } from "../../host/evidence/verify.ts";
import { readCsv } from "../../simulator/traces/csv.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { fakeBundle, KEYS } from "../evidence/fake-device.ts";
import { createMutator } from "../fuzz/mutate.ts";
import { dutchDays } from "../samples.ts";
import { ROOT } from "../shared.ts";
import { syntheticDay } from "./replay.ts";

/** A day of alerts every ten minutes and inputs every minute: twice what a bracelet journals on a busy one. */
const DAY_MINUTES = 1440;
const RUNS = 10_000;

/**
 * `npm run bench -- evidence [--seed N] [--runs N]`: targets: a day's bundle verifies in under 5 s; of 10,000 random corruptions
 * none is accepted, none crashes, each is given a place; of single flipped bits each is found where it is.
 */
export async function benchEvidence(args: string[]): Promise<string[]> {
  const option = (name: string, preset: number) => {
    const at = args.indexOf(name);
    return at < 0 ? preset : Number(args[at + 1]);
  };
  const seed = option("--seed", 7);
  const runs = option("--runs", RUNS);
  const day = fakeBundle({ minutes: DAY_MINUTES });
  const program = new TextEncoder().encode(await bundleReplayProgram(ROOT));
  const real = makeDemoOf(syntheticDay(86_400, seed), seed, "court", program);
  return [
    await timeOf("a simulated bracelet's day at 1 Hz", real.file, real.keys),
    await recordedDays(seed, program),
    await timeOf("a busy day of the test device", day.file, KEYS),
    await corrupt(fakeBundle({ minutes: 120 }).file, runs, seed),
    await flip(day.file, 2_000, seed),
  ];
}

/** People's recorded days, each as a bundle; the one that takes longest. */
async function recordedDays(seed: number, program: Uint8Array): Promise<string> {
  const traces = dutchDays().map((file) => readCsv(readFileSync(file, "utf8"), path.basename(file)));
  if (traces.length === 0) return "recorded days: skipped, ../shared is absent";
  let slowest = { seconds: 0, line: "" };
  for (const trace of traces) {
    const hours = (trace.timeMs[trace.timeMs.length - 1] - trace.timeMs[0]) / 3_600_000;
    const made = makeDemoOf(trace, seed, "court", program);
    const timed = await measure(made.file, made.keys);
    if (timed.outcome !== "genuine") return `recorded days: ${trace.file} is ${timed.outcome}`;
    const line = `the slowest of ${traces.length} recorded traces (${hours.toFixed(1)} h): ${timed.line}`;
    if (timed.seconds > slowest.seconds) slowest = { seconds: timed.seconds, line };
  }
  return slowest.line;
}

async function timeOf(what: string, file: Uint8Array, keys: PublicKeys): Promise<string> {
  return `${what}: ${(await measure(file, keys)).line}`;
}

async function measure(file: Uint8Array, keys: PublicKeys) {
  let best = Number.POSITIVE_INFINITY;
  let result = await verifyBundle(file, { keys });
  for (let round = 0; round < 3; round++) {
    const startedMs = performance.now();
    result = await verifyBundle(file, { keys });
    best = Math.min(best, performance.now() - startedMs);
  }
  const { bundle, outcome, run } = result;
  const ran = `${run?.alerts ?? 0} alerts and ${run?.checkpoints ?? 0} checkpoints the same`;
  const line = `${bundle?.records.length ?? 0} records, ${bundle?.tree.heads.length ?? 0} heads, ${file.length} bytes: ${outcome} in ${(best / 1000).toFixed(2)} s, its inputs run again (${ran})`;
  return { outcome, seconds: best / 1000, line };
}

async function corrupt(file: Uint8Array, runs: number, seed: number): Promise<string> {
  const next = createMutator(seed, "evidence", [file]);
  let accepted = 0;
  let unplaced = 0;
  let tried = 0;
  while (tried < runs) {
    const bytes = next();
    if (Buffer.compare(bytes, file) === 0) continue;
    tried += 1;
    const { outcome, places } = await verifyBundle(bytes, { keys: KEYS, noReplay: true });
    if (outcome !== "altered") accepted += 1;
    if (places.length === 0) unplaced += 1;
  }
  return `${tried} random corruptions, seed ${seed}: ${accepted} accepted, ${unplaced} without a place, none crashed`;
}

async function flip(file: Uint8Array, flips: number, seed: number): Promise<string> {
  const random = seededRandom(seed, "flips");
  let found = 0;
  let widest = 0;
  for (let i = 0; i < flips; i++) {
    const bit = Math.floor(random() * 8 * file.length);
    const changed = Uint8Array.from(file);
    changed[bit >> 3] ^= 1 << (bit & 7);
    const { places } = await verifyBundle(changed, { keys: KEYS, noReplay: true });
    if (places.some(({ from, to }) => bit >> 3 >= from && bit >> 3 < to) && places.length === 1) found += 1;
    widest = Math.max(widest, ...places.map(({ from, to }) => to - from));
  }
  return `${flips} single flipped bits of the day's bundle: ${found} found at their place, the widest place named ${widest} bytes`;
}
