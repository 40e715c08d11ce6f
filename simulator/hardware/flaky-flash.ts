import type { Flash } from "../../firmware/ports/flash.ts";

/** What a block of a worn chip no longer does: take what is programmed, or rise when it is erased. */
export type Wear = "program" | "erase";

/**
 * Flash of which some erase blocks fail. A failing program leaves one bit of it standing; a failing erase leaves the block as it
 * was. `worn`: by the block's number from 0; the map may change while the flash is in use.
 */
export function createFlakyFlash(flash: Flash, worn: ReadonlyMap<number, Wear>): Flash {
  const wearAt = (address: number) => worn.get(Math.floor(address / flash.eraseBytes));
  return {
    sizeBytes: flash.sizeBytes,
    eraseBytes: flash.eraseBytes,
    read: (address, into, length) => flash.read(address, into, length),
    program(address, bytes) {
      const stuck = wearAt(address) === "program" ? lowestZero(bytes) : undefined;
      flash.program(
        address,
        bytes.map((byte, i) => (i === stuck?.at ? byte | stuck.bit : byte)),
      );
    },
    erase(address) {
      if (wearAt(address) !== "erase") flash.erase(address);
    },
  };
}

/** The bit that stays up; `undefined` where none is to fall. */
function lowestZero(bytes: Uint8Array): { at: number; bit: number } | undefined {
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 1; bit < 256; bit *= 2) if ((bytes[at] & bit) === 0) return { at, bit };
  return undefined;
}
