import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { ToolError } from "../../protocol/errors.ts";

/** What a vault holds, as it is in memory. Absence is `undefined`; times are UTC ms. */
export interface Contents {
  /** 32 random bytes: every device's secret follows from it. */
  root: Uint8Array;
  signing: SigningKey[];
  devices: Device[];
  assignments: Assignment[];
  audit: AuditLine[];
}

export const ROLES = ["orders", "releases", "heads"] as const;
/** What is signed: orders (and what belongs to them), releases of images, heads of the witness's tree. */
export type Role = (typeof ROLES)[number];

export interface SigningKey {
  role: Role;
  /** Ed25519, 32 bytes. */
  seed: Uint8Array;
  createdMs: number;
  /** Signs no more, but what it signed stays signed. `undefined`: it is the one that signs. */
  retiredMs: number | undefined;
}

export interface Device {
  id: string;
  /** The newest generation of its keys. */
  generation: number;
  /** The oldest that the device may still hold: below `generation` until the device is known to hold that. */
  oldest: number;
  revokedMs: number | undefined;
}

/** A field unit's leave to manage one device until `expiryS`, in Unix seconds. */
export interface Assignment {
  device: string;
  /** Counted per device from 1. */
  number: number;
  issuedMs: number;
  expiryS: number;
  revokedMs: number | undefined;
}

export interface AuditLine {
  atMs: number;
  /** The account on this computer. */
  who: string;
  /** A code, such as `vault.export-centre`. */
  what: string;
  device: string | undefined;
  /** SHA-256 over the hash before and this line (`audit.ts`), 32 bytes. */
  hash: Uint8Array;
}

const VERSION = 1;

export function encodeContents(contents: Contents): Uint8Array {
  return encode([
    VERSION,
    contents.root,
    contents.signing.map((key) => [key.role, key.seed, key.createdMs, orNull(key.retiredMs)]),
    contents.devices.map((device) => [device.id, device.generation, device.oldest, orNull(device.revokedMs)]),
    contents.assignments.map((one) => [one.device, one.number, one.issuedMs, one.expiryS, orNull(one.revokedMs)]),
    contents.audit.map((line) => [line.atMs, line.who, line.what, orNull(line.device), line.hash]),
  ] as CborValue);
}

/** The bytes are our own, sealed; what does not fit comes from a newer version. */
export function decodeContents(bytes: Uint8Array, file: string): Contents {
  const [version, root, signing, devices, assignments, audit] = decode(bytes) as [number, Uint8Array, ...Row[][]];
  if (version !== VERSION) throw new ToolError("vault.newer", { file });
  return {
    root,
    signing: signing.map(([role, seed, createdMs, retiredMs]) => ({
      role: role as Role,
      seed: seed as Uint8Array,
      createdMs: createdMs as number,
      retiredMs: orUndefined<number>(retiredMs),
    })),
    devices: devices.map(([id, generation, oldest, revokedMs]) => ({
      id: id as string,
      generation: generation as number,
      oldest: oldest as number,
      revokedMs: orUndefined<number>(revokedMs),
    })),
    assignments: assignments.map(([device, number, issuedMs, expiryS, revokedMs]) => ({
      device: device as string,
      number: number as number,
      issuedMs: issuedMs as number,
      expiryS: expiryS as number,
      revokedMs: orUndefined<number>(revokedMs),
    })),
    audit: audit.map(([atMs, who, what, device, hash]) => ({
      atMs: atMs as number,
      who: who as string,
      what: what as string,
      device: orUndefined<string>(device),
      hash: hash as Uint8Array,
    })),
  };
}

type Row = CborValue[];

function orNull(value: CborValue | undefined): CborValue {
  return value === undefined ? null : value;
}

function orUndefined<T>(value: CborValue): T | undefined {
  return value === null ? undefined : (value as T);
}
