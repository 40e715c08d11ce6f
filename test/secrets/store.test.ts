import fc from "fast-check";
import { expect, test } from "vitest";
import type { Secrets } from "../../firmware/ports/secrets.ts";
import { raiseCounter, readCounter } from "../../firmware/secrets/counters.ts";
import { SLOT_DEVICE, SLOT_DOWNLINK, SLOT_FIT, SLOT_KEY, SLOT_RATCHET } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { CUTS, type Cut, type CutFlash, createCutFlash, PowerCut } from "./cut-flash.ts";

/** Small pages are full soon: the day below moves six times. */
const PAGE = 1024;
const PAGES = 3;
type Step = [slot: number, value: Uint8Array | undefined];

/** Provisioning, a day of ratchet steps and counters, an order's keys forgotten, new keys. */
function aDay(): Step[] {
  const random = seededRandom(1, "secrets");
  const secret = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const steps: Step[] = [[SLOT_DEVICE, Uint8Array.from(Buffer.from("OMB-000123"))]];
  for (let purpose = 1; purpose <= 8; purpose++) steps.push([SLOT_KEY + purpose, secret(32)]);
  for (let i = 0; i < 40; i++) {
    steps.push([SLOT_RATCHET, secret(44)]);
    if (i % 3 === 0) steps.push([SLOT_DOWNLINK, Uint8Array.of(0, 0, 1, i)]);
    if (i % 10 === 4) steps.push([SLOT_FIT, secret(13)]);
    if (i === 20) steps.push([SLOT_KEY + 6, undefined], [SLOT_KEY + 7, undefined]);
    if (i === 30) for (let purpose = 1; purpose <= 8; purpose++) steps.push([SLOT_KEY + purpose, secret(32)]);
  }
  return steps;
}

const DAY = aDay();

function carryOut(secrets: Secrets, [slot, value]: Step): void {
  expect(value === undefined ? secrets.erase(slot) : secrets.write(slot, value)).toBe(true);
}

