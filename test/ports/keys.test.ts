import { expect, test } from "vitest";
import { createSoftCrypto } from "../../firmware/lib/soft-crypto.ts";
import type { Crypto } from "../../firmware/ports/crypto.ts";
import type { Secrets } from "../../firmware/ports/secrets.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { firstBroken } from "./contract.ts";
import { CRYPTO_RULES, cryptoContract } from "./crypto-contract.ts";
import { SECRETS_RULES, secretsContract } from "./secrets-contract.ts";

cryptoContract("in software, for devices", createSoftCrypto);
cryptoContract("of Node", createNodeCrypto);
secretsContract("over two pages of 4 KiB", () => openSecrets(createFlash(3 * 4096), 4096, 2 * 4096));
secretsContract("over four pages of 4 KiB", () => openSecrets(createFlash(4 * 4096), 0, 4 * 4096));

const FLAWED_CRYPTO: [string, (crypto: Crypto) => Partial<Crypto>][] = [
  [
    "keeps the first key",
    (crypto) => {
      let first: Uint8Array | undefined;
      return {
        aesBlock(key, block) {
          first ??= Uint8Array.from(key);
          crypto.aesBlock(first, block);
        },
      };
    },
  ],
  [
    "knows a key by its array",
    (crypto) => {
      const copies = new Map<Uint8Array, Uint8Array>();
      return {
        aesBlock(key, block) {
          const copy = copies.get(key) ?? Uint8Array.from(key);
          copies.set(key, copy);
          crypto.aesBlock(copy, block);
        },
      };
    },
  ],
  [
    "takes the whole buffer of a window",
    (crypto) => ({ aesBlock: (key, block) => crypto.aesBlock(key, new Uint8Array(block.buffer)) }),
  ],
  ["cuts long keys", (crypto) => ({ hmac: (key, bytes) => crypto.hmac(key.subarray(0, 64), bytes) })],
  ["gives one array for all", (crypto) => sharedHash(crypto)],
  ["hashes without its last byte", (crypto) => ({ sha256: (bytes) => crypto.sha256(bytes.subarray(0, -1)) })],
];

function sharedHash(crypto: Crypto): Partial<Crypto> {
  const out = new Uint8Array(32);
  return {
    sha256(bytes) {
      out.set(crypto.sha256(bytes));
      return out;
    },
  };
}

test.each(FLAWED_CRYPTO)("the crypto contract sees one that %s", (_, flaw) => {
  expect(firstBroken(CRYPTO_RULES, () => ({ ...createNodeCrypto(), ...flaw(createNodeCrypto()) }))).toBeDefined();
});

function table(): Secrets {
  const slots = new Map<number, Uint8Array>();
  return {
    read: (slot) => slots.get(slot)?.slice(),
    write(slot, bytes) {
      if (bytes.length > 64) return false;
      slots.set(slot, bytes.slice());
      return true;
    },
    erase(slot) {
      slots.delete(slot);
      return true;
    },
  };
}

const FLAWED_SECRETS: [string, (secrets: Secrets) => Partial<Secrets>][] = [
  ["takes any length", (secrets) => ({ write: (slot, bytes) => secrets.write(slot, bytes.slice(0, 64)) })],
  ["forgets nothing", () => ({ erase: () => true })],
  [
    "says no to what is not there",
    (secrets) => ({ erase: (slot) => secrets.read(slot) !== undefined && secrets.erase(slot) }),
  ],
  [
    "reads ones as nothing",
    (secrets) => ({ read: (slot) => (secrets.read(slot)?.every((b) => b === 255) ? undefined : secrets.read(slot)) }),
  ],
  [
    "has 32 slots",
    (secrets) => ({ write: (slot, bytes) => secrets.write(slot % 32, bytes), read: (slot) => secrets.read(slot % 32) }),
  ],
];

test.each(FLAWED_SECRETS)("the secrets contract sees a store that %s", (_, flaw) => {
  expect(firstBroken(SECRETS_RULES, table)).toBeUndefined();
  const make = () => {
    const secrets = table();
    return { ...secrets, ...flaw(secrets) };
  };
  expect(firstBroken(SECRETS_RULES, make)).toBeDefined();
});
