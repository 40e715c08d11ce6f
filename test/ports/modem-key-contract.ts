import { expect } from "vitest";
import type { ModemKey } from "../../firmware/ports/modem-key.ts";
import { holdTo, type Rule } from "./contract.ts";

/** A key under test, and somebody with a probe at the modem's pin. */
export interface ProbedKey {
  key: ModemKey;
  /** Lets time pass. Milliseconds. */
  pass(ms: number): void;
  isLow(): boolean;
  /** How many bytes have come from the modem so far. */
  heardBytes(): number;
}

/** `make`: a key that nobody holds, and a modem that is off. */
export function modemKeyContract(name: string, make: () => ProbedKey): void {
  holdTo(`modem key: ${name}`, MODEM_KEY_RULES, make);
}

export const MODEM_KEY_RULES: Rule<ProbedKey>[] = [
  {
    says: "nobody holds it from the start",
    check(make) {
      const probed = make();
      expect(probed.isLow()).toBe(false);
      probed.pass(10_000);
      expect(probed.isLow()).toBe(false);
    },
  },
  {
    says: "it is low from `true` on, at once and for as long as no `false` comes",
    check(make) {
      for (const ms of [1, 30, 500, 999, 3_000, 600_000]) {
        const probed = make();
        probed.key.press(true);
        expect(probed.isLow()).toBe(true);
        probed.pass(ms);
        expect(probed.isLow(), `${ms} ms`).toBe(true);
        probed.key.press(false);
        expect(probed.isLow(), `${ms} ms`).toBe(false);
      }
    },
  },
  {
    says: "the same again changes nothing: one `false` lets go, however often it was pressed",
    check(make) {
      const probed = make();
      for (const down of [true, true, true]) probed.key.press(down);
      probed.pass(600);
      probed.key.press(false);
      expect(probed.isLow()).toBe(false);
      probed.key.press(false);
      probed.pass(600);
      expect(probed.isLow()).toBe(false);
    },
  },
  {
    says: "it can be pressed again and again",
    check(make) {
      const probed = make();
      for (let i = 0; i < 50; i++) {
        probed.key.press(i % 2 === 0);
        probed.pass(700);
        expect(probed.isLow()).toBe(i % 2 === 0);
      }
    },
  },
  {
    says: "a press gives nothing back: no promise, and nothing of what the modem makes of it",
    check(make) {
      const { key } = make();
      for (const down of [true, false, false, true]) expect(key.press(down)).toBeUndefined();
    },
  },
  {
    says: "nothing comes from the modem from inside a press",
    check(make) {
      const probed = make();
      for (const down of [true, false, true, false]) {
        const before = probed.heardBytes();
        probed.key.press(down);
        expect(probed.heardBytes()).toBe(before);
        probed.pass(5_000);
      }
    },
  },
];
