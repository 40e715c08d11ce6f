import { expect } from "vitest";
import type { Power } from "../../firmware/ports/power.ts";
import { holdTo, type Rule } from "./contract.ts";

/** A board that has started, for who counts its starts. */
export interface CountedBoard {
  /** Runs something on the board as one turn of its own, with the port that it has in this boot; then the turn is over. */
  turn(run: (power: Power) => void): void;
  /** Lets time pass in which nobody asks for anything. Milliseconds. */
  pass(ms: number): void;
  /** Starts so far, the first included. */
  starts(): number;
}

export function powerContract(name: string, make: () => CountedBoard): void {
  holdTo(`power: ${name}`, POWER_RULES, make);
}

export const POWER_RULES: Rule<CountedBoard>[] = [
  {
    says: "a board that nobody resets goes on",
    check(make) {
      const board = make();
      expect(board.starts()).toBe(1);
      board.turn(() => {});
      board.pass(60_000);
      expect(board.starts()).toBe(1);
    },
  },
  {
    says: "reset comes back to the caller, who ends the turn on the same boot",
    check(make) {
      const board = make();
      let [came, during] = [false, 0];
      board.turn((power) => {
        expect(power.reset()).toBeUndefined();
        came = true;
        during = board.starts();
      });
      expect([came, during]).toEqual([true, 1]);
    },
  },
  {
    says: "the board has started anew once the turn is over, and without being waited for",
    check(make) {
      const board = make();
      board.turn((power) => power.reset());
      expect(board.starts()).toBe(2);
      board.pass(60_000);
      expect(board.starts()).toBe(2);
    },
  },
  {
    says: "asked twice in a turn it starts once",
    check(make) {
      const board = make();
      board.turn((power) => {
        power.reset();
        power.reset();
      });
      board.pass(60_000);
      expect(board.starts()).toBe(2);
    },
  },
  {
    says: "every boot can ask again",
    check(make) {
      const board = make();
      for (let i = 0; i < 5; i++) board.turn((power) => power.reset());
      expect(board.starts()).toBe(6);
    },
  },
];
