import type { Flash } from "../../firmware/ports/flash.ts";

/** Where in an operation the power goes: before anything of it, in its middle, or just after it. */
export const MOMENTS = ["before", "middle", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

/** What flash does when it is let down: see `tear`. */
export const MODELS = ["torn write", "torn erase", "bit rot"] as const;
export type Model = (typeof MODELS)[number];

/** One operation on one of the flash chips of a device. */
export interface Operation {
  chip: number;
  address: number;
  /** `undefined`: an erase. */
  bytes: Uint8Array | undefined;
}

/** Thrown by a flash whose power is gone; nothing of the device survives it but what is in the flash. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** NOR flash over cells that the test holds: what a cut leaves is there for the next boot. */
export class Chip implements Flash {
  readonly sizeBytes: number;
  constructor(
    readonly cells: Uint8Array,
    readonly eraseBytes: number,
    private readonly onOperation: (address: number, bytes: Uint8Array | undefined) => void = () => {},
  ) {
    this.sizeBytes = cells.length;
  }

  read(address: number, into: Uint8Array, length: number): void {
    this.check(address, length);
    for (let i = 0; i < length; i++) into[i] = this.cells[address + i];
  }

  program(address: number, bytes: Uint8Array): void {
    this.check(address, bytes.length);
    this.onOperation(address, bytes);
    program(this.cells, address, bytes);
  }

  erase(address: number): void {
    this.check(address, 1);
    this.onOperation(address, undefined);
    erase(this.cells, address, this.eraseBytes);
  }

  private check(address: number, length: number): void {
    if (!Number.isInteger(address) || address < 0 || address + length > this.cells.length)
      throw new RangeError(`flash address ${address}+${length} of ${this.cells.length}`);
  }
}

export function blankCells(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(0xff);
}

export function program(cells: Uint8Array, address: number, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) cells[address + i] &= bytes[i];
}

export function erase(cells: Uint8Array, address: number, eraseBytes: number): void {
  const start = address - (address % eraseBytes);
  cells.fill(0xff, start, start + eraseBytes);
}

export function apply(cells: Uint8Array, operation: Operation, eraseBytes: number): void {
  if (operation.bytes === undefined) erase(cells, operation.address, eraseBytes);
  else program(cells, operation.address, operation.bytes);
}

/**
 * Leaves the cells as a cut in the middle of the operation does. A write: a random part of its bytes is there, one of them
 * with some of its bits. An erase: of the block some bits have risen and some not, or only its beginning is erased. With "bit
 * rot" a write or erase stops half way and besides one bit somewhere in the same chip has fallen.
 */
export function tear(
  cells: Uint8Array,
  operation: Operation,
  eraseBytes: number,
  model: Model,
  random: () => number,
): { rotted: number | undefined } {
  if (operation.bytes !== undefined) {
    const upTo = Math.floor(random() * (operation.bytes.length + 1));
    program(cells, operation.address, operation.bytes.subarray(0, upTo));
    if (upTo < operation.bytes.length) cells[operation.address + upTo] &= operation.bytes[upTo] | bits(random);
  } else {
    const start = operation.address - (operation.address % eraseBytes);
    const upTo = Math.floor(random() * (eraseBytes + 1));
    for (let i = 0; i < eraseBytes; i++) {
      if (model === "torn erase") cells[start + i] |= bits(random);
      else if (i < upTo) cells[start + i] = 0xff;
    }
  }
  if (model !== "bit rot") return { rotted: undefined };
  const at = Math.floor(random() * cells.length);
  cells[at] &= ~(1 << Math.floor(random() * 8));
  return { rotted: at };
}

function bits(random: () => number): number {
  return Math.floor(random() * 256);
}
