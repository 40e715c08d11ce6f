import type { Ports } from "../../firmware/bracelet/device.ts";
import type { BraceletEngine, StartEngine } from "../../simulator/engines/engine.ts";
import { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { everySecond, pathOf, START_MS } from "../simulator/walks.ts";
import type { ProbedKey } from "./modem-key-contract.ts";
import type { CountedBoard } from "./power-contract.ts";
import type { SerialLine } from "./serial-contract.ts";

/** A whole world in which an image runs that does nothing but what the test does with its ports. */
function idleWorld(heard: Partial<Pick<BraceletEngine, "receiveModem">> = {}): {
  world: BraceletWorld;
  ports: () => Ports;
} {
  let caught: Ports | undefined;
  const startEngine: StartEngine = (ports) => {
    caught = ports;
    return {
      receive: () => {},
      receiveModem: () => {},
      receiveUsb: () => {},
      motion: () => {},
      sense: () => {},
      wake: () => {},
      nextWakeMs: () => Number.POSITIVE_INFINITY,
      ...heard,
    };
  };
  const world = new BraceletWorld({ path: pathOf(everySecond(60, () => [0, 0])), startEngine });
  world.run(START_MS);
  const ports = () => {
    if (caught === undefined) throw new Error("the world started no engine");
    return caught;
  };
  return { world, ports };
}

/** The world's modem key, with a probe where the modem's pin is. */
export function probedKey(): ProbedKey {
  let [heard, low] = [0, false];
  const { world, ports } = idleWorld({
    receiveModem: (bytes) => {
      heard += bytes.length;
    },
  });
  const { modem } = world;
  const key = modem.key.bind(modem);
  modem.key = (down, nowMs) => {
    low = down;
    key(down, nowMs);
  };
  return {
    key: ports().modemKey,
    pass: (ms) => world.run(world.nowMs + ms),
    isLow: () => low,
    heardBytes: () => heard,
  };
}

/** The world's line to its modem, which has been switched on and is ready. */
export function modemLine(): SerialLine {
  let heard = 0;
  const { world, ports } = idleWorld({
    receiveModem: (bytes) => {
      heard += bytes.length;
    },
  });
  ports().modemKey.press(true);
  world.run(world.nowMs + 700);
  ports().modemKey.press(false);
  world.run(world.nowMs + 30_000);
  if (heard === 0) throw new Error("the modem is silent");
  return { serial: ports().modem, heardBytes: () => heard };
}

export function countedBoard(): CountedBoard {
  const { world, ports } = idleWorld();
  return {
    turn(run) {
      world.at(world.nowMs + 1_000, () => run(ports().power));
      world.run(world.nowMs + 1_000);
    },
    pass: (ms) => world.run(world.nowMs + ms),
    starts: () => world.bootsMs.length,
  };
}
