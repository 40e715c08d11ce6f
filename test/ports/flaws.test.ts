import { expect, test } from "vitest";
import type { Flash } from "../../firmware/ports/flash.ts";
import type { Random } from "../../firmware/ports/random.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { CLOCK_RULES, type ClockReading } from "./clock-contract.ts";
import { firstBroken } from "./contract.ts";
import { FLASH_RULES } from "./flash-contract.ts";
import { LOG_RULES } from "./log-contract.ts";
import { RANDOM_RULES } from "./random-contract.ts";
import { END_RULES, SERIAL_RULES, type SerialLine } from "./serial-contract.ts";

const BLOCK = 4096;

const FLAWED_FLASH: [string, (flash: Flash) => Partial<Flash>][] = [
  [
    "erases to zero",
    (flash) => ({
      erase(address) {
        flash.erase(address);
        flash.program(address - (address % BLOCK), new Uint8Array(BLOCK));
      },
    }),
  ],
  [
    "erases a block's first page only",
    (flash) => ({
      erase(address) {
        const start = address - (address % BLOCK);
        const kept = new Uint8Array(BLOCK - 256);
        flash.read(start + 256, kept, kept.length);
        flash.erase(address);
        flash.program(start + 256, kept);
      },
    }),
  ],
  [
    "erases the neighbour too",
    (flash) => ({
      erase(address) {
        flash.erase(address);
        if (address + BLOCK < flash.sizeBytes) flash.erase(address + BLOCK);
      },
    }),
  ],
  [
    "ignores an erase beyond the end",
    (flash) => ({
      erase(address) {
        if (address >= 0 && address < flash.sizeBytes) flash.erase(address);
      },
    }),
  ],
  ["writes over what was there", (flash) => ({ program: (address, bytes) => overwrite(flash, address, bytes) })],
  ["wraps round within a page", (flash) => ({ program: (address, bytes) => wrapInPage(flash, address, bytes) })],
  [
    "programs the part inside before it refuses",
    (flash) => ({
      program: (address, bytes) => bytes.forEach((byte, i) => void flash.program(address + i, Uint8Array.of(byte))),
    }),
  ],
  [
    "drops what lies outside",
    (flash) => ({
      program(address, bytes) {
        if (address >= 0 && address + bytes.length <= flash.sizeBytes) flash.program(address, bytes);
      },
    }),
  ],
  [
    "programs the whole buffer of a window",
    (flash) => ({
      program: (address, bytes) => flash.program(address, new Uint8Array(bytes.buffer)),
    }),
  ],
  [
    "fills the whole array",
    (flash) => ({
      read: (address, into) => flash.read(address, into, into.length),
    }),
  ],
  [
    "reads nothing beyond the end, and says nothing",
    (flash) => ({
      read(address, into, length) {
        if (address >= 0 && address + length <= flash.sizeBytes) flash.read(address, into, length);
      },
    }),
  ],
  ["has a block of no power of two", () => ({ eraseBytes: 4000 })],
];

test.each(FLAWED_FLASH)("the flash contract sees a flash that %s", (_, flaw) => {
  const make = () => {
    const flash = createFlash(4 * BLOCK);
    return { ...flash, ...flaw(flash) };
  };
  expect(firstBroken(FLASH_RULES, make)).toBeDefined();
});

function overwrite(flash: Flash, address: number, bytes: Uint8Array): void {
  const start = address - (address % BLOCK);
  const contents = new Uint8Array(Math.min(3 * BLOCK, flash.sizeBytes - start));
  flash.read(start, contents, contents.length);
  contents.set(bytes, address - start);
  for (let at = start; at < start + contents.length; at += BLOCK) flash.erase(at);
  flash.program(start, contents);
}

function wrapInPage(flash: Flash, address: number, bytes: Uint8Array): void {
  const page = address - (address % 256);
  for (let i = 0; i < bytes.length; i++) flash.program(page + ((address - page + i) % 256), bytes.subarray(i, i + 1));
}

/** Two hours, a reading a minute. */
function readings(saidMs: (i: number) => number): ClockReading[] {
  return Array.from({ length: 121 }, (_, i) => ({ worldMs: 1e12 + i * 60_000, saidMs: saidMs(i) }));
}

