import { type KeyObject, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import {
  DEVICE_ID_MOST_BYTES,
  deviceSecret,
  FIRST_GENERATION,
  PURPOSE_MOST,
  purposeKey,
} from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import { reasonOf } from "../cli/files.ts";
import { appendAudit } from "./audit.ts";
import { type Contents, type Device, decodeContents, encodeContents, ROLES, type Role } from "./contents.ts";
import { withLock } from "./lock.ts";
import { type FileKey, fileKeyOf, newFileKey, openFile, opensWith, SCRYPT_LOG_N, sealFile } from "./sealed-file.ts";
import { keyIdOf, newSeed, privateKeyOf, publicBytesOf, publicKeyOf } from "./signing.ts";

/**
 * The key holder's vault: root, signing keys, devices and the account of every use, in one encrypted file. An open vault is a
 * snapshot; `changeVault` reads anew under the lock, so that two processes lose nothing of one another. Nothing of it prints:
 * what is secret is private to the class.
 */
export class Vault {
  /** Links followed: a link goes on pointing to the vault. */
  readonly file: string;
  #key: FileKey;
  #contents: Contents;

  /** Made by `openVault` and `createVault` alone. */
  constructor(file: string, key: FileKey, contents: Contents) {
    this.file = file;
    this.#key = key;
    this.#contents = contents;
  }

  /** For the files of this room. */
  look<T>(at: (contents: Readonly<Contents>) => T): T {
    return at(this.#contents);
  }

  /** Applies `work` to what stands in the file now and writes it: whole or, where `work` throws, not at all. */
  change<T>(work: (contents: Contents) => T): T {
    return withVaultLock(this.file, () => {
      const contents = decodeContents(openFile(readVault(this.file), this.#key, this.file), this.file);
      const result = work(contents);
      writeVault(this.file, sealFile(encodeContents(contents), this.#key));
      this.#contents = contents;
      return result;
    });
  }

  /** `vault.same-passphrase`: who knows the old one would still get in. */
  changePassphrase(passphrase: Uint8Array, logN: number): void {
    const key = newFileKey(passphrase, logN);
    withVaultLock(this.file, () => {
      const bytes = readVault(this.file);
      const contents = decodeContents(openFile(bytes, this.#key, this.file), this.file);
      if (opensWith(bytes, passphrase, this.file)) throw new ToolError("vault.same-passphrase");
      appendAudit(contents.audit, { what: "vault.rotate-passphrase", atMs: Date.now() });
      writeVault(this.file, sealFile(encodeContents(contents), key));
      this.#contents = contents;
      this.#key = key;
    });
  }
}

/** The test's way to a vault that opens fast; the command line never sets it. */
export interface VaultCost {
  /** Log2 of scrypt's N. */
  logN?: number;
}

/** Makes a vault with a new root and a signing key a role. Never over another file: `vault.exists`. */
export function createVault(file: string, passphrase: Uint8Array, { logN = SCRYPT_LOG_N }: VaultCost = {}): Vault {
  const nowMs = Date.now();
  const contents: Contents = {
    root: Uint8Array.from(randomBytes(32)),
    signing: ROLES.map((role) => ({ role, seed: newSeed(), createdMs: nowMs, retiredMs: undefined })),
    devices: [],
    assignments: [],
    sealed: [],
    audit: [],
  };
  appendAudit(contents.audit, { what: "vault.init", atMs: nowMs });
  const key = newFileKey(passphrase, logN);
  withVaultLock(file, () => {
    checkVaultFile(file);
    writeVault(file, sealFile(encodeContents(contents), key));
  });
  return new Vault(realpathSync(file), key, contents);
}

/** `vault.exists` where a new vault cannot be made: before anyone has thought of a passphrase. */
export function checkVaultFile(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) throw new ToolError("vault.exists", { file });
}

/** `vault.wrong-passphrase`, `vault.damaged`, `vault.not-a-vault`, `vault.newer`, `cli.cannot-read`. Takes half a second. */
export function openVault(file: string, passphrase: Uint8Array): Vault {
  const bytes = readVault(file);
  const key = fileKeyOf(bytes, passphrase, file);
  return new Vault(realpathSync(file), key, decodeContents(openFile(bytes, key, file), file));
}

export interface DeviceKeys {
  generation: number;
  /** By the numbers `PURPOSE_…` of `protocol/cose/keys.ts`, 32 bytes each. */
  keys: Readonly<Record<number, Uint8Array>>;
}

export interface KeysAsked {
  /** An older generation, for what was sealed with it. */
  generation?: number;
  /** Evidence of a device outlives it. */
  evenRevoked?: boolean;
}

/** The eight keys of a device, newest generation; `vault.unknown-device`, `vault.revoked-device`, `vault.no-generation`. */
export function deviceKeys(vault: Vault, deviceId: string, asked: KeysAsked = {}): DeviceKeys {
  const device = deviceOf(vault, deviceId);
  if (device.revokedMs !== undefined && !asked.evenRevoked)
    throw new ToolError("vault.revoked-device", { device: deviceId });
  const generation = asked.generation ?? device.generation;
  if (generation < FIRST_GENERATION || generation > device.generation)
    throw new ToolError("vault.no-generation", { device: deviceId, generation });
  const crypto = createNodeCrypto();
  const secret = secretOf(vault, deviceId, generation);
  const keys: Record<number, Uint8Array> = {};
  for (let purpose = 1; purpose <= PURPOSE_MOST; purpose++)
    keys[purpose] = purposeKey(crypto, secret, purpose, generation);
  return { generation, keys };
}

/** What all keys of a generation follow from: the factory station gets the first, nobody another. */
export function secretOf(vault: Vault, deviceId: string, generation: number): Uint8Array {
  return vault.look(({ root }) => deviceSecret(createNodeCrypto(), root, deviceId, generation));
}

export function deviceOf(vault: Vault, deviceId: string): Readonly<Device> {
  return vault.look((contents) => findDevice(contents, deviceId));
}

export function findDevice({ devices }: Readonly<Contents>, deviceId: string): Device {
  const device = devices.find(({ id }) => id === deviceId);
  if (device === undefined) throw new ToolError("vault.unknown-device", { device: deviceId });
  return device;
}

/** Ed25519, the one that signs now. */
export function signingKey(vault: Vault, role: Role): KeyObject {
  return privateKeyOf(signingSeed(vault, role));
}

function signingSeed(vault: Vault, role: Role): Uint8Array {
  return vault.look(({ signing }) => {
    const key = signing.find((one) => one.role === role && one.retiredMs === undefined);
    if (key === undefined) throw new ToolError("vault.damaged", { file: vault.file });
    return key.seed;
  });
}

export interface PublicKey {
  role: Role;
  /** 16 hex digits. */
  id: string;
  /** 32 bytes. */
  bytes: Uint8Array;
  key: KeyObject;
  createdMs: number;
  /** `undefined`: signs today. What it signed before stays signed. */
  retiredMs: number | undefined;
}

/** What a verifier needs, retired keys too. */
export function publicKeys(vault: Vault): PublicKey[] {
  return vault.look(({ signing }) =>
    signing.map(({ role, seed, createdMs, retiredMs }) => {
      const bytes = publicBytesOf(seed);
      return { role, id: keyIdOf(bytes), bytes, key: publicKeyOf(bytes), createdMs, retiredMs };
    }),
  );
}

/** An audit line, durable on return: call it before the keys are used. `what` is a code, such as `order.seal`. */
export function recordUse(vault: Vault, what: string, device?: string): void {
  changeVault(vault, what, device, () => undefined);
}

/** A change and its audit line, in one. */
export function changeVault<T>(
  vault: Vault,
  what: string,
  device: string | undefined,
  work: (contents: Contents) => T,
): T {
  return vault.change((contents) => {
    const result = work(contents);
    appendAudit(contents.audit, { what, device, atMs: Date.now() });
    return result;
  });
}

/** A device's id as it is printed on the shell: 1 to 32 bytes of ASCII that no shell and no file name minds. */
export function checkDeviceId(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id) || id.length > DEVICE_ID_MOST_BYTES)
    throw new ToolError("vault.bad-device-id", { device: id });
  return id;
}

/** `vault.not-a-vault` of what never ends or is no file: nobody waits for it. */
export function checkVaultSize(file: string): void {
  const stat = statSync(file);
  if ((!stat.isFile() && !stat.isDirectory()) || stat.size > VAULT_MOST_BYTES)
    throw new ToolError("vault.not-a-vault", { file });
}

/** Some million uses. */
const VAULT_MOST_BYTES = 512_000_000;

function readVault(file: string): Uint8Array {
  try {
    checkVaultSize(file);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError("cli.cannot-read", { file, ...reasonOf(error) });
  }
}

function withVaultLock<T>(file: string, work: () => T): T {
  return orRefuse(file, () => withLock(file, work));
}

/** Beside it, flushed, and then given the name: a crash leaves the old vault or the new one. What it leaves beside is sealed. */
function writeVault(file: string, bytes: Uint8Array): void {
  const beside = `${file}.new`;
  rmSync(beside, { force: true });
  const handle = openSync(beside, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
  if (process.platform !== "win32") flushFolder(path.dirname(file));
}

function flushFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function orRefuse<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new ToolError("cli.cannot-write", { file, ...reasonOf(error) });
  }
}
