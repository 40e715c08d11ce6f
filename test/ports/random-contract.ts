import { expect } from "vitest";
import type { Random } from "../../firmware/ports/random.ts";
import { holdTo, type Rule } from "./contract.ts";

/** `make`: a source that is available. */
export function randomContract(name: string, make: () => Random): void {
  holdTo(`random: ${name}`, RANDOM_RULES, make);
}

export const RANDOM_RULES: Rule<Random>[] = [
  {
    says: "a source that is there says true, for no bytes too",
    check(make) {
      const random = make();
      expect(random.fill(new Uint8Array(0))).toBe(true);
      expect(random.fill(new Uint8Array(16))).toBe(true);
    },
  },
  {
    says: "every byte of the array is filled, to the last",
    check(make) {
      const random = make();
      const touched = new Uint8Array(67);
      for (let i = 0; i < 8; i++) {
        const into = new Uint8Array(67);
        random.fill(into);
        for (let k = 0; k < into.length; k++) touched[k] |= into[k];
      }
      expect([...touched].filter((byte) => byte === 0)).toEqual([]);
    },
  },
  {
    says: "nothing beside a window on a larger buffer is touched",
    check(make) {
      const buffer = new Uint8Array(64);
      make().fill(buffer.subarray(20, 40));
      expect([...buffer.subarray(0, 20), ...buffer.subarray(40)]).toEqual(new Array(44).fill(0));
    },
  },
  {
    says: "sixteen bytes never come twice",
    check(make) {
      const random = make();
      const seen = new Set<string>();
      for (let i = 0; i < 2_000; i++) {
        const into = new Uint8Array(16);
        random.fill(into);
        seen.add(Buffer.from(into).toString("hex"));
      }
      expect(seen.size).toBe(2_000);
    },
  },
  {
    says: "every value is as likely as any other, and says nothing about the next",
    check(make) {
      const into = new Uint8Array(65_536);
      make().fill(into);
      expect(chiSquare(into, (i) => into[i])).toBeLessThan(CHI_MOST);
      // The upper half of a byte and the lower half of the next, together.
      expect(chiSquare(into, (i) => (into[i] & 0xf0) | (into[(i + 1) % into.length] & 0x0f))).toBeLessThan(CHI_MOST);
    },
  },
];

/** 255 degrees of freedom: mean 255, standard deviation 23; a fair source passes this once in 10⁸. */
const CHI_MOST = 400;

function chiSquare(bytes: Uint8Array, valueAt: (i: number) => number): number {
  const counts = new Float64Array(256);
  for (let i = 0; i < bytes.length; i++) counts[valueAt(i)] += 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
