import { expect, test } from "vitest";
import { firstBroken } from "./contract.ts";
import { MODEM_KEY_RULES, modemKeyContract, type ProbedKey } from "./modem-key-contract.ts";
import { type CountedBoard, POWER_RULES, powerContract } from "./power-contract.ts";
import { serialContract } from "./serial-contract.ts";
import { countedBoard, modemLine, probedKey } from "./simulated-world.ts";

modemKeyContract("of the simulated world", probedKey);
powerContract("of the simulated world", countedBoard);
serialContract("of the simulated world's modem", modemLine);

test("half a second at the key switches the simulated modem on, a touch does not", () => {
  const heardAfter = (ms: number) => {
    const probed = probedKey();
    probed.key.press(true);
    probed.pass(ms);
    probed.key.press(false);
    probed.pass(30_000);
    return probed.heardBytes();
  };
  expect(heardAfter(100)).toBe(0);
  expect(heardAfter(700)).toBeGreaterThan(0);
});

/** A pin, and what a press does to it. */
interface Pin {
  low: boolean;
  nowMs: number;
  heard: number;
  /** Since when, and how often. */
  pressedMs: number;
  presses: number;
}

type Press = (pin: Pin, down: boolean) => unknown;

function keyWith(press: Press, isLow = (pin: Pin) => pin.low): ProbedKey {
  const pin: Pin = { low: false, nowMs: 0, heard: 0, pressedMs: 0, presses: 0 };
  return {
    key: { press: (down) => press(pin, down) as undefined },
    pass: (ms) => {
      pin.nowMs += ms;
    },
    isLow: () => isLow(pin),
    heardBytes: () => pin.heard,
  };
}

const setPin: Press = (pin, down) => {
  if (down && !pin.low) pin.pressedMs = pin.nowMs;
  pin.low = down;
};

const FLAWED_KEYS: [string, Press, ((pin: Pin) => boolean)?][] = [
  ["is the wrong way round", setPin, (pin) => !pin.low],
  ["lets go by itself", setPin, (pin) => pin.low && pin.nowMs - pin.pressedMs < 1_000],
  ["toggles", (pin, down) => void (down && setPin(pin, !pin.low))],
  ["sticks", (pin, down) => void (down && setPin(pin, true))],
  ["gives a promise", async (pin, down) => setPin(pin, down)],
  ["says whether it is held", (pin, down) => setPin(pin, down) === undefined && down],
  [
    "counts its presses",
    (pin, down) => {
      pin.presses += down ? 1 : -1;
      setPin(pin, pin.presses > 0);
    },
  ],
  [
    "works once",
    (pin, down) => {
      pin.presses += 1;
      if (pin.presses < 8) setPin(pin, down);
    },
  ],
  [
    "answers from inside",
    (pin, down) => {
      setPin(pin, down);
      pin.heard += 8;
    },
  ],
];

test.each(FLAWED_KEYS)("the modem key contract sees a key that %s", (_, press, isLow) => {
  expect(firstBroken(MODEM_KEY_RULES, () => keyWith(setPin))).toBeUndefined();
  expect(firstBroken(MODEM_KEY_RULES, () => keyWith(press, isLow))).toBeDefined();
});

/** What `reset` does to a board, and what the end of a turn does. */
interface Resets {
  starts: number;
  asked: number;
}

function boardWith(reset: (board: Resets) => unknown, afterTurn: (board: Resets) => void): CountedBoard {
  const board: Resets = { starts: 1, asked: 0 };
  return {
    turn(run) {
      run({ reset: () => reset(board) as undefined });
      afterTurn(board);
    },
    pass: () => afterTurn(board),
    starts: () => board.starts,
  };
}

const ask = (board: Resets) => {
  board.asked += 1;
};

const start = (board: Resets, times = 1) => {
  board.starts += times;
  board.asked = 0;
};

const startAnew = (board: Resets) => {
  if (board.asked > 0) start(board);
};

const FLAWED_BOARDS: [string, (board: Resets) => unknown, (board: Resets) => void][] = [
  ["does nothing", () => {}, () => {}],
  ["starts from inside", (board) => start(board), () => {}],
  ["starts again and again", ask, (board) => start(board, Math.min(1, board.asked + board.starts - 1))],
  ["starts once for every asking", ask, (board) => start(board, board.asked)],
  ["starts by itself", ask, (board) => start(board)],
  ["can be reset once", ask, (board) => start(board, board.starts === 1 ? Math.min(1, board.asked) : 0)],
  ["gives a promise", async (board) => ask(board), startAnew],
  [
    "never comes back",
    () => {
      throw new Error("reset");
    },
    startAnew,
  ],
];

test.each(FLAWED_BOARDS)("the power contract sees a board that %s", (_, reset, afterTurn) => {
  expect(firstBroken(POWER_RULES, () => boardWith(ask, startAnew))).toBeUndefined();
  expect(firstBroken(POWER_RULES, () => boardWith(reset, afterTurn))).toBeDefined();
});
