import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCcm, sealCcm } from "../../protocol/cose/ccm.ts";
import { deviceSecret, fieldKey, hkdf, PURPOSE_MOST, purposeKey } from "../../protocol/cose/keys.ts";
import { CRYPTOS, counting, hex, unhex } from "./implementations.ts";

/** RFC 5869, appendix A, the three of SHA-256: key, salt, info, length, result. */
const HKDF: [string, Uint8Array, Uint8Array, Uint8Array, string][] = [
  [
    "A.1",
    new Uint8Array(22).fill(0x0b),
    counting(13),
    counting(10, 0xf0),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  [
    "A.2",
    counting(80),
    counting(80, 0x60),
    counting(80, 0xb0),
    `b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
     da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87`,
  ],
  [
    "A.3",
    new Uint8Array(22).fill(0x0b),
    new Uint8Array(0),
    new Uint8Array(0),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  ],
];

/** RFC 3610, §8, packet vectors with M = 8: number, nonce's first 8 bytes, length of the packet, of its header, result behind that. */
const PACKETS: [number, string, number, number, string][] = [
  [1, "0000000302 0100a0", 31, 8, "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"],
  [2, "0000000403 0201a0", 32, 8, "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916"],
  [3, "0000000504 0302a0", 33, 8, "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5"],
  [4, "0000000605 0403a0", 31, 12, "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1"],
  [5, "0000000706 0504a0", 32, 12, "dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93"],
  [6, "0000000807 0605a0", 33, 12, "6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94"],
];

describe.each(CRYPTOS)("with %s", (_, crypto) => {
  test.each(HKDF)("HKDF gives what RFC 5869 %s says", (_name, key, salt, info, result) => {
    const expected = unhex(result);
    expect(hex(hkdf(crypto, key, salt, info, expected.length))).toBe(hex(expected));
  });

  test.each(PACKETS)("CCM seals and opens packet vector %i of RFC 3610", (_number, nonce, length, header, result) => {
    const key = counting(16, 0xc0);
    const packet = counting(length);
    const full = Uint8Array.of(...unhex(nonce), ...counting(5, 0xa1));
    const [aad, plaintext] = [packet.slice(0, header), packet.slice(header)];
    const sealed = sealCcm(crypto, key, full, plaintext, aad);
    expect(hex(sealed)).toBe(result);
    expect(openCcm(crypto, key, full, sealed, aad)).toEqual(plaintext);
  });

  test("CCM agrees with OpenSSL's for every length round a block, with and without associated data", () => {
    const key = counting(16, 7);
    const nonce = counting(13, 100);
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1024])
      for (const aadLength of [0, 1, 13, 14, 15, 29, 30, 31, 300]) {
        const [plaintext, aad] = [counting(length, 3), counting(aadLength, 9)];
        const expected = opensslCcm(key, nonce, plaintext, aad);
        expect(hex(sealCcm(crypto, key, nonce, plaintext, aad)), `${length}, ${aadLength}`).toBe(expected);
      }
  });

  test("CCM opens nothing of which a bit was changed, in text, tag, associated data, nonce or key", () => {
    const parts = { key: counting(16), nonce: counting(13), sealed: counting(0), aad: counting(20) };
    parts.sealed = sealCcm(crypto, parts.key, parts.nonce, counting(20), parts.aad) as Uint8Array<ArrayBuffer>;
    for (const name of Object.keys(parts) as (keyof typeof parts)[])
      for (let bit = 0; bit < 8 * parts[name].length; bit++) {
        const changed = { ...parts, [name]: Uint8Array.from(parts[name]) };
        changed[name][bit >> 3] ^= 1 << (bit & 7);
        const { key, nonce, sealed, aad } = changed;
        expect(openCcm(crypto, key, nonce, sealed, aad), `${name} ${bit}`).toBeUndefined();
      }
  });

  test("fewer bytes than a tag are no text", () => {
    for (let length = 0; length < 8; length++)
      expect(openCcm(crypto, counting(16), counting(13), counting(length), counting(4))).toBeUndefined();
  });
});

function opensslCcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): string {
  const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString("hex");
}

const [[, soft], [, crypto]] = CRYPTOS;

test("both implementations agree on anything", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (key, bytes, key16) => {
        expect(soft.sha256(bytes)).toEqual(crypto.sha256(bytes));
        expect(soft.hmac(key, bytes)).toEqual(crypto.hmac(key, bytes));
        const blocks = [soft, crypto].map((one) => {
          const block = Uint8Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0);
          one.aesBlock(key16, block);
          return hex(block);
        });
        expect(blocks[0]).toBe(blocks[1]);
      },
    ),
    { numRuns: 200 },
  );
});

test("every key of the tree is another, and each input changes it", () => {
  const root = counting(32);
  const seen = new Set<string>([hex(root)]);
  const take = (key: Uint8Array) => {
    expect(key.length).toBe(32);
    expect(seen.has(hex(key))).toBe(false);
    seen.add(hex(key));
  };
  for (const id of ["OMB-000123", "OMB-000124", "OMB-00012"])
    for (const generation of [1, 2, 256]) {
      const secret = deviceSecret(crypto, root, id, generation);
      take(secret);
      for (let purpose = 1; purpose <= PURPOSE_MOST; purpose++) take(purposeKey(crypto, secret, purpose, generation));
    }
  const management = purposeKey(crypto, deviceSecret(crypto, root, "OMB-000123", 1), 1, 1);
  for (const assignment of [1, 2, 2 ** 32 - 1])
    for (const expiryS of [1_800_000_000, 1_800_000_001, 2 ** 32 + 5, 5])
      take(fieldKey(crypto, management, assignment, expiryS));
});

test("the tree stays what it is: devices in the field hold these keys", () => {
  const secret = deviceSecret(crypto, counting(32), "OMB-000123", 1);
  expect([hex(secret), hex(purposeKey(crypto, secret, 2, 1)), hex(fieldKey(crypto, secret, 3, 1_800_000_000))]).toEqual(
    PINNED,
  );
});

/** Worked out by a program that shares nothing with this one. */
const PINNED = [
  "064941853f6e33c83164c2573b6f9154d176e45624579ff59f35595d4976aa5d",
  "5765f020584a92e99caa6896e0a5707022f7893e98ec53d771ed2d390a6ec7e8",
  "bf8ed0f4eb5d84376c1c0b8d1400f222810b0a85c30f7187f44ea5ce37f3aa1a",
];