/** Runs the day until power goes; `done` steps are complete. */
function runUntilCut(flash: CutFlash): number {
  let done = 0;
  try {
    const secrets = openSecrets(flash, 0, PAGES * PAGE);
    for (const step of DAY) {
      carryOut(secrets, step);
      done += 1;
    }
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  return done;
}

/** What stands after the first `count` steps. */
function tableAfter(count: number): Map<number, Uint8Array> {
  const table = new Map<number, Uint8Array>();
  for (const [slot, value] of DAY.slice(0, count))
    if (value === undefined) table.delete(slot);
    else table.set(slot, value);
  return table;
}

/** The old stands or the new one, whole, in the slot that was being written; all others are as they were; nothing else can be read. */
function expectWhole(flash: CutFlash, secrets: Secrets, done: number, what: string): void {
  const table = tableAfter(done);
  const [slot, value] = DAY[done] ?? [0, undefined];
  const found = secrets.read(slot);
  const isNew = same(found, value);
  expect(isNew || same(found, table.get(slot)), `${what}: slot ${slot}`).toBe(true);
  if (isNew && value !== undefined) table.set(slot, value);
  if (isNew && value === undefined) table.delete(slot);
  for (let i = 1; i < 64; i++) expect(same(secrets.read(i), table.get(i)), `${what}: slot ${i}`).toBe(true);
  const live = [...table.values()].map(hex);
  for (const [, old] of DAY) {
    if (old === undefined || old.length < 13 || live.includes(hex(old))) continue;
    for (let at = 0; at + 8 <= old.length; at += 4)
      if (Buffer.from(flash.cells.buffer).includes(Buffer.from(old.subarray(at, at + 8))))
        throw new Error(`${what}: an old secret can be read`);
  }
}

test("power cut before, in the middle of and after every flash operation of a day: the old or the new, whole, and nothing else", () => {
  const clean = createCutFlash(PAGES * PAGE, PAGE, 1);
  expect(runUntilCut(clean)).toBe(DAY.length);
  const count = clean.operations;
  expect(count).toBeGreaterThan(150);
  expect(Math.min(...clean.erases)).toBeGreaterThan(0);
  for (const cut of CUTS)
    for (let at = 0; at < count; at++) {
      const what = `${cut} operation ${at}`;
      const flash = createCutFlash(PAGES * PAGE, PAGE, at);
      flash.arm(at, cut);
      const done = runUntilCut(flash);
      flash.arm(-1, cut);
      const secrets = openSecrets(flash, 0, PAGES * PAGE);
      expectWhole(flash, secrets, done, what);
      for (const step of DAY.slice(done)) carryOut(secrets, step);
      expectWhole(flash, openSecrets(flash, 0, PAGES * PAGE), DAY.length, `${what}, at the day's end`);
    }
});

test("power cut again while it recovers, at every operation of that", () => {
  const clean = createCutFlash(PAGES * PAGE, PAGE, 1);
  runUntilCut(clean);
  let recoveries = 0;
  for (let at = 3; at < clean.operations; at += 3)
    for (const [first, second] of [
      ["bits", "bits"],
      ["words", "bits"],
      ["after", "words"],
      ["bits", "after"],
    ] as [Cut, Cut][])
      for (let again = 0; ; again++) {
        const flash = createCutFlash(PAGES * PAGE, PAGE, at);
        flash.arm(at, first);
        const done = runUntilCut(flash);
        flash.arm(again, second);
        const isThrough = !isCut(() => openSecrets(flash, 0, PAGES * PAGE));
        if (isThrough) break;
        recoveries += 1;
        flash.arm(-1, "after");
        expectWhole(flash, openSecrets(flash, 0, PAGES * PAGE), done, `${first} ${at}, then ${second} ${again}`);
      }
  expect(recoveries).toBeGreaterThan(100);
});

function isCut(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

test("one bit that rots costs at most the secret it is in, and no secret is ever a wrong one", () => {
  const flash = createCutFlash(PAGES * PAGE, PAGE, 1);
  runUntilCut(flash);
  const table = tableAfter(DAY.length);
  const good = Uint8Array.from(flash.cells);
  for (let bit = 0; bit < 8 * good.length; bit += 3) {
    flash.cells.set(good);
    flash.cells[bit >> 3] ^= 1 << (bit & 7);
    const secrets = openSecrets(flash, 0, PAGES * PAGE);
    const wrong = [...table].filter(([slot, value]) => !same(secrets.read(slot), value));
    expect(wrong.length, `bit ${bit}`).toBeLessThanOrEqual(1);
    for (const [slot] of wrong) {
      expect(secrets.read(slot)).toBeUndefined();
      expect(secrets.write(slot, Uint8Array.of(1, 2, 3))).toBe(true);
    }
  }
});

test("a page whatever it holds is no obstacle, and nothing it held is taken for a secret", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: PAGE, maxLength: PAGE }), fc.nat(PAGES - 1), (noise, page) => {
      const flash = createCutFlash(PAGES * PAGE, PAGE, 1);
      flash.cells.set(noise, page * PAGE);
      const secrets = openSecrets(flash, 0, PAGES * PAGE);
      for (let slot = 1; slot < 64; slot++) expect(secrets.read(slot)).toBeUndefined();
      expect(secrets.write(7, noise.slice(0, 64))).toBe(true);
      expect(openSecrets(flash, 0, PAGES * PAGE).read(7)).toEqual(noise.slice(0, 64));
    }),
    { numRuns: 50 },
  );
});

