import type { Flash } from "../../firmware/ports/flash.ts";

/** NOR flash in memory: programming clears bits, erasing sets a block's. */
export function createFlash(sizeBytes: number, eraseBytes = 4096): Flash {
  const cells = new Uint8Array(sizeBytes).fill(0xff);
  const check = (address: number, length: number) => {
    if (!Number.isInteger(address) || address < 0 || length < 0 || address + length > sizeBytes)
      throw new RangeError(`flash address ${address}+${length} of ${sizeBytes}`);
  };
  return {
    sizeBytes,
    eraseBytes,
    read(address, into, length) {
      check(address, length);
      if (length > into.length) throw new RangeError(`${length} bytes do not fit ${into.length}`);
      if (length === into.length) into.set(cells.subarray(address, address + length));
      else for (let i = 0; i < length; i++) into[i] = cells[address + i];
    },
    program(address, bytes) {
      check(address, bytes.length);
      for (let i = 0; i < bytes.length; i++) cells[address + i] &= bytes[i];
    },
    erase(address) {
      check(address, 1);
      const start = address - (address % eraseBytes);
      cells.fill(0xff, start, start + eraseBytes);
    },
  };
}
