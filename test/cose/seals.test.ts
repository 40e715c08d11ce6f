import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../protocol/cbor/codec.ts";
import { openAssignment, sealAssignment } from "../../protocol/cose/assignment.ts";
import * as contexts from "../../protocol/cose/contexts.ts";
import { openEncrypt0, sealEncrypt0 } from "../../protocol/cose/encrypt0.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer, openMessage, sealMessage } from "../../protocol/cose/message.ts";
import { openRotation, sealRotation } from "../../protocol/cose/rotation.ts";
import { sign1, verify1 } from "../../protocol/cose/sign1.ts";
import { CRYPTOS, counting, hex, unhex, utf8 } from "./implementations.ts";

const KEY = unhex("849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188");
const CONTENT = utf8("This is the content.");
const NOTHING = new Uint8Array(0);

/** cose-wg/Examples, public domain: mac0-tests/HMac-01 and aes-ccm-examples/aes-ccm-enc-01, whose nonce stands in the header there. */
const MAC0 =
  "8443a10105a054546869732069732074686520636f6e74656e742e5820a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789fc3a08d8c58";
const CCM_NONCE = unhex("89f52f65a1c580933b5261a72f");
const CCM_SEALED = "6899da0a132bd2d2b9b10915743ee1f7b92a4680e7c51bdbc1b320ea";

describe.each(CRYPTOS)("with %s", (_, crypto) => {
  test("Mac0 is the working group's HMac-01, without its tag", () => {
    expect(hex(sealMac0(crypto, KEY, CONTENT, NOTHING))).toBe(MAC0);
    expect(openMac0(crypto, KEY, unhex(MAC0), NOTHING)).toEqual({ ok: true, payload: CONTENT });
  });

  test("Encrypt0 holds the ciphertext of the working group's aes-ccm-enc-01", () => {
    const sealed = sealEncrypt0(crypto, KEY.slice(0, 16), CCM_NONCE, CONTENT, NOTHING);
    expect(hex(sealed)).toBe(`8343a1010aa0581c${CCM_SEALED}`);
    expect(openEncrypt0(crypto, KEY.slice(0, 16), CCM_NONCE, sealed, NOTHING)).toEqual({ ok: true, payload: CONTENT });
  });

  test("a message says its salt and its counter, and nothing else in the clear", () => {
    const sealer = createSealer(crypto, KEY, counting(16, 50));
    const first = opened(sealMessage(sealer, CONTENT, contexts.UPLINK_CONTEXT));
    const second = opened(sealMessage(sealer, CONTENT, contexts.UPLINK_CONTEXT));
    const [header, clear, sealed] = decode(second) as [Uint8Array, Map<number, Uint8Array>, Uint8Array];
    expect(hex(header)).toBe("a1010a");
    expect([...clear]).toEqual([
      [4, counting(16, 50)],
      [6, Uint8Array.of(0, 0, 0, 1)],
    ]);
    expect(sealed.length).toBe(CONTENT.length + 8);
    expect(second.length - CONTENT.length).toBe(40);
    expect(openMessage(crypto, KEY, first, contexts.UPLINK_CONTEXT)).toMatchObject({ ok: true, counter: 0 });
    expect(openMessage(crypto, KEY, second, contexts.UPLINK_CONTEXT)).toEqual({
      ok: true,
      plaintext: CONTENT,
      salt: counting(16, 50),
      counter: 1,
    });
  });

  test("what was sealed for one purpose is forged for every other", () => {
    const aads = Object.values(contexts);
    expect(new Set(aads.map(hex)).size).toBe(aads.length);
    for (const made of aads) {
      const mac = sealMac0(crypto, KEY, CONTENT, made);
      const message = opened(sealMessage(createSealer(crypto, KEY, counting(16)), CONTENT, made));
      for (const asked of aads) {
        const expected = asked === made ? { ok: true } : { ok: false, reason: "seal.forged" };
        expect(openMac0(crypto, KEY, mac, asked)).toMatchObject(expected);
        expect(openMessage(crypto, KEY, message, asked)).toMatchObject(expected);
      }
    }
  });

  test("no nonce comes twice: counters run to the end and then nothing is sealed", () => {
    const sealer = createSealer(crypto, KEY, counting(16));
    sealer.counter = 2 ** 32 - 1;
    const last = opened(sealMessage(sealer, CONTENT, NOTHING));
    expect(openMessage(crypto, KEY, last, NOTHING)).toMatchObject({ ok: true, counter: 2 ** 32 - 1 });
    for (let i = 0; i < 3; i++)
      expect(sealMessage(sealer, CONTENT, NOTHING)).toEqual({ ok: false, reason: "seal.exhausted" });
  });

  test("another salt is another key, so that counters may begin again", () => {
    const bodies = [counting(16), counting(16, 1)].map((salt) =>
      hex(opened(sealMessage(createSealer(crypto, KEY, salt), CONTENT, NOTHING)).slice(-28)),
    );
    expect(bodies[0]).not.toBe(bodies[1]);
  });

  test("more than 65,535 bytes are not sealed, and use up no counter", () => {
    const sealer = createSealer(crypto, KEY, counting(16));
    expect(sealMessage(sealer, new Uint8Array(65_536), NOTHING)).toEqual({ ok: false, reason: "seal.too-long" });
    expect(sealer.counter).toBe(0);
    expect(sealEncrypt0(crypto, KEY.slice(0, 16), CCM_NONCE, new Uint8Array(65_536), NOTHING).length).toBe(0);
  });

  test("a withdrawal names device and least assignment, and is worth nothing under another key", () => {
    const told = { device: "OMB-000123", least: 4 };
    const sealed = sealAssignment(crypto, KEY, told);
    expect(openAssignment(crypto, KEY, sealed)).toMatchObject({ ok: true, value: told });
    expect(openAssignment(crypto, counting(32), sealed)).toEqual({ ok: false, reason: "seal.forged" });
    for (const payload of ["a0", "a10161", "a2016130 0200", "a201613002a0", "a201613002011b"])
      expect(openAssignment(crypto, KEY, sealMac0(crypto, KEY, unhex(payload), contexts.ASSIGNMENT_CONTEXT)).ok).toBe(
        false,
      );
  });

  test("a rotation carries eight keys of the next generation", () => {
    const rotation = {
      device: "OMB-000123",
      generation: 2,
      purposeKeys: Array.from({ length: 8 }, (_, i) => counting(32, i)),
    };
    const sealed = opened(sealRotation(crypto, KEY, counting(16), rotation));
    expect(openRotation(crypto, KEY, sealed)).toMatchObject({ ok: true, value: rotation });
    expect(openRotation(crypto, counting(32), sealed)).toEqual({ ok: false, reason: "seal.forged" });
    const short = opened(
      sealMessage(createSealer(crypto, KEY, counting(16)), unhex("a10161"), contexts.ROTATION_CONTEXT),
    );
    expect(openRotation(crypto, KEY, short).ok).toBe(false);
  });
});

