import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scryptSync,
  timingSafeEqual,
} from "node:crypto";
import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { ToolError } from "../../protocol/errors.ts";

/**
 * The vault's file: `[["omamori vault", 1, log2 N, r, p, salt, check, nonce], ciphertext, SHA-256 of all before]`. The key is scrypt's of
 * the passphrase, AES-256-GCM seals, and the header is associated data. `check` tells a wrong passphrase from damage.
 */
const MAGIC = "omamori vault";
const VERSION = 1;
/** N = 2^17, r = 8, p = 1: 128 MiB and about half a second (RFC 7914 and OWASP's advice for stored secrets). */
export const SCRYPT_LOG_N = 17;
const R = 8;
const P = 1;
/** A file must not make us set aside more than 1 GiB. */
const LOG_N_MOST = 20;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CHECK_BYTES = 16;
const HASH_BYTES = 32;

/** What opens a file, and seals it again without asking for the passphrase. */
export interface FileKey {
  logN: number;
  salt: Uint8Array;
  /** 32 bytes. */
  key: Uint8Array;
}

export function newFileKey(passphrase: Uint8Array, logN: number): FileKey {
  const salt = Uint8Array.from(randomBytes(SALT_BYTES));
  return { logN, salt, key: derive(passphrase, logN, salt) };
}

/** The key of a file; `vault.wrong-passphrase`, or `vault.damaged` where the file is not whole. */
export function fileKeyOf(bytes: Uint8Array, passphrase: Uint8Array, file: string): FileKey {
  const { header } = parse(bytes, file);
  const fileKey = { logN: header.logN, salt: header.salt, key: derive(passphrase, header.logN, header.salt) };
  if (!fits(fileKey, header.check)) throw new ToolError("vault.wrong-passphrase", { file });
  return fileKey;
}

export function opensWith(bytes: Uint8Array, passphrase: Uint8Array, file: string): boolean {
  const { header } = parse(bytes, file);
  return fits({ ...header, key: derive(passphrase, header.logN, header.salt) }, header.check);
}

/** A fresh nonce each time: a vault is written some thousand times, and 96 random bits do not meet. */
export function sealFile(plaintext: Uint8Array, fileKey: FileKey): Uint8Array {
  const nonce = Uint8Array.from(randomBytes(NONCE_BYTES));
  const header: CborValue = [MAGIC, VERSION, fileKey.logN, R, P, fileKey.salt, checkOf(fileKey), nonce];
  const cipher = createCipheriv("aes-256-gcm", fileKey.key, nonce).setAAD(encode(header));
  const sealed = Uint8Array.from(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
  return encode([header, sealed, hashOf(header, sealed)]);
}

/** `vault.wrong-passphrase` also where another process has changed the passphrase since. */
export function openFile(bytes: Uint8Array, fileKey: FileKey, file: string): Uint8Array {
  const { header, aad, sealed } = parse(bytes, file);
  if (!fits(fileKey, header.check)) throw new ToolError("vault.wrong-passphrase", { file });
  const cut = sealed.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv("aes-256-gcm", fileKey.key, header.nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad).setAuthTag(sealed.subarray(cut));
    return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(0, cut)), decipher.final()]));
  } catch {
    throw new ToolError("vault.damaged", { file });
  }
}

interface Header {
  logN: number;
  salt: Uint8Array;
  check: Uint8Array;
  nonce: Uint8Array;
}

function parse(bytes: Uint8Array, file: string): { header: Header; aad: Uint8Array; sealed: Uint8Array } {
  const whole = decoded(bytes);
  if (!isList(whole, 3) || !isList(whole[0], 8) || whole[0][0] !== MAGIC) throw refused(bytes, file);
  const [head, sealed, hash] = whole;
  const [, version, logN, r, p, salt, check, nonce] = head as CborValue[];
  if (version !== VERSION) throw new ToolError("vault.newer", { file });
  const isWhole =
    isBytes(sealed, TAG_BYTES, bytes.length) &&
    isBytes(hash, HASH_BYTES, HASH_BYTES) &&
    timingSafeEqual(hash, hashOf(head, sealed)) &&
    isBytes(salt, SALT_BYTES, SALT_BYTES) &&
    isBytes(check, CHECK_BYTES, CHECK_BYTES) &&
    isBytes(nonce, NONCE_BYTES, NONCE_BYTES) &&
    typeof logN === "number" &&
    logN >= 1 &&
    logN <= LOG_N_MOST &&
    r === R &&
    p === P;
  if (!isWhole) throw new ToolError("vault.damaged", { file });
  return { header: { logN, salt, check, nonce }, aad: encode(head), sealed };
}

/** A file that begins as a vault does has been one. */
function refused(bytes: Uint8Array, file: string): ToolError {
  const begins = Buffer.from(bytes.subarray(0, 32)).includes(MAGIC);
  return new ToolError(begins ? "vault.damaged" : "vault.not-a-vault", { file });
}

function decoded(bytes: Uint8Array): CborValue | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

function isList(value: CborValue | undefined, length: number): value is CborValue[] {
  return Array.isArray(value) && value.length === length;
}

function isBytes(value: CborValue, least: number, most: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= least && value.length <= most;
}

function derive(passphrase: Uint8Array, logN: number, salt: Uint8Array): Uint8Array {
  const N = 2 ** logN;
  // OpenSSL wants a little more than the 128·N·r bytes of the algorithm.
  return scryptSync(passphrase, salt, 32, { N, r: R, p: P, maxmem: 128 * N * R + (1 << 20) });
}

function checkOf(fileKey: FileKey): Uint8Array {
  return Uint8Array.from(
    createHmac("sha256", fileKey.key).update("omamori vault check").digest().subarray(0, CHECK_BYTES),
  );
}

function fits(fileKey: FileKey, check: Uint8Array): boolean {
  return timingSafeEqual(checkOf(fileKey), check);
}

function hashOf(header: CborValue, sealed: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(encode(header)).update(sealed).digest());
}