test.each<[string, (i: number) => number]>([
  ["counts seconds", (i) => 1e9 + i * 60],
  ["stands", () => 1e12],
  ["steps back", (i) => 1e12 + i * 60_000 - (i % 2) * 60_100],
  ["has fractions", (i) => 1e12 + i * 60_000 + (i % 2) * 0.5],
  ["drifts by a thousandth", (i) => 1e12 + i * 60_060],
  ["has no time", () => Number.NaN],
])("the clock contract sees a clock that %s", (_, saidMs) => {
  expect(firstBroken(CLOCK_RULES, () => readings((i) => 5 + i * 60_000))).toBeUndefined();
  expect(firstBroken(CLOCK_RULES, () => readings(saidMs))).toBeDefined();
});

/** What a line does with a write while there is power, or without it: what leaves, and what comes back meanwhile. */
type Send = (left: Uint8Array[], bytes: Uint8Array, powered: boolean, hear: (bytes: number) => void) => unknown;

function line(send: Send): SerialLine {
  const left: Uint8Array[] = [];
  let heard = 0;
  let powered = true;
  const hear = (bytes: number) => {
    heard += bytes;
  };
  const power = (on: boolean) => {
    powered = on;
  };
  return {
    serial: { write: (bytes) => send(left, bytes, powered, hear) as undefined },
    heardBytes: () => heard,
    end: { sent: () => Buffer.concat(left), power },
  };
}

const sendCopy: Send = (left, bytes, powered) => {
  if (powered) left.push(Uint8Array.from(bytes));
};

const FLAWED_LINES: [string, Send][] = [
  ["keeps the caller's buffer", (left, bytes, powered) => void (powered && left.push(bytes))],
  ["loses a byte", (left, bytes, ...rest) => sendCopy(left, bytes.subarray(0, 3), ...rest)],
  ["sends the last first", (left, bytes, powered) => void (powered && left.unshift(Uint8Array.from(bytes)))],
  ["gives a promise", async (...all) => sendCopy(...all)],
  ["keeps what it cannot send", (left, bytes, _, hear) => sendCopy(left, bytes, true, hear)],
  [
    "answers from inside",
    (left, bytes, powered, hear) => {
      sendCopy(left, bytes, powered, hear);
      hear(bytes.length);
    },
  ],
  [
    "clears what it sent",
    (left, bytes, powered, hear) => {
      sendCopy(left, bytes, powered, hear);
      bytes.fill(0);
    },
  ],
];

test.each(FLAWED_LINES)("the serial contract sees a line that %s", (_, send) => {
  const rules = [...SERIAL_RULES, ...END_RULES];
  expect(firstBroken(rules, () => line(sendCopy))).toBeUndefined();
  expect(firstBroken(rules, () => line(send))).toBeDefined();
});

/** A source that fills the array with `valueAt(i)` made of a fair byte. */
function source(valueAt: (fair: number, i: number) => number): Random {
  return {
    fill(into) {
      crypto.getRandomValues(into);
      for (let i = 0; i < into.length; i++) into[i] = valueAt(into[i], i);
      return true;
    },
  };
}

test.each<[string, Random]>([
  ["is not there", { fill: () => false }],
  ["fills nothing", { fill: () => true }],
  ["repeats itself", source((_, i) => i * 37)],
  ["has no upper bit", source((fair) => fair & 0x7f)],
  ["forgets the last byte", { fill: (into) => crypto.getRandomValues(into.subarray(0, -1)).length >= 0 }],
  [
    "fills the whole buffer of a window",
    { fill: (into) => crypto.getRandomValues(new Uint8Array(into.buffer)) !== into },
  ],
])("the random contract sees a source that %s", (_, flawed) => {
  expect(firstBroken(RANDOM_RULES, () => source((fair) => fair))).toBeUndefined();
  expect(firstBroken(RANDOM_RULES, () => flawed)).toBeDefined();
});

test("the log contract sees a log that fails when it is full, and one that gives a promise", () => {
  const full = () => {
    let lines = 0;
    return {
      line: () => {
        lines += 1;
        if (lines > 1_000) throw new Error("full");
      },
    };
  };
  expect(firstBroken(LOG_RULES, full)).toBeDefined();
  expect(firstBroken(LOG_RULES, () => ({ line: async () => {} }))).toBeDefined();
});
