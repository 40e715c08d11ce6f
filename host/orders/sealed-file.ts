import { createHash, type KeyObject, randomBytes } from "node:crypto";
import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { ORDER_CONTEXT, ORDER_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sign1, verify1 } from "../../protocol/cose/sign1.ts";
import { ToolError } from "../../protocol/errors.ts";
import { type DeviceOrder, decodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import type { Fields } from "../zones/json.ts";
import { encodeForDevice, hashOf, orderForDevice } from "./for-device.ts";
import { type OrderFile, type ReadOrder, readOrderFile } from "./order-file.ts";

/**
 * A sealed order: for one device, and for everybody who verifies. CBOR of our profile,
 *
 *   {1: "omamori order", 2: 1 (version), 3: COSE_Mac0 of the DeviceOrder, ? 4: pack of the zones,
 *    5: COSE_Sign1 of the statement, ? 6: salt and text of what is the centre's alone}
 *   statement: {1: 1, 2: device, 3: counter, 4: hash of the DeviceOrder (16 bytes), 5: UTC ms of the sealing, ? 6: the order as
 *    JSON without `centreZones`, ? 7: SHA-256 of 6 of the file, ? 8: why, ? 9: who asked, ? 10: who agreed,
 *    ? 11: UTC ms until which the records are kept}
 *
 * 4 and the statement's 6 are absent of an end, which alone has 11. Field 6 of the file may be taken out: who may not know those places verifies
 * the rest, and sees that something was kept from him.
 */
export interface SealedFile {
  mac0: Uint8Array;
  /** Empty of an end. */
  pack: Uint8Array;
  sign1: Uint8Array;
  centre: Uint8Array | undefined;
}

/** Why and by whom; two people where zones change (design §11). */
export interface Reasons {
  reason: string | undefined;
  requestedBy: string | undefined;
  agreedBy: string | undefined;
}

export interface Statement extends Reasons {
  device: string;
  counter: number;
  orderHash: Uint8Array;
  sealedMs: number;
  /** The order as JSON, without the centre's zones; `undefined`: it has ended. */
  text: string | undefined;
  /** SHA-256 of what is the centre's alone; `undefined`: nothing is. */
  centreHash: Uint8Array | undefined;
  /** Of an end: the day on which retention is over, UTC ms. */
  keptUntilMs: number | undefined;
}

export interface Verified {
  statement: Statement;
  deviceOrder: DeviceOrder;
  /** `undefined`: an end. `centreZones` is empty where they were taken out, or are not shown. */
  read: ReadOrder | undefined;
  /** Whether something was taken out. */
  isRedacted: boolean;
}

export interface SealKeys {
  orderKey: Uint8Array;
  signingKey: KeyObject;
}

const MAGIC = "omamori order";
const VERSION = 1;
const SALT_BYTES = 16;

export function sealOrderFile(
  { order, document }: ReadOrder,
  device: string,
  counter: number,
  keys: SealKeys,
  why: Reasons,
  sealedMs: number,
): SealedFile {
  const { payload, pack } = orderForDevice(order, device, counter);
  const { centreZones, ...open } = document;
  const centre =
    centreZones === undefined
      ? undefined
      : Uint8Array.from(Buffer.concat([randomBytes(SALT_BYTES), Buffer.from(JSON.stringify(centreZones))]));
  const statement = {
    ...why,
    device,
    counter,
    sealedMs,
    text: JSON.stringify(open),
    centreHash: centre && sha256(centre),
    keptUntilMs: undefined,
  };
  return { ...sealBoth(payload, statement, keys), pack, centre };
}

export function sealEndFile(
  id: string,
  device: string,
  counter: number,
  keys: SealKeys,
  why: Reasons & Pick<Statement, "keptUntilMs">,
  sealedMs: number,
): SealedFile {
  const payload = encodeForDevice({ device, counter, id, terms: undefined });
  const statement = { ...why, device, counter, sealedMs, text: undefined, centreHash: undefined };
  return { ...sealBoth(payload, statement, keys), pack: new Uint8Array(0), centre: undefined };
}

function sealBoth(
  payload: Uint8Array,
  statement: Omit<Statement, "orderHash">,
  keys: SealKeys,
): Pick<SealedFile, "mac0" | "sign1"> {
  const orderHash = hashOf(payload);
  const map = new Map<CborValue, CborValue>([
    [1, VERSION],
    [2, statement.device],
    [3, statement.counter],
    [4, orderHash],
    [5, statement.sealedMs],
  ]);
  const { text, centreHash, reason, requestedBy, agreedBy, keptUntilMs } = statement;
  const optional = [text, centreHash, reason, requestedBy, agreedBy, keptUntilMs];
  for (const [i, value] of optional.entries()) if (value !== undefined) map.set(6 + i, value);
  return {
    mac0: sealMac0(createNodeCrypto(), keys.orderKey, payload, ORDER_CONTEXT),
    sign1: sign1(keys.signingKey, encode(map), ORDER_SIGNATURE_CONTEXT),
  };
}

export function encodeSealedFile({ mac0, pack, sign1, centre }: SealedFile): Uint8Array {
  const map = new Map<CborValue, CborValue>([
    [1, MAGIC],
    [2, VERSION],
    [3, mac0],
  ]);
  if (pack.length > 0) map.set(4, pack);
  map.set(5, sign1);
  if (centre !== undefined) map.set(6, centre);
  return encode(map);
}

/** Whether the bytes begin as a sealed order does; an order's file is text. */
export function isSealedFile(bytes: Uint8Array): boolean {
  return bytes[0] >> 5 === 5 && Buffer.from(bytes.subarray(0, 32)).includes(MAGIC);
}

/** `order.not-sealed`; nothing is verified yet. */
export function decodeSealedFile(bytes: Uint8Array, file: string): SealedFile {
  const map = mapOf(bytes);
  const [mac0, pack, signed, centre] = [3, 4, 5, 6].map((key) => map?.get(key));
  const isKnown = [...(map?.keys() ?? [])].every((key) => typeof key === "number" && key >= 1 && key <= 6);
  if (map?.get(1) === MAGIC && map.get(2) !== VERSION) throw new ToolError("order.newer", { file });
  if (
    map?.get(1) !== MAGIC ||
    !isKnown ||
    !isBytes(mac0) ||
    !isBytes(signed) ||
    !isOptionalBytes(pack) ||
    !isOptionalBytes(centre)
  )
    throw new ToolError("order.not-sealed", { file });
  return { mac0, pack: pack ?? new Uint8Array(0), sign1: signed, centre };
}

/**
 * Holds everything against everything with public keys alone: the signature, the order that the device gets against the text
 * that was signed (it is made anew from it, zones included), the centre's part against its sum. `order.bad-signature`,
 * `order.mismatch` (what the device gets is not what was signed), `order.not-sealed`.
 */
export function verifySealedFile(sealed: SealedFile, publicKeys: KeyObject[], file: string): Verified {
  const statement = verifiedStatement(sealed, publicKeys, file);
  const deviceOrder = deviceOrderOf(sealed, file);
  const { device, counter, text, centreHash } = statement;
  const mismatch = (): never => {
    throw new ToolError("order.mismatch", { file });
  };
  if (deviceOrder.device !== device || deviceOrder.counter !== counter) mismatch();
  if (!same(hashOf(payloadOf(sealed)), statement.orderHash)) mismatch();
  if (sealed.centre !== undefined && (centreHash === undefined || !same(sha256(sealed.centre), centreHash))) mismatch();
  const isRedacted = centreHash !== undefined && sealed.centre === undefined;
  if (text === undefined) {
    if (deviceOrder.terms !== undefined || sealed.pack.length > 0) mismatch();
    return { statement, deviceOrder, read: undefined, isRedacted };
  }
  const read = readSigned(text, sealed.centre, isRedacted, file);
  const made = orderForDevice(read.order, device, counter);
  if (!same(made.payload, payloadOf(sealed)) || !same(made.pack, sealed.pack)) mismatch();
  return { statement, deviceOrder, read, isRedacted };
}

/** What the holder of the device's key knows besides: that the device will take it. */
export function isSealedWith(sealed: SealedFile, orderKey: Uint8Array): boolean {
  return openMac0(createNodeCrypto(), orderKey, sealed.mac0, ORDER_CONTEXT).ok;
}

function readSigned(text: string, centre: Uint8Array | undefined, isRedacted: boolean, file: string): ReadOrder {
  const open = JSON.parse(text) as Fields;
  const whole = centre === undefined ? open : { ...open, centreZones: JSON.parse(textOf(centre.subarray(SALT_BYTES))) };
  const refuse = () => {
    throw new ToolError("order.not-sealed", { file });
  };
  return readOrderFile(JSON.stringify(whole), file, refuse, isRedacted);
}

function verifiedStatement({ sign1 }: SealedFile, publicKeys: KeyObject[], file: string): Statement {
  for (const key of publicKeys) {
    const opened = verify1(key, sign1, ORDER_SIGNATURE_CONTEXT);
    if (opened.ok) return statementOf(opened.payload, file);
    if (opened.reason !== "seal.forged") throw new ToolError("order.not-sealed", { file });
  }
  throw new ToolError("order.bad-signature", { file });
}

function statementOf(bytes: Uint8Array, file: string): Statement {
  const map = mapOf(bytes);
  if (map?.get(1) !== VERSION) throw new ToolError("order.newer", { file });
  const [device, counter, orderHash, sealedMs, text, centreHash, reason, requestedBy, agreedBy, keptUntilMs] =
    Array.from({ length: 10 }, (_, i) => map.get(2 + i));
  // The signature says that we wrote it.
  return {
    device,
    counter,
    orderHash,
    sealedMs,
    text,
    centreHash,
    reason,
    requestedBy,
    agreedBy,
    keptUntilMs,
  } as unknown as Statement;
}

function deviceOrderOf(sealed: SealedFile, file: string): DeviceOrder {
  const read = decodeDeviceOrder(payloadOf(sealed));
  if (!read.ok) throw new ToolError("order.not-sealed", { file });
  return read.value;
}

/** A Mac0 hides nothing; without the device's key its tag is not verified, which the signed hash makes up for. */
function payloadOf({ mac0 }: SealedFile): Uint8Array {
  try {
    const [, , payload] = decode(mac0) as CborValue[];
    return isBytes(payload) ? payload : new Uint8Array(0);
  } catch {
    return new Uint8Array(0);
  }
}

function mapOf(bytes: Uint8Array): Map<CborValue, CborValue> | undefined {
  try {
    const value = decode(bytes);
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBytes(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isOptionalBytes(value: CborValue | undefined): value is Uint8Array | undefined {
  return value === undefined || isBytes(value);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(bytes).digest());
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** The order of a verified file; `order.ended` of an end. */
export function orderOf({ read }: Verified, file: string): OrderFile {
  if (read === undefined) throw new ToolError("order.ended", { file });
  return read.order;
}
