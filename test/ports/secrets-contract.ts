import fc from "fast-check";
import { expect } from "vitest";
import { SECRET_MOST_BYTES, type Secrets } from "../../firmware/ports/secrets.ts";
import { holdTo, type Rule } from "./contract.ts";

/** `make`: a store in which nothing stands yet. */
export function secretsContract(name: string, make: () => Secrets): void {
  holdTo(`secrets: ${name}`, SECRETS_RULES, make);
}

export const SECRETS_RULES: Rule<Secrets>[] = [
  {
    says: "nothing stands where nothing was written",
    check(make) {
      const secrets = make();
      for (let slot = 1; slot < 64; slot++) expect(secrets.read(slot)).toBeUndefined();
    },
  },
  {
    says: "what was written is read back, at every length from none to the longest",
    check(make) {
      const secrets = make();
      for (let length = 0; length <= SECRET_MOST_BYTES; length++) {
        expect(secrets.write(17, counting(length))).toBe(true);
        expect(secrets.read(17), `${length} bytes`).toEqual(counting(length));
      }
    },
  },
  {
    says: "bytes of all ones and all zeros are bytes like others",
    check(make) {
      const secrets = make();
      for (const value of [0xff, 0, 0xff]) {
        expect(secrets.write(36, new Uint8Array(44).fill(value))).toBe(true);
        expect(secrets.read(36)).toEqual(new Uint8Array(44).fill(value));
      }
    },
  },
  {
    says: "slots know nothing of one another",
    check(make) {
      const secrets = make();
      for (let slot = 1; slot < 40; slot++) expect(secrets.write(slot, counting(slot))).toBe(true);
      expect(secrets.erase(20)).toBe(true);
      expect(secrets.write(21, counting(3))).toBe(true);
      for (let slot = 1; slot < 40; slot++)
        expect(secrets.read(slot)).toEqual(slot === 20 ? undefined : counting(slot === 21 ? 3 : slot));
    },
  },
  {
    says: "more than the longest is refused, and the old one stands",
    check(make) {
      const secrets = make();
      secrets.write(5, counting(8));
      expect(secrets.write(5, counting(SECRET_MOST_BYTES + 1))).toBe(false);
      expect(secrets.read(5)).toEqual(counting(8));
    },
  },
  {
    says: "what was erased is gone, and so is what never stood there",
    check(make) {
      const secrets = make();
      secrets.write(9, counting(32));
      expect(secrets.erase(9)).toBe(true);
      expect(secrets.read(9)).toBeUndefined();
      expect(secrets.erase(9)).toBe(true);
      expect(secrets.write(9, counting(32))).toBe(true);
      expect(secrets.read(9)).toEqual(counting(32));
    },
  },
  {
    says: "a read gives a copy, and a write keeps one",
    check(make) {
      const secrets = make();
      const given = counting(16);
      secrets.write(3, given);
      given.fill(0);
      secrets.read(3)?.fill(0);
      expect(secrets.read(3)).toEqual(counting(16));
    },
  },
  {
    says: "any sequence of writes and erases leaves what a plain table would hold",
    check(make) {
      const bytes = fc.uint8Array({ maxLength: SECRET_MOST_BYTES });
      const step = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.option(bytes, { nil: undefined }));
      fc.assert(
        fc.property(fc.array(step, { maxLength: 250, minLength: 50 }), (steps) => {
          const secrets = make();
          const table = new Map<number, Uint8Array>();
          for (const [slot, value] of steps) {
            expect(value === undefined ? secrets.erase(slot) : secrets.write(slot, value)).toBe(true);
            if (value === undefined) table.delete(slot);
            else table.set(slot, value);
          }
          for (let slot = 1; slot <= 8; slot++) expect(secrets.read(slot)).toEqual(table.get(slot));
        }),
        { numRuns: 25 },
      );
    },
  },
];

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i + length);
}
