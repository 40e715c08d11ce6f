import type { Flash } from "../../firmware/ports/flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";

/** How the operation at which power goes ends. */
export type Cut = "before" | "words" | "bits" | "after";
export const CUTS: Cut[] = ["before", "words", "bits", "after"];

export class PowerCut extends Error {}

/**
 * On-chip flash as nRF52840 has it: words of 4 bytes, aligned, each programmed at most twice between two erases. At operation
 * `cutAt` (counted from 0) power goes, in the way of `cut`.
 */
export interface CutFlash extends Flash {
  cells: Uint8Array;
  operations: number;
  erases: number[];
  /** Words programmed a third time. */
  overwrites: number;
  /** The next operation is number 0 again, and power goes at `cutAt`; −1: never. */
  arm(cutAt: number, cut: Cut): void;
}

export function createCutFlash(sizeBytes: number, eraseBytes: number, seed: number): CutFlash {
  const random = seededRandom(seed, "power");
  const cells = new Uint8Array(sizeBytes).fill(0xff);
  const writes = new Uint8Array(sizeBytes / 4);
  let cutAt = -1;
  let cut: Cut = "after";
  const flash: CutFlash = {
    sizeBytes,
    eraseBytes,
    cells,
    operations: 0,
    erases: new Array<number>(sizeBytes / eraseBytes).fill(0),
    overwrites: 0,
    arm(at, how) {
      flash.operations = 0;
      cutAt = at;
      cut = how;
    },
    read(address, into, length) {
      into.set(cells.subarray(address, address + length));
    },
    program(address, bytes) {
      if (address % 4 !== 0 || bytes.length % 4 !== 0)
        throw new RangeError(`not whole words: ${address}+${bytes.length}`);
      for (let word = address / 4; word < (address + bytes.length) / 4; word++) {
        writes[word] += 1;
        if (writes[word] > 2) flash.overwrites += 1;
      }
      operate((torn) => {
        const whole = torn === "words" ? 4 * Math.floor((random() * bytes.length) / 4) : bytes.length;
        for (let i = 0; i < bytes.length; i++) {
          const kept =
            torn === "bits" || (torn === "words" && i >= whole && i < whole + 4) ? Math.floor(random() * 256) : 0;
          if (torn !== "words" || i < whole + 4) cells[address + i] &= bytes[i] | kept;
        }
      });
    },
    erase(address) {
      const start = address - (address % eraseBytes);
      flash.erases[start / eraseBytes] += 1;
      writes.fill(0, start / 4, (start + eraseBytes) / 4);
      operate((torn) => {
        const whole = torn === "words" ? Math.floor(random() * eraseBytes) : eraseBytes;
        for (let i = 0; i < whole; i++) cells[start + i] |= torn === "bits" ? Math.floor(random() * 256) : 0xff;
      });
    },
  };

  function operate(apply: (torn: Cut | undefined) => void): void {
    const isCut = flash.operations === cutAt;
    flash.operations += 1;
    if (!isCut) {
      apply(undefined);
      return;
    }
    if (cut !== "before") apply(cut === "after" ? undefined : cut);
    throw new PowerCut();
  }
  return flash;
}
