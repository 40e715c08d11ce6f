import type { Managed } from "../../firmware/management/managed.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";

export const KEY = new Uint8Array(32).fill(0x42);
export const DEVICE = "OMB-000123";

/** A device that notes what it is asked. */
export function fakeDevice(provisioned: boolean) {
  const calls: unknown[] = [];
  const journal = new Uint8Array(5_000).map((_, i) => i & 255);
  let random = 1;
  const managed: Managed = {
    crypto: createNodeCrypto(),
    random: {
      fill(into) {
        into.fill(random++);
        return true;
      },
    },
    deviceId: () => DEVICE,
    isProvisioned: () => provisioned,
    managementKey: () => (provisioned ? KEY : undefined),
    leastAssignment: () => 3,
    utcFloorMs: (nowMs) => 1_795_000_000_000 + nowMs,
    about: "omamori-bracelet 1.0.0 simulated node",
    setTime: (utcMs, mostMs) => calls.push(["time", utcMs, mostMs]) > 0,
    reset: () => calls.push(["reset"]),
    images: {
      slots: () => [
        {
          slot: 0,
          version: "1.0.0",
          hash: new Uint8Array(32).fill(1),
          bootable: true,
          pending: false,
          confirmed: true,
          active: true,
        },
      ],
      upload: (offset, data, totalBytes) => {
        calls.push(["upload", offset, data.length, totalBytes]);
        return offset > 10_000
          ? { ok: false, reason: "image.too-long" }
          : { ok: true, nextOffset: offset + data.length };
      },
      setState: (hash, confirm) => {
        calls.push(["state", hash?.length, confirm]);
        return confirm ? { ok: true } : { ok: false, reason: "image.no-manifest" };
      },
      erase: () => ({ ok: true }),
    },
    files: {
      length: (name) => (name === "/journal" ? journal.length : -1),
      read: (_name, offset, into) => {
        into.set(journal.subarray(offset, offset + into.length));
        return Math.min(into.length, journal.length - offset);
      },
    },
    ours: {
      run: (command, writes) => {
        calls.push(["ours", command, writes]);
        return command === 9 ? { ok: false, reason: "device.refused" } : { ok: true, answer: new Uint8Array([0xa0]) };
      },
    },
  };
  return { managed, calls, journal };
}
