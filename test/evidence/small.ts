import { createHash } from "node:crypto";
import { privateKeyOf } from "../../host/vault/signing.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import type { Bundle, RecordItem } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { EVIDENCE_SIGNATURE_CONTEXT, layOut } from "../../protocol/evidence/layout.ts";
import type { Hash } from "../../protocol/evidence/merkle.ts";

export const sha256: Hash = (bytes) => Uint8Array.from(createHash("sha256").update(bytes).digest());
export const crypto = createNodeCrypto();
/** Keys of nobody. */
export const KEY = privateKeyOf(new Uint8Array(32).fill(7));
export const OTHER_KEY = privateKeyOf(new Uint8Array(32).fill(8));

export function recordOf(number: number, body = Uint8Array.of(number, 2, 3)): SealedRecord {
  return { number, epoch: 1, kind: 1, body, tag: new Uint8Array(8).fill(number) };
}

/** Of the right form, and meaning nothing. */
export function smallBundle(records = 3, codeBytes = 40): Bundle {
  const shown = (n: number): RecordItem => ({
    shown: true,
    record: recordOf(n),
    leaf: undefined,
    salt: undefined,
  });
  return {
    header: {
      device: "OMB-1",
      purpose: "court",
      fromMs: 1000,
      toMs: 2000,
      madeMs: 3000,
      madeBy: "somebody",
      sent: { number: 3, atMs: 1500 },
    },
    orders: [{ sealed: new Uint8Array(30).fill(1) }],
    image: { version: "0.1.0", code: new Uint8Array(codeBytes).fill(3), releases: new Uint8Array(5) },
    records: Array.from({ length: records }, (_, i) => shown(i + 1)),
    keys: [{ generation: 1, epoch: 1, key: new Uint8Array(32).fill(4) }],
    tree: { heads: [new Uint8Array(9)], nodes: [sha256(new Uint8Array(1))], consistency: [], inclusion: [[0]] },
  };
}

export function smallFile(bundle = smallBundle(), key = KEY): Uint8Array {
  return layOut(bundle, sha256, (table) => sign1(key, table, EVIDENCE_SIGNATURE_CONTEXT));
}
