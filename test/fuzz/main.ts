import { fuzzAt } from "./at.ts";
import { fuzzCbor } from "./cbor.ts";
import { fuzzCose } from "./cose.ts";
import { fuzzDownlink } from "./downlink.ts";
import { fuzzImage } from "./image.ts";
import { fuzzJournal } from "./journal.ts";
import type { Fuzz } from "./mutate.ts";
import { fuzzOrder } from "./order.ts";
import { fuzzNmea, fuzzUbx } from "./receiver.ts";
import { fuzzSmp } from "./smp.ts";

/** `npm run fuzz -- at|cbor|cose|downlink|image|journal|nmea|order|smp|ubx [--runs 10000000] [--seed 1]`: hostile bytes against one reader; a failure names its run and seed. */
const TARGETS: Record<string, Fuzz> = {
  at: fuzzAt,
  cbor: fuzzCbor,
  cose: fuzzCose,
  downlink: fuzzDownlink,
  image: fuzzImage,
  journal: fuzzJournal,
  nmea: fuzzNmea,
  order: fuzzOrder,
  smp: fuzzSmp,
  ubx: fuzzUbx,
};
const args = process.argv.slice(2);
const option = (name: string, fallback: number) =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback;
const target = TARGETS[args[0]];
if (target === undefined) {
  process.stderr.write(
    "usage: npm run fuzz -- at|cbor|cose|downlink|image|journal|nmea|order|smp|ubx [--runs 10000000] [--seed 1]\n",
  );
  process.exitCode = 2;
} else {
  const runs = option("--runs", 10_000_000);
  const seed = option("--seed", 1);
  const startedMs = performance.now();
  const count = target(runs, seed, (done) => {
    if (process.stderr.isTTY && done % 100_000 === 0)
      process.stderr.write(`\r${args[0]} ${((100 * done) / runs).toFixed(0)} %`);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  process.stdout.write(
    `${JSON.stringify({ target: args[0], seed, ...count, seconds: Math.round((performance.now() - startedMs) / 1000) })}\n`,
  );
}
