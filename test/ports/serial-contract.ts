import { expect } from "vitest";
import type { Serial } from "../../firmware/ports/serial.ts";
import { holdTo, type Rule } from "./contract.ts";

/** A line under test. */
export interface SerialLine {
  serial: Serial;
  /** How many bytes have come towards us so far. */
  heardBytes(): number;
  /** The other end, where somebody can look at it: what has left, and whether the receiver there has power. */
  end?: { sent(): Uint8Array; power(on: boolean): void };
}

export function serialContract(name: string, make: () => SerialLine): void {
  const rules = make().end === undefined ? SERIAL_RULES : [...SERIAL_RULES, ...END_RULES];
  holdTo(`serial: ${name}`, rules, make);
}

export const SERIAL_RULES: Rule<SerialLine>[] = [
  {
    says: "a write takes any number of bytes and gives nothing back: no promise, no result to wait for",
    check(make) {
      const { serial } = make();
      for (const length of [0, 1, 255, 4_096]) expect(serial.write(new Uint8Array(length))).toBeUndefined();
    },
  },
  {
    says: "a write leaves the caller's bytes alone",
    check(make) {
      const bytes = Uint8Array.of(0xb5, 0x62, 0, 0xff, 0x0a);
      make().serial.write(bytes);
      expect([...bytes]).toEqual([0xb5, 0x62, 0, 0xff, 0x0a]);
    },
  },
  {
    says: "nothing comes towards us from inside a write",
    check(make) {
      const { serial, heardBytes } = make();
      const before = heardBytes();
      serial.write(Uint8Array.of(0xb5, 0x62, 0x0a, 0x04, 0, 0, 0x0e, 0x34));
      expect(heardBytes()).toBe(before);
    },
  },
];

export const END_RULES: Rule<SerialLine>[] = [
  {
    says: "what is written leaves whole and in order, though the caller uses the buffer again",
    check(make) {
      const { serial, end } = make();
      end?.power(true);
      const buffer = new Uint8Array(4);
      for (let i = 0; i < 300; i++) serial.write(buffer.fill(i).subarray(0, 1 + (i % 4)));
      buffer.fill(0);
      const expected = Array.from({ length: 300 }, (_, i) => new Array<number>(1 + (i % 4)).fill(i & 0xff)).flat();
      expect([...(end?.sent() ?? [])]).toEqual(expected);
    },
  },
  {
    says: "what is written while the receiver has no power is lost, and does not come out later",
    check(make) {
      const { serial, end } = make();
      end?.power(false);
      serial.write(Uint8Array.of(1, 2, 3));
      end?.power(true);
      serial.write(Uint8Array.of(4));
      end?.power(false);
      serial.write(Uint8Array.of(5));
      expect([...(end?.sent() ?? [])]).toEqual([4]);
    },
  },
];
