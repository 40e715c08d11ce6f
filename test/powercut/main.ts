import { liveDay } from "./day.ts";
import { loop } from "./loop.ts";

const REWINDS = 500;

/** `npm run powercut [-- --seed N --sample K --only ID]`: power cuts at every flash operation of a day. */
function main(args: string[]): number {
  const { seed, sample, only } = readArguments(args);
  const beganMs = performance.now();
  const secondsGone = () => ((performance.now() - beganMs) / 1000).toFixed(0);
  const day = liveDay(seed);
  const { length } = day.operations;
  const bulk = day.operations.filter(({ chip }) => chip === 0).length;
  process.stdout.write(
    `seed ${seed}: ${length} flash operations (${bulk} bulk, ${length - bulk} on chip), ${day.records.length} records, ${day.boots} boots\n`,
  );
  let told = 0;
  const { cuts, failed } = loop(day, {
    sample,
    only,
    rewinds: REWINDS,
    onProgress: (operation, soFar, wrong) => {
      const percent = Math.floor((operation / length) * 20) * 5;
      if (percent === told || only !== undefined) return;
      told = percent;
      process.stdout.write(`${percent} % of the operations, ${soFar} cuts, ${wrong} failed, ${secondsGone()} s\n`);
    },
    onFailure: (id, wrong) => {
      process.stdout.write(
        `FAILED ${id}: ${wrong.join("; ")}\n  again: npm run powercut -- --seed ${seed} --only ${id}\n`,
      );
    },
  });
  process.stdout.write(failed.length === 0 ? `${cuts} cuts, 0 lost\n` : `${cuts} cuts, ${failed.length} failed\n`);
  return failed.length === 0 && cuts > 0 ? 0 : 1;
}

function readArguments(args: string[]): { seed: number; sample: number; only: string | undefined } {
  const read = { seed: 1, sample: 1, only: undefined as string | undefined };
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1];
    if (value === undefined) throw new Error(`${args[i]} wants a value`);
    if (args[i] === "--only") read.only = value;
    else if (args[i] === "--seed" && Number.isInteger(Number(value))) read.seed = Number(value);
    else if (args[i] === "--sample" && Number(value) >= 1) read.sample = Number(value);
    else throw new Error(`unknown: ${args[i]} ${value}`);
  }
  return read;
}

process.exitCode = main(process.argv.slice(2));
