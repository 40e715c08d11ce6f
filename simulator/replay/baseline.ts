import { configure, SETUP_REQUEST, type SetupEvent, setupWakeMs } from "../../firmware/gnss/configure.ts";
import { createReceiver as createParser, cutStream, feed, type Receiver } from "../../firmware/gnss/receiver.ts";
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
    const giveUpMs = Math.min(onMs + GIVE_UP_MS, endMs);
    gnss.power(true, onMs);
    cutStream(parser);
    const solvedMs = acquire(gnss, parser, onMs, giveUpMs);
    if (solvedMs !== undefined) fixMs.push(solvedMs);
    const offMs = solvedMs ?? giveUpMs;
    gnss.power(false, offMs);
    gnssOnMs += offMs - onMs;
  }
  const gnssOnS = gnssOnMs / 1000;
  return { fixes: fixMs.length, fixMs, gnssOnS, chargeMah: chargeMah(gnssOnS, spanS, messages) };
}

/** Configures the receiver as the bracelet does, and waits for a fix; when it came. */
function acquire(gnss: GnssReceiver, parser: Receiver, onMs: number, giveUpMs: number): number | undefined {
  let { setup } = configure({ phase: "off" }, { kind: "power", on: true }, onMs);
  const take = (event: SetupEvent, nowMs: number) => {
    const turn = configure(setup, event, nowMs);
    setup = turn.setup;
    if (turn.ask) gnss.hear(SETUP_REQUEST, nowMs);
  };
  let solvedMs: number | undefined;
  while (solvedMs === undefined) {
    const bytesMs = gnss.nextMs();
    const nowMs = Math.min(bytesMs, setupWakeMs(setup));
    if (nowMs > giveUpMs) break;
    if (nowMs < bytesMs) take({ kind: "wake" }, nowMs);
    else
      feed(parser, gnss.take(), (report) => {
        if (report.kind === "fix") solvedMs = nowMs;
        else if (report.kind === "ack" || report.kind === "nak") take(report, nowMs);
      });
  }
  return solvedMs;
}
