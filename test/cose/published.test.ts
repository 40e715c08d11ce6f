import { createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { decode } from "../../protocol/cbor/codec.ts";
import { sealCcm } from "../../protocol/cose/ccm.ts";
import { hkdf } from "../../protocol/cose/keys.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { structureOf } from "../../protocol/cose/seal.ts";
import { sharedFolder } from "../shared.ts";
import { CRYPTOS, hex, unhex, utf8 } from "./implementations.ts";

/**
 * Collections of others, read where they are: the COSE working group's examples and Wycheproof. Their formats allow more
 * than ours, so of most examples the structure that is authenticated and the result are compared.
 */
const EXAMPLES = sharedFolder("data/cbor-cose/cose-wg-examples");
const WYCHEPROOF = sharedFolder("data/crypto/wycheproof");

interface Example {
  title: string;
  fail?: boolean;
  input: Record<string, Layer> & { plaintext: string };
  intermediates: {
    ToMac_hex: string;
    AAD_hex: string;
    CEK_hex: string;
    ToBeSign_hex: string;
    recipients: { Context_hex?: string }[];
  };
  output: { cbor: string };
}

interface Layer {
  alg?: string;
  external?: string;
  protected?: { alg?: string };
  key?: { x_hex: string; d_hex: string };
  recipients: { key: { k: string }; unprotected?: { salt?: string }; protected?: { alg?: string } }[];
}

function examples(folder: string): [string, Example][] {
  const at = path.join(EXAMPLES ?? "", folder);
  if (!existsSync(at)) return [];
  return readdirSync(at).map((name) => [name, JSON.parse(readFileSync(path.join(at, name), "utf8")) as Example]);
}

/** Skipped in sight where the folder is not there. */
function each(
  folder: string,
  says: string,
  kept: (example: Example) => boolean,
  check: (example: Example) => void,
): void {
  const found = examples(folder).filter(([, example]) => kept(example));
  test.skipIf(found.length === 0)(`${says} (${folder})`, () => {
    for (const [name, example] of found) {
      try {
        check(example);
      } catch (error) {
        throw new Error(`${name}: ${String(error)}`);
      }
    }
  });
}

const itemsOf = (example: Example, tagBytes: number) => decode(unhex(example.output.cbor).slice(tagBytes)) as unknown[];

describe.each(CRYPTOS)("the COSE working group's examples with %s", (_, crypto) => {
  each(
    "mac0-tests",
    "what must fail does, and the plain one opens",
    (e) => "mac0" in e.input,
    (example) => {
      const key = unhex(example.intermediates.CEK_hex);
      const bytes = unhex(example.output.cbor);
      // Ours are untagged: the example's tag alone makes it malformed.
      expect(openMac0(crypto, key, bytes, new Uint8Array(0)).ok).toBe(false);
      if (bytes[0] !== 0xd1) return;
      const isOurs = !example.fail && example.input.mac0.protected?.alg === "HS256";
      expect(openMac0(crypto, key, bytes.slice(1), new Uint8Array(0)).ok).toBe(isOurs);
      if (isOurs)
        expect(hex(sealMac0(crypto, key, utf8(example.input.plaintext), new Uint8Array(0)))).toBe(hex(bytes.slice(1)));
    },
  );

  each(
    "mac0-tests",
    "the tag is HMAC over the MAC_structure",
    (e) => !e.fail,
    (example) => {
      const tagged = unhex(example.output.cbor)[0] === 0xd1 ? 1 : 0;
      const [, , , tag] = itemsOf(example, tagged) as Uint8Array[];
      const { ToMac_hex, CEK_hex } = example.intermediates;
      expect(hex(crypto.hmac(unhex(CEK_hex), unhex(ToMac_hex)))).toBe(hex(tag));
      if (example.input.mac0.protected?.alg === "HS256")
        expect(
          hex(structureOf("MAC0", 5, unhex(example.input.mac0.external ?? ""), utf8(example.input.plaintext))),
        ).toBe(ToMac_hex.toLowerCase());
    },
  );

  each(
    "hmac-examples",
    "HMAC 256/256 gives the tag",
    (e) => e.input.mac?.alg === "HS256" && !e.fail,
    (example) => {
      const [, , , tag] = itemsOf(example, 2) as Uint8Array[];
      expect(hex(crypto.hmac(unhex(example.intermediates.CEK_hex), unhex(example.intermediates.ToMac_hex)))).toBe(
        hex(tag),
      );
    },
  );

  each("hkdf-hmac-sha-examples", "HKDF gives the content's key", isPlainHkdf, (example) => {
    const [recipient] = (example.input.enveloped ?? example.input.mac ?? example.input.encrypted).recipients;
    const salt = utf8(recipient.unprotected?.salt ?? "");
    const info = unhex(example.intermediates.recipients[0].Context_hex ?? "");
    const expected = unhex(example.intermediates.CEK_hex);
    const key = Uint8Array.from(Buffer.from(recipient.key.k, "base64url"));
    expect(hex(hkdf(crypto, key, salt, info, expected.length))).toBe(hex(expected));
  });

  each("aes-ccm-examples", "AES-CCM-16-64-128 gives the ciphertext", isOurCcm, (example) => {
    const isEnveloped = "enveloped" in example.input;
    const [, clear, sealed] = itemsOf(example, isEnveloped ? 2 : 1) as [
      Uint8Array,
      Map<number, Uint8Array>,
      Uint8Array,
    ];
    const { AAD_hex, CEK_hex } = example.intermediates;
    const nonce = clear.get(5) ?? new Uint8Array(0);
    expect(hex(sealCcm(crypto, unhex(CEK_hex), nonce, utf8(example.input.plaintext), unhex(AAD_hex)))).toBe(
      hex(sealed),
    );
    if (!isEnveloped)
      expect(hex(structureOf("Encrypt0", 10, new Uint8Array(0), undefined))).toBe(AAD_hex.toLowerCase());
  });
});

function isPlainHkdf(example: Example): boolean {
  const layer = example.input.enveloped ?? example.input.mac ?? example.input.encrypted;
  const recipient = layer?.recipients[0];
  return (
    recipient?.protected?.alg === "HKDF-HMAC-SHA-256" && example.intermediates.recipients[0].Context_hex !== undefined
  );
}

function isOurCcm(example: Example): boolean {
  return (example.input.encrypted ?? example.input.enveloped)?.protected?.alg === "AES-CCM-16-128/64" && !example.fail;
}

each(
  "eddsa-examples",
  "the signature is Ed25519 over the Sig_structure",
  (e) => e.input.sign0?.key?.x_hex.length === 64,
  (example) => {
    const [, , , signature] = itemsOf(example, 1) as Uint8Array[];
    const key = publicKeyOf(unhex(example.input.sign0.key?.x_hex ?? ""));
    expect(verify(null, unhex(example.intermediates.ToBeSign_hex), key, signature)).toBe(true);
  },
);

function publicKeyOf(bytes: Uint8Array) {
  return createPublicKey({
    key: Buffer.concat([unhex("302a300506032b6570032100"), bytes]),
    format: "der",
    type: "spki",
  });
}

interface Group {
  keySize: number;
  ivSize: number;
  tagSize: number;
  publicKey: { pk: string };
  tests: Record<
    "key" | "msg" | "tag" | "iv" | "aad" | "ct" | "ikm" | "salt" | "info" | "okm" | "sig" | "result",
    string
  >[] &
    { tcId: number; size: number }[];
}

function groups(name: string): Group[] {
  const file = path.join(WYCHEPROOF ?? "", name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { testGroups: Group[] }).testGroups : [];
}

/** Runs every case of a file, and says how many there were; skipped in sight where the file is not there. */
function wycheproof(
  name: string,
  least: number,
  kept: (group: Group) => boolean,
  check: (one: Group["tests"][number], group: Group) => boolean,
): void {
  const found = groups(name).filter(kept);
  test.skipIf(found.length === 0)(`Wycheproof: ${name}`, () => {
    let count = 0;
    for (const group of found)
      for (const one of group.tests) {
        count += 1;
        expect(check(one, group), `case ${one.tcId}`).toBe(one.result === "valid");
      }
    expect(count).toBeGreaterThanOrEqual(least);
  });
}

describe.each(CRYPTOS)("with %s", (_, crypto) => {
  wycheproof(
    "hmac_sha256_test.json",
    170,
    () => true,
    (one, { tagSize }) => hex(crypto.hmac(unhex(one.key), unhex(one.msg)).slice(0, tagSize / 8)) === one.tag,
  );
  wycheproof(
    "hkdf_sha256_test.json",
    80,
    () => true,
    (one) => {
      // 255 blocks is all that HKDF has.
      if (one.size > 8160) return false;
      return hex(hkdf(crypto, unhex(one.ikm), unhex(one.salt), unhex(one.info), one.size)) === one.okm;
    },
  );
  // It has no case with a nonce of 13 bytes and a tag of 8; the tag's length is not in the ciphertext.
  const isOurs = (group: Group) => group.keySize === 128 && group.ivSize === 104;
  wycheproof("aes_ccm_test.json", 6, isOurs, (one) => {
    const sealed = sealCcm(crypto, unhex(one.key), unhex(one.iv), unhex(one.msg), unhex(one.aad));
    return hex(sealed.slice(0, -8)) === one.ct;
  });
});

wycheproof(
  "ed25519_test.json",
  140,
  () => true,
  (one, group) => verify(null, unhex(one.msg), publicKeyOf(unhex(group.publicKey.pk)), unhex(one.sig)),
);
