import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { ToolError } from "../../protocol/errors.ts";
import { sealedByAudit } from "./sealed-orders.ts";

/** What a vault holds, as it is in memory. Absence is `undefined`; times are UTC ms. */
export interface Contents {
  /** 32 random bytes: every device's secret follows from it. */
  root: Uint8Array;
  signing: SigningKey[];
  devices: Device[];
  assignments: Assignment[];
  /** Of devices that something was sealed for. */
  sealed: SealedOrders[];
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

/** What was sealed for a device: no number is ever given twice, and nobody seals over an order that stands. */
export interface SealedOrders {
  device: string;
  /** Number of the last seal; orders, amendments, signed requests and ends each take the next. */
  counter: number;
  standing: Standing;
}

/** The order that stands by the last seal. `unknown`: it was sealed before the vault kept this; so is a `hash` that is absent. */
export type Standing =
  | { kind: "none" }
  | { kind: "unknown" }
  | { kind: "order"; id: string; toMs: number | undefined; retentionDays: number; hash: Uint8Array | undefined };

export interface AuditLine {
  atMs: number;
  /** The account on this computer. */
  who: string;
  /** A code, such as `vault.export-centre`. */
  what: string;
  device: string | undefined;
  /** Of a seal alone. */
  sealed: SealedUse | undefined;
  /** SHA-256 over the hash before and this line (`audit.ts`), 32 bytes. */
  hash: Uint8Array;
}

/** What was sealed, why, and on whose word: so a name that was another's can be found. */
export interface SealedUse {
  order: string;
  counter: number;
  reason: string | undefined;
  requestedBy: string | undefined;
  agreedBy: string | undefined;
}

const VERSION = 3;
/** Did not say of a seal what it was of. */
const WITHOUT_USES = 2;
/** Had no `sealed`. */
const WITHOUT_SEALED = 1;

export function encodeContents(contents: Contents): Uint8Array {
  return encode([
    VERSION,
    contents.root,
    contents.signing.map((key) => [key.role, key.seed, key.createdMs, orNull(key.retiredMs)]),
    contents.devices.map((device) => [device.id, device.generation, device.oldest, orNull(device.revokedMs)]),
    contents.assignments.map((one) => [one.device, one.number, one.issuedMs, one.expiryS, orNull(one.revokedMs)]),
    contents.audit.map((line) => [
      line.atMs,
      line.who,
      line.what,
      orNull(line.device),
      line.hash,
      ...useRow(line.sealed),
    ]),
    contents.sealed.map((one) => [one.device, one.counter, standingRow(one.standing)]),
  ] as CborValue);
}

/** The bytes are our own, sealed; what does not fit comes from a newer version. */
export function decodeContents(bytes: Uint8Array, file: string): Contents {
  const [version, root, signing, devices, assignments, auditRows, sealed] = decode(bytes) as [
    number,
    Uint8Array,
    ...Row[][],
  ];
  if (version !== VERSION && version !== WITHOUT_USES && version !== WITHOUT_SEALED)
    throw new ToolError("vault.newer", { file });
  const audit = auditRows.map(auditLine);
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
    audit,
    sealed:
      version === WITHOUT_SEALED
        ? sealedByAudit(audit)
        : sealed.map(([device, counter, row]) => ({
            device: device as string,
            counter: counter as number,
            standing: standingOf(row as Row | null),
          })),
  };
}

function useRow(sealed: SealedUse | undefined): CborValue[] {
  return sealed === undefined ? [] : [sealedUseRow(sealed)];
}

export function sealedUseRow({ order, counter, reason, requestedBy, agreedBy }: SealedUse): CborValue {
  return [order, counter, orNull(reason), orNull(requestedBy), orNull(agreedBy)];
}

function sealedUse(row: Row | undefined): SealedUse | undefined {
  if (row === undefined) return undefined;
  const [reason, requestedBy, agreedBy] = row.slice(2).map((value) => orUndefined<string>(value));
  return { order: row[0] as string, counter: row[1] as number, reason, requestedBy, agreedBy };
}

function auditLine([atMs, who, what, device, hash, sealed]: Row): AuditLine {
  return {
    atMs: atMs as number,
    who: who as string,
    what: what as string,
    device: orUndefined<string>(device),
    hash: hash as Uint8Array,
    sealed: sealedUse(sealed as Row | undefined),
  };
}

/** Empty: none; `null`: unknown. */
function standingRow(standing: Standing): CborValue {
  if (standing.kind === "order")
    return [standing.id, orNull(standing.toMs), standing.retentionDays, orNull(standing.hash)];
  return standing.kind === "none" ? [] : null;
}

function standingOf(row: Row | null): Standing {
  if (row === null) return { kind: "unknown" };
  const [id, toMs, retentionDays, hash] = row;
  if (id === undefined) return { kind: "none" };
  return {
    kind: "order",
    id: id as string,
    toMs: orUndefined<number>(toMs),
    retentionDays: retentionDays as number,
    hash: orUndefined<Uint8Array>(hash ?? null),
  };
}

type Row = CborValue[];

function orNull(value: CborValue | undefined): CborValue {
  return value === undefined ? null : value;
}

function orUndefined<T>(value: CborValue): T | undefined {
  return value === null ? undefined : (value as T);
}
