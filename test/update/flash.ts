import type { Flash } from "../../firmware/ports/flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";

/** How the operation at which power goes ends: not at all, in part of its bytes, in any of its bits, whole. */
export type Cut = "before" | "bytes" | "bits" | "after";
export const CUTS: Cut[] = ["before", "bytes", "bits", "after"];

export class PowerCut extends Error {}

/** One supply for several flashes: operations of all of them are counted together, from 0; −1: power stays. */
export interface Supply {
  operations: number;
  cutAt: number;
  cut: Cut;
  random: () => number;
}

export function createSupply(seed: number): Supply {
  return { operations: 0, cutAt: -1, cut: "after", random: seededRandom(seed, "supply") };
}

export interface CellFlash extends Flash {
  cells: Uint8Array;
}

/** NOR flash that loses power when its supply says so. */
export function createSuppliedFlash(supply: Supply, cells: Uint8Array, eraseBytes: number): CellFlash {
  const operate = (apply: (torn: Cut | undefined) => void): void => {
    const isCut = supply.operations === supply.cutAt;
    supply.operations += 1;
    if (!isCut) {
      apply(undefined);
      return;
    }
    if (supply.cut !== "before") apply(supply.cut === "after" ? undefined : supply.cut);
    throw new PowerCut();
  };
  const byte = () => Math.floor(supply.random() * 256);
  return {
    cells,
    sizeBytes: cells.length,
    eraseBytes,
    read(address, into, length) {
      if (address < 0 || address + length > cells.length) throw new RangeError(`read ${address}+${length}`);
      into.set(cells.subarray(address, address + length));
    },
    program(address, bytes) {
      if (address < 0 || address + bytes.length > cells.length) throw new RangeError(`program ${address}`);
      operate((torn) => {
        const whole = torn === "bytes" ? Math.floor(supply.random() * bytes.length) : bytes.length;
        for (let i = 0; i < whole; i++) cells[address + i] &= bytes[i] | (torn === "bits" ? byte() : 0);
      });
    },
    erase(address) {
      const start = address - (address % eraseBytes);
      if (start < 0 || start >= cells.length) throw new RangeError(`erase ${address}`);
      operate((torn) => {
        const whole = torn === "bytes" ? Math.floor(supply.random() * eraseBytes) : eraseBytes;
        for (let i = 0; i < whole; i++) cells[start + i] |= torn === "bits" ? byte() : 0xff;
      });
    },
  };
}
