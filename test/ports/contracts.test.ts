import { expect, test } from "vitest";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { circleZone, orderOf } from "../samples.ts";
import { everySecond, HOME, traceOf } from "../simulator/walks.ts";
import { clockContract } from "./clock-contract.ts";
import { flashContract } from "./flash-contract.ts";
import { logContract } from "./log-contract.ts";
import { randomContract } from "./random-contract.ts";
import { serialContract } from "./serial-contract.ts";
import { askReceiver, simulatedPorts } from "./simulated-board.ts";

flashContract("in memory, 4 KiB blocks", () => createFlash(4 * 4096));
flashContract("in memory, 1 KiB blocks", () => createFlash(5 * 1024, 1024));
flashContract("of the simulated board", () => simulatedPorts().ports.flash);
clockContract("of the simulated board", () => askReceiver(true).clock);
serialContract("of the simulated board", () => {
  const { ports, heardBytes } = simulatedPorts();
  return { serial: ports.gnss, heardBytes };
});
randomContract("of the simulated board", () => simulatedPorts().ports.random);
logContract("of the simulated board", () => simulatedPorts().ports.log);

test("the simulated receiver answers what is written to it, but never from inside the write", () => {
  const { heard, fromInside } = askReceiver(true);
  expect(fromInside).toBe(0);
  const [answer] = heard.filter(({ kind }) => kind === "ack");
  expect(answer.s).toBeGreaterThan(1);
  expect(answer.s).toBeLessThan(2.1);
});

test("what is written to the simulated receiver without power is lost", () => {
  expect(askReceiver(false).heard).toEqual([]);
});

test("the simulated board's chance repeats from its seed and differs between seeds", () => {
  const draw = (seed: number) => {
    const into = new Uint8Array(16);
    simulatedPorts(seed).ports.random.fill(into);
    return Buffer.from(into).toString("hex");
  };
  expect(draw(1)).toBe(draw(1));
  expect(draw(1)).not.toBe(draw(2));
});

/** A walk through a zone with a journal so small that the log has something to say. */
function walkWithLog(line: (text: string) => void): string {
  const order = orderOf([circleZone("her home", HOME.lat, HOME.lon, 300)]);
  const trace = traceOf(everySecond(1_800, (s) => [s - 900, 0]));
  const { effectHash } = replay(trace, {
    order,
    startEngine: (ports, board, onEffect) =>
      startNodeEngine({ ...ports, log: { line } }, { ...board, journalBytes: 512 }, onEffect),
    receiver: "ideal",
    seed: 1,
  });
  return effectHash;
}

test("losing every line of the log changes nothing", () => {
  expect(walkWithLog(() => {})).toBe(walkWithLog((text) => void text.length));
});

test("the log names what went wrong and holds neither a position nor a zone's name", () => {
  const lines: string[] = [];
  walkWithLog((text) => lines.push(text));
  expect(lines.length).toBeGreaterThan(1);
  expect(new Set(lines)).toEqual(new Set(["journal.full"]));
  expect(lines.filter((text) => /home|\d{3}/.test(text))).toEqual([]);
});
