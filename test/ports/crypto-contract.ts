import { expect } from "vitest";
import type { Crypto } from "../../firmware/ports/crypto.ts";
import { holdTo, type Rule } from "./contract.ts";

/** `make`: an implementation that nobody has used before. */
export function cryptoContract(name: string, make: () => Crypto): void {
  holdTo(`crypto: ${name}`, CRYPTO_RULES, make);
}

/** RFC 4231, §4: key, data, result (the fifth is cut to 16 bytes there). */
const HMACS: [Uint8Array, Uint8Array, string][] = [
  [full(20, 0x0b), ascii("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    ascii("Jefe"),
    ascii("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [full(20, 0xaa), full(50, 0xdd), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
  [counting(25, 1), full(50, 0xcd), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"],
  [full(20, 0x0c), ascii("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
  [
    full(131, 0xaa),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    full(131, 0xaa),
    ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
];

/** FIPS 180-4's own examples, and lengths round the end of a block, where the padding takes one more (of zeros; worked out by coreutils). */
const HASHES: [Uint8Array, string][] = [
  [ascii(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [ascii("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [full(55, 0), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"],
  [full(56, 0), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"],
  [full(63, 0), "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"],
  [full(64, 0), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"],
  [full(65, 0), "98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7"],
];

export const CRYPTO_RULES: Rule<Crypto>[] = [
  {
    says: "AES-128 is that of FIPS 197, appendices B and C.1, whichever key came before",
    check(make) {
      const crypto = make();
      for (let turn = 0; turn < 2; turn++) {
        expect(
          encrypted(
            crypto,
            counting(16),
            Uint8Array.from({ length: 16 }, (_, i) => 0x11 * i),
          ),
        ).toBe("69c4e0d86a7b0430d8cdb78070b4c55a");
        expect(
          encrypted(crypto, unhex("2b7e151628aed2a6abf7158809cf4f3c"), unhex("3243f6a8885a308d313198a2e0370734")),
        ).toBe("3925841d02dc09fbdc118597196a0b32");
      }
    },
  },
  {
    says: "a thousand blocks, each the input of the next as text and as key, end where they should",
    check(make) {
      const crypto = make();
      let key = new Uint8Array(16);
      const block = new Uint8Array(16);
      for (let i = 0; i < 1000; i++) {
        crypto.aesBlock(key, block);
        key = Uint8Array.from(block);
      }
      expect(hex(block)).toBe("f8851cb694bc47f61db9deb5695756a4");
    },
  },
  {
    says: "a key that is changed in place is another key",
    check(make) {
      const crypto = make();
      const key = new Uint8Array(16);
      const before = encrypted(crypto, key, new Uint8Array(16));
      key[15] = 1;
      expect(encrypted(crypto, key, new Uint8Array(16))).not.toBe(before);
    },
  },
  {
    says: "only the 16 bytes of the block are touched, and the key is left as it was",
    check(make) {
      const buffer = full(48, 7);
      const key = counting(16);
      make().aesBlock(key, buffer.subarray(16, 32));
      expect([...buffer.subarray(0, 16), ...buffer.subarray(32)]).toEqual(new Array(32).fill(7));
      expect(key).toEqual(counting(16));
    },
  },
  {
    says: "SHA-256 is that of FIPS 180-4, at every padding",
    check(make) {
      const crypto = make();
      for (const [bytes, expected] of HASHES) expect(hex(crypto.sha256(bytes)), `${bytes.length} bytes`).toBe(expected);
      let chain = new Uint8Array(0);
      for (let i = 0; i < 300; i++)
        chain = Uint8Array.of(...crypto.sha256(Uint8Array.of(...chain, ...full(i % 150, i))));
      expect(hex(chain)).toBe("6d8b202172a465f1384eb9c75001019b02d1cb1329c5c0062fdf5f8ae12348da");
    },
  },
  {
    says: "HMAC is that of RFC 4231, for keys shorter and longer than a block",
    check(make) {
      const crypto = make();
      for (const [key, data, expected] of HMACS)
        expect(hex(crypto.hmac(key, data)).slice(0, expected.length)).toBe(expected);
    },
  },
  {
    says: "hash and HMAC have 32 bytes of their own, and leave what they were given",
    check(make) {
      const crypto = make();
      const [key, bytes] = [counting(100), counting(100, 3)];
      const [first, second] = [crypto.hmac(key, bytes), crypto.sha256(bytes)];
      const before = [hex(first), hex(second)];
      crypto.hmac(bytes, key);
      crypto.sha256(key);
      expect([hex(first), hex(second)]).toEqual(before);
      expect([first.length, second.length, first.byteLength]).toEqual([32, 32, 32]);
      expect([key, bytes]).toEqual([counting(100), counting(100, 3)]);
    },
  },
];

function encrypted(crypto: Crypto, key: Uint8Array, block: Uint8Array): string {
  crypto.aesBlock(key, block);
  return hex(block);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "ascii"));
}

function full(length: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(value);
}

function counting(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i);
}
