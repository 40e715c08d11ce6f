import fc from "fast-check";
import { expect } from "vitest";
import type { Flash } from "../../firmware/ports/flash.ts";
import { holdTo, type Rule } from "./contract.ts";

/** Where a board's flash takes a program at most to: SPI NOR wraps round within a page unless the driver cuts the write. */
const PAGE_BYTES = 256;

/** `make`: at least three erase blocks that the test may spend. */
export function flashContract(name: string, make: () => Flash): void {
  holdTo(`flash: ${name}`, FLASH_RULES, make);
}

export const FLASH_RULES: Rule<Flash>[] = [
  {
    says: "the area is whole erase blocks, and a block is a power of two",
    check(make) {
      const { sizeBytes, eraseBytes } = make();
      expect(Number.isInteger(Math.log2(eraseBytes))).toBe(true);
      expect(sizeBytes % eraseBytes).toBe(0);
      expect(sizeBytes).toBeGreaterThanOrEqual(3 * eraseBytes);
    },
  },
  {
    says: "erasing leaves 0xFF in the whole block, and touches no neighbour",
    check(make) {
      const flash = zeroed(make());
      const block = flash.eraseBytes;
      flash.erase(block);
      expect(firstDifference(flash, 0, [...full(block, 0), ...full(block, 0xff), ...full(block, 0)])).toBe(NONE);
    },
  },
  {
    says: "an address anywhere in a block erases that block",
    check(make) {
      const block = make().eraseBytes;
      for (const inside of [1, block / 2, block - 1]) {
        const flash = zeroed(make());
        flash.erase(block + inside);
        expect(firstDifference(flash, 0, [...full(block, 0), ...full(block, 0xff), ...full(block, 0)])).toBe(NONE);
      }
    },
  },
  {
    says: "every value of a byte is read back at every alignment",
    check(make) {
      const flash = erased(make());
      for (let offset = 0; offset < 5; offset++) flash.program(offset * 600 + offset, counting(256));
      for (let offset = 0; offset < 5; offset++)
        expect(bytesAt(flash, offset * 600 + offset, 256)).toEqual([...counting(256)]);
    },
  },
  {
    says: "programming clears bits and never sets one: what was there AND what is written",
    check(make) {
      const flash = erased(make());
      flash.program(10, Uint8Array.of(0b1111_0000, 0b1010_1010, 0x00, 0xff));
      flash.program(10, Uint8Array.of(0b1100_1100, 0b1111_1111, 0xff, 0x00));
      expect(bytesAt(flash, 9, 6)).toEqual([0xff, 0b1100_0000, 0b1010_1010, 0x00, 0x00, 0xff]);
    },
  },
  {
    says: "a program passes page and block borders and reaches the last byte",
    check(make) {
      const block = make().eraseBytes;
      const size = make().sizeBytes;
      for (const [address, length] of [
        [PAGE_BYTES - 3, 7],
        [PAGE_BYTES - 1, 2 * PAGE_BYTES + 2],
        [block - 1, 2],
        [block - 100, block + 200],
        [size - 300, 300],
      ]) {
        const flash = erased(make());
        flash.program(address, counting(length));
        expect(firstDifference(flash, address, [...counting(length)]), `${address}+${length}`).toBe(NONE);
        expect(bytesAt(flash, address - 2, 2)).toEqual([0xff, 0xff]);
      }
    },
  },
  {
    says: "a read gives copies: what the caller does to them changes nothing",
    check(make) {
      const flash = erased(make());
      flash.program(0, Uint8Array.of(1, 2, 3, 4));
      const into = new Uint8Array(4);
      flash.read(0, into, 4);
      into.fill(0);
      expect(bytesAt(flash, 0, 4)).toEqual([1, 2, 3, 4]);
      flash.program(0, Uint8Array.of(0, 0, 0, 0));
      flash.read(4, into, 4);
      flash.read(0, new Uint8Array(4), 4);
      expect([...into]).toEqual([0xff, 0xff, 0xff, 0xff]);
    },
  },
  {
    says: "what was programmed is the caller's again, and was left alone",
    check(make) {
      const flash = erased(make());
      const bytes = Uint8Array.of(1, 2, 3);
      flash.program(0, Uint8Array.of(0, 2, 3));
      flash.program(0, bytes);
      expect([...bytes]).toEqual([1, 2, 3]);
      bytes.fill(0);
      expect(bytesAt(flash, 0, 3)).toEqual([0, 2, 3]);
    },
  },
  {
    says: "a read fills the asked length and no more",
    check(make) {
      const flash = erased(make());
      flash.program(0, counting(16));
      const into = new Uint8Array(8).fill(0xa5);
      flash.read(4, into, 3);
      expect([...into]).toEqual([4, 5, 6, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5]);
      flash.read(4, into, 0);
      expect(into[0]).toBe(4);
    },
  },
  {
    says: "windows on a larger buffer are read into and programmed from as such",
    check(make) {
      const flash = erased(make());
      const buffer = counting(64);
      flash.program(0, buffer.subarray(20, 24));
      expect(bytesAt(flash, 0, 5)).toEqual([20, 21, 22, 23, 0xff]);
      flash.read(0, buffer.subarray(40, 44), 4);
      expect([...buffer.subarray(39, 45)]).toEqual([39, 20, 21, 22, 23, 44]);
    },
  },
  {
    says: "what lies outside the area, or partly, is refused by an exception and nothing is done",
    check(make) {
      const flash = erased(make());
      const size = flash.sizeBytes;
      const before = bytesAt(flash, size - 4, 4);
      for (const [address, length] of [
        [size, 1],
        [size - 1, 2],
        [size - 4, 5],
        [size + flash.eraseBytes, 4],
        [-1, 1],
        [-1, 2],
      ]) {
        expect(() => flash.read(address, new Uint8Array(length), length), `read ${address}+${length}`).toThrow();
        expect(() => flash.program(address, new Uint8Array(length)), `program ${address}+${length}`).toThrow();
      }
      for (const address of [size, size + flash.eraseBytes, -1]) expect(() => flash.erase(address)).toThrow();
      expect(bytesAt(flash, size - 4, 4)).toEqual(before);
      expect(bytesAt(flash, 0, 4)).toEqual([0xff, 0xff, 0xff, 0xff]);
    },
  },
  {
    says: "any sequence of programs and erases leaves what a plain array would hold",
    check(make) {
      const block = make().eraseBytes;
      const program = fc.record({
        address: fc.integer({ min: 0, max: 2 * block - 1 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
      });
      const erase = fc.record({ address: fc.integer({ min: 0, max: 3 * block - 1 }) });
      fc.assert(
        fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: program }, erase), { maxLength: 12 }), (steps) => {
          const flash = erased(make());
          const model = full(3 * block, 0xff);
          for (const step of steps) {
            if ("bytes" in step) {
              flash.program(step.address, step.bytes);
              for (let i = 0; i < step.bytes.length; i++) model[step.address + i] &= step.bytes[i];
            } else {
              flash.erase(step.address);
              model.fill(
                0xff,
                Math.floor(step.address / block) * block,
                (Math.floor(step.address / block) + 1) * block,
              );
            }
          }
          expect(firstDifference(flash, 0, model)).toBe(NONE);
        }),
        { numRuns: 30 },
      );
    },
  },
];

function erased(flash: Flash): Flash {
  for (const start of [0, 1, 2, flash.sizeBytes / flash.eraseBytes - 1]) flash.erase(start * flash.eraseBytes);
  return flash;
}

function zeroed(flash: Flash): Flash {
  flash.program(0, new Uint8Array(3 * flash.eraseBytes));
  return flash;
}

function bytesAt(flash: Flash, address: number, length: number): number[] {
  const into = new Uint8Array(length);
  flash.read(address, into, length);
  return [...into];
}

const NONE = -1;

/** Where the contents first differ: blocks are too long to be shown whole. */
function firstDifference(flash: Flash, address: number, expected: number[]): number {
  return bytesAt(flash, address, expected.length).findIndex((byte, i) => byte !== expected[i]);
}

function full(length: number, value: number): number[] {
  return new Array<number>(length).fill(value);
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}
