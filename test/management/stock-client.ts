import { decode, Encoder } from "cbor-x";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import { fieldKey } from "../../protocol/cose/keys.ts";
import { openFrame, proofOf, type SessionKeys, sealFrame, sessionKeys } from "../../protocol/smp/session.ts";

/** As a stock SMP client says it: CBOR of a library that knows nothing of us, maps as it likes them. */
const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });

export interface Answer {
  op: number;
  version: number;
  group: number;
  sequence: number;
  command: number;
  body: Record<string, unknown>;
}

export type Carry = (message: Uint8Array) => Uint8Array | undefined;

export function request(
  op: number,
  group: number,
  command: number,
  body: object,
  version = 1,
  sequence = 1,
): Uint8Array {
  const cbor = encoder.encode(body);
  const head = Buffer.from([
    (version << 3) | op,
    0,
    cbor.length >> 8,
    cbor.length & 255,
    group >> 8,
    group & 255,
    sequence,
    command,
  ]);
  return new Uint8Array(Buffer.concat([head, cbor]));
}

export function parse(message: Uint8Array | undefined): Answer {
  if (message === undefined) throw new Error("no answer");
  const bytes = Buffer.from(message);
  if (bytes.readUInt16BE(2) !== bytes.length - 8) throw new Error("length of the answer");
  return {
    op: bytes[0] & 7,
    version: (bytes[0] >> 3) & 3,
    group: bytes.readUInt16BE(4),
    sequence: bytes[6],
    command: bytes[7],
    body: decode(bytes.subarray(8)) as Record<string, unknown>,
  };
}

export const read = (carry: Carry, group: number, command: number, body: object = {}, version = 1) =>
  parse(carry(request(0, group, command, body, version)));
export const write = (carry: Carry, group: number, command: number, body: object = {}, version = 1) =>
  parse(carry(request(2, group, command, body, version)));

export interface ClientOptions {
  assignment?: number;
  expiryS?: number;
  /** Of the key in hand, where it is another than what is said. */
  keyExpiryS?: number;
  random?: Uint8Array;
}

/** The client's side of our session, over any carrier. `carry` of the result seals and opens. */
export function openSession(carry: Carry, crypto: Crypto, managementKey: Uint8Array, options: ClientOptions = {}) {
  const { assignment = 0, expiryS = 0, random = new Uint8Array(16).fill(7) } = options;
  const hello = write(carry, 64, 32, { n: random, a: assignment, x: expiryS });
  if (!("n" in hello.body)) return { refused: hello.body };
  const key =
    assignment === 0 ? managementKey : fieldKey(crypto, managementKey, assignment, options.keyExpiryS ?? expiryS);
  const keys: SessionKeys = sessionKeys(crypto, key, {
    deviceId: String(hello.body.d),
    clientRandom: random,
    deviceRandom: new Uint8Array(hello.body.n as Uint8Array),
    assignment,
    expiryS,
  });
  const deviceProven = Buffer.from(hello.body.m as Uint8Array).equals(proofOf(crypto, keys, "device"));
  const proof = write(carry, 64, 33, { m: proofOf(crypto, keys, "client") });
  let counter = 0;
  const sealed = (message: Uint8Array, c = counter) =>
    request(2, 64, 34, { c, s: sealFrame(crypto, keys.toDevice, c, message) });
  return {
    refused: undefined,
    deviceProven,
    proof: proof.body,
    sealed,
    carry: (message: Uint8Array) => {
      const answer = parse(carry(sealed(message)));
      if (!("s" in answer.body)) throw new Error(JSON.stringify(answer.body));
      const opened = openFrame(crypto, keys.toClient, counter, new Uint8Array(answer.body.s as Uint8Array));
      counter += 1;
      if (!opened.ok) throw new Error(opened.reason);
      return opened.payload;
    },
  };
}
