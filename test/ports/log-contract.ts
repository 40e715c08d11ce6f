import { expect } from "vitest";
import type { Log } from "../../firmware/ports/log.ts";
import { holdTo, type Rule } from "./contract.ts";

export function logContract(name: string, make: () => Log): void {
  holdTo(`log: ${name}`, LOG_RULES, make);
}

export const LOG_RULES: Rule<Log>[] = [
  {
    says: "any text is taken, and nothing is given back to wait for",
    check(make) {
      const log = make();
      for (const text of [
        "",
        "zones refused: pack.checksum",
        "お守り",
        "two\nlines",
        "\0",
        "\ud800",
        "x".repeat(10_000),
      ])
        expect(log.line(text)).toBeUndefined();
    },
  },
  {
    says: "ten thousand lines in a row are taken, or lost without a word",
    check(make) {
      const log = make();
      for (let i = 0; i < 10_000; i++) log.line(`line ${i}`);
    },
  },
];