const [, crypto] = CRYPTOS[1];
const { privateKey, publicKey } = generateKeyPairSync("ed25519");

const SEALS: [string, Uint8Array, (bytes: Uint8Array) => { ok: boolean; reason?: string }][] = [
  ["Mac0", sealMac0(crypto, KEY, CONTENT, NOTHING), (bytes) => openMac0(crypto, KEY, bytes, NOTHING)],
  [
    "Encrypt0",
    sealEncrypt0(crypto, KEY.slice(0, 16), CCM_NONCE, CONTENT, NOTHING),
    (bytes) => openEncrypt0(crypto, KEY.slice(0, 16), CCM_NONCE, bytes, NOTHING),
  ],
  [
    "message",
    opened(sealMessage(createSealer(crypto, KEY, counting(16)), CONTENT, NOTHING)),
    (bytes) => openMessage(crypto, KEY, bytes, NOTHING),
  ],
  ["Sign1", sign1(privateKey, CONTENT, NOTHING), (bytes) => verify1(publicKey, bytes, NOTHING)],
];

test.each(SEALS)("one changed bit anywhere, a byte more or less, and %s stays shut", (_, good, open) => {
  expect(open(good).ok).toBe(true);
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const changed = Uint8Array.from(good);
    changed[bit >> 3] ^= 1 << (bit & 7);
    expect(open(changed).ok, `bit ${bit}`).toBe(false);
  }
  for (let length = 0; length < good.length; length++)
    expect(open(good.slice(0, length)), `${length} bytes`).toEqual({ ok: false, reason: "seal.malformed" });
  expect(open(Uint8Array.of(...good, 0))).toEqual({ ok: false, reason: "seal.malformed" });
});

test.each(SEALS)("another algorithm is refused by name: %s", (_, good, open) => {
  const other = Uint8Array.from(good);
  other[4] = 1;
  expect(open(other)).toEqual({ ok: false, reason: "seal.wrong-algorithm" });
});

test.each(SEALS)("hostile bytes are refused with a code and never thrown at: %s", (_, good, open) => {
  const codes = ["seal.malformed", "seal.wrong-algorithm", "seal.forged"];
  const part = fc.constantFrom(...good).map((byte) => byte);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.array(part, { maxLength: 80 })), (bytes) => {
      const answer = open(Uint8Array.from(bytes));
      expect(answer.ok ? "opened" : codes.includes(answer.reason ?? "")).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("Sign1 is RFC 8032's key over the Sig_structure of RFC 9052", () => {
  // RFC 8032, test 1, is also key 11 of the working group's examples.
  const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const key = createPrivateKey({
    key: unhex(`302e020100300506032b657004220420${seed}`) as Buffer,
    format: "der",
    type: "pkcs8",
  });
  const [header, clear, payload, signature] = decode(sign1(key, CONTENT, NOTHING)) as [
    Uint8Array,
    Map<number, number>,
    Uint8Array,
    Uint8Array,
  ];
  expect([hex(header), clear.size, hex(payload)]).toEqual(["a10127", 0, hex(CONTENT)]);
  expect(signature.length).toBe(64);
});

test("a signature by another key, or of a key of another kind, is refused", () => {
  const signed = sign1(privateKey, CONTENT, contexts.ORDER_SIGNATURE_CONTEXT);
  const { publicKey: other } = generateKeyPairSync("ed25519");
  const { publicKey: x25519 } = generateKeyPairSync("x25519");
  const aad = contexts.ORDER_SIGNATURE_CONTEXT;
  expect(verify1(publicKey, signed, aad)).toEqual({ ok: true, payload: CONTENT });
  expect(verify1(other, signed, aad)).toEqual({ ok: false, reason: "seal.forged" });
  expect(verify1(publicKey, signed, contexts.HEAD_SIGNATURE_CONTEXT)).toEqual({ ok: false, reason: "seal.forged" });
  expect(verify1(x25519, signed, aad)).toEqual({ ok: false, reason: "seal.wrong-algorithm" });
});

function opened(sealed: { ok: true; bytes: Uint8Array } | { ok: false; reason: string }): Uint8Array {
  if (!sealed.ok) throw new Error(sealed.reason);
  return sealed.bytes;
}
