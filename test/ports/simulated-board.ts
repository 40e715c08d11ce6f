import type { Ports } from "../../firmware/bracelet/device.ts";
import { SETUP_REQUEST } from "../../firmware/gnss/configure.ts";
import { createReceiver, feed, type Report } from "../../firmware/gnss/receiver.ts";
import type { StartEngine } from "../../simulator/engines/engine.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { circleZone, orderOf } from "../samples.ts";
import { everySecond, START_MS, sOf, traceOf } from "../simulator/walks.ts";
import type { ClockReading } from "./clock-contract.ts";

const NEVER_MS = Number.POSITIVE_INFINITY;

/** The ports that a replay gives the image, caught where it starts one. */
export function simulatedPorts(seed = 1): { ports: Ports; heardBytes: () => number } {
  let caught: Ports | undefined;
  let heard = 0;
  runWith((ports) => {
    caught = ports;
    return {
      receive: (bytes) => {
        heard += bytes.length;
      },
      receiveModem: () => {},
      receiveUsb: () => {},
      motion: () => {},
      sense: () => {},
      wake: () => {},
      nextWakeMs: () => NEVER_MS,
    };
  }, seed);
  if (caught === undefined) throw new Error("the replay started no engine");
  return { ports: caught, heardBytes: () => heard };
}

/** What came over the line of a receiver that was asked for UBX after a second, and what came from inside the asking. */
export interface Asked {
  heard: { s: number; kind: Report["kind"] }[];
  fromInside: number;
  clock: ClockReading[];
}

export function askReceiver(powered: boolean): Asked {
  const asked: Asked = { heard: [], fromInside: 0, clock: [] };
  const parser = createReceiver();
  let wakeMs = START_MS + 1_000;
  runWith((ports, _board, onEffect) => {
    if (powered) onEffect({ kind: "gnss.power", on: true });
    return {
      receive: (bytes) =>
        feed(parser, bytes, (report) => {
          asked.heard.push({ s: sOf(ports.clock.nowMs()), kind: report.kind });
          if (report.kind === "fix" && report.fix.timeMs !== undefined)
            asked.clock.push({ worldMs: report.fix.timeMs, saidMs: ports.clock.nowMs() });
        }),
      receiveModem: () => {},
      receiveUsb: () => {},
      motion: () => {},
      sense: () => {},
      wake() {
        wakeMs = NEVER_MS;
        const before = asked.heard.length;
        ports.gnss.write(SETUP_REQUEST);
        asked.fromInside = asked.heard.length - before;
      },
      nextWakeMs: () => wakeMs,
    };
  }, 1);
  return asked;
}

function runWith(startEngine: StartEngine, seed: number): void {
  const order = orderOf([circleZone("far", 36, 140, 100)]);
  replay(traceOf(everySecond(4_000, (s) => [s, 0])), { order, startEngine, receiver: "ideal", seed });
}
