import { createReceiver as createParser, feed } from "../../firmware/gnss/receiver.ts";
import { chargeMah } from "../hardware/charge.ts";
import type { GnssReceiver } from "../hardware/gnss-receiver.ts";
import type { Path } from "../world/path.ts";

/** The field's norm: a fix a minute, whatever happens. */
export interface Baseline {
  fixes: number;
  /** UTC ms of each. */
  fixMs: number[];
  gnssOnS: number;
  chargeMah: number;
}

const CADENCE_MS = 60_000;
/** It gives up in time for the next one. */
const GIVE_UP_MS = 55_000;

/** `messages`: it is charged as many as the bracelet sent, so that the comparison is of sampling alone. */
export function runBaseline(path: Path, gnss: GnssReceiver, spanS: number, messages: number): Baseline {
  const parser = createParser();
  const endMs = path.timeMs[path.rows - 1];
  const fixMs: number[] = [];
  let gnssOnMs = 0;
  for (let onMs = path.timeMs[0]; onMs <= endMs; onMs += CADENCE_MS) {
    gnss.power(true, onMs);
    let solved = false;
    let untilMs = onMs;
    while (!solved && gnss.nextMs() <= Math.min(onMs + GIVE_UP_MS, endMs)) {
      untilMs = gnss.nextMs();
      feed(parser, gnss.take(), (report) => {
        if (report.kind === "fix") solved = true;
      });
    }
    if (solved) fixMs.push(untilMs);
    else untilMs = Math.min(onMs + GIVE_UP_MS, endMs);
    gnss.power(false, untilMs);
    gnssOnMs += untilMs - onMs;
  }
  const gnssOnS = gnssOnMs / 1000;
  return { fixes: fixMs.length, fixMs, gnssOnS, chargeMah: chargeMah(gnssOnS, spanS, messages) };
}