test("a page that takes no more bits is passed over; where none does, the old secret stands and the write says no", () => {
  const flash = createCutFlash(PAGES * PAGE, PAGE, 1);
  const secrets = openSecrets(flash, 0, PAGES * PAGE);
  const worn = new Set<number>();
  const { program } = flash;
  flash.program = (address, bytes) => {
    if (!worn.has(Math.floor(address / PAGE))) program(address, bytes);
  };
  expect(secrets.write(SLOT_RATCHET, new Uint8Array(44).fill(1))).toBe(true);
  worn.add(2);
  for (let i = 2; i < 100; i++) {
    expect(secrets.write(SLOT_RATCHET, new Uint8Array(44).fill(i))).toBe(true);
    expect(secrets.read(SLOT_RATCHET)).toEqual(new Uint8Array(44).fill(i));
  }
  for (let page = 0; page < PAGES; page++) worn.add(page);
  expect(secrets.write(SLOT_RATCHET, new Uint8Array(44))).toBe(false);
  expect(secrets.read(SLOT_RATCHET)).toEqual(new Uint8Array(44).fill(99));
  expect(secrets.erase(SLOT_RATCHET)).toBe(false);
});

test("what does not fit beside the others is refused, and all stands", () => {
  const flash = createCutFlash(2 * PAGE, PAGE, 1);
  const secrets = openSecrets(flash, 0, 2 * PAGE);
  let slot = 1;
  while (secrets.write(slot, new Uint8Array(64).fill(slot))) slot += 1;
  expect(slot).toBe(14);
  expect(secrets.write(1, new Uint8Array(64).fill(99))).toBe(true);
  for (let i = 2; i < slot; i++) expect(secrets.read(i)).toEqual(new Uint8Array(64).fill(i));
});

test("the same again costs nothing, and words are programmed twice at most between two erases", () => {
  const flash = createCutFlash(PAGES * PAGE, PAGE, 1);
  runUntilCut(flash);
  expect(flash.overwrites).toBe(0);
  const secrets = openSecrets(flash, 0, PAGES * PAGE);
  flash.arm(-1, "after");
  for (const [slot, value] of tableAfter(DAY.length)) expect(secrets.write(slot, value)).toBe(true);
  expect(flash.operations).toBe(0);
});

test("two pages of 4 KiB last 15 years of 150 ratchet steps and as many counters a day", () => {
  const flash = createCutFlash(8192, 4096, 1);
  const secrets = openSecrets(flash, 0, 8192);
  for (let purpose = 1; purpose <= 8; purpose++) secrets.write(SLOT_KEY + purpose, new Uint8Array(32).fill(purpose));
  const days = 20;
  for (let i = 0; i < 150 * days; i++) {
    expect(raiseCounter(secrets, SLOT_DOWNLINK, i + 1)).toBe(true);
    expect(
      secrets.write(
        SLOT_RATCHET,
        Uint8Array.from({ length: 44 }, (_, k) => (i * 7 + k * 13) & 255),
      ),
    ).toBe(true);
  }
  const yearsPerPage = ((10_000 / Math.max(...flash.erases)) * days) / 365;
  expect(yearsPerPage).toBeGreaterThan(15);
  expect(flash.overwrites).toBe(0);
});

test("a counter only goes up: what was taken is refused when it comes again", () => {
  const secrets = openSecrets(createCutFlash(PAGES * PAGE, PAGE, 1), 0, PAGES * PAGE);
  expect(readCounter(secrets, SLOT_DOWNLINK)).toBe(0);
  expect(raiseCounter(secrets, SLOT_DOWNLINK, 2 ** 32 - 2)).toBe(true);
  expect(raiseCounter(secrets, SLOT_DOWNLINK, 5)).toBe(false);
  expect(raiseCounter(secrets, SLOT_DOWNLINK, 2 ** 32 - 2)).toBe(true);
  expect(readCounter(secrets, SLOT_DOWNLINK)).toBe(2 ** 32 - 2);
  secrets.write(SLOT_DOWNLINK, Uint8Array.of(1));
  expect(readCounter(secrets, SLOT_DOWNLINK)).toBe(0);
});

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : hex(a) === hex(b);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
