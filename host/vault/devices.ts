import { randomBytes } from "node:crypto";
import { sealAssignment } from "../../protocol/cose/assignment.ts";
import {
  FIRST_GENERATION,
  fieldKey,
  PURPOSE_BEACON,
  PURPOSE_DOWNLINK,
  PURPOSE_LEASE,
  PURPOSE_MANAGEMENT,
  PURPOSE_MOST,
  PURPOSE_UPLINK,
} from "../../protocol/cose/keys.ts";
import { SALT_BYTES } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sealRotation } from "../../protocol/cose/rotation.ts";
import { ToolError } from "../../protocol/errors.ts";
import { appendAudit } from "./audit.ts";
import type { Assignment, Contents, Device, Role } from "./contents.ts";
import { newSeed } from "./signing.ts";
import { changeVault, checkDeviceId, deviceKeys, deviceOf, findDevice, secretOf, type Vault } from "./vault.ts";

/**
 * What leaves the vault, and for whom: the least that each needs (design §6). Every function changes the vault and its audit
 * log before it gives anything out.
 */

/** Hours that a field unit's key may live. */
export const FIELD_HOURS_MOST = 72;

/** The centre opens and seals what travels, and answers for leases and beacons. It gets nothing to forge an order or an image with. */
const CENTRE_PURPOSES = {
  uplink: PURPOSE_UPLINK,
  downlink: PURPOSE_DOWNLINK,
  lease: PURPOSE_LEASE,
  beacon: PURPOSE_BEACON,
};

/** Keys by name, 64 hex digits each. */
export interface CentreExport {
  kind: "omamori.centre-keys";
  version: 1;
  createdAt: string;
  /** Newest generation first; more than one while a device may still hold the one before. */
  devices: { id: string; generations: { generation: number; keys: Record<string, string> }[] }[];
}

/** Of all devices that are not revoked, or of those named. */
export function exportForCentre(vault: Vault, ids: string[] | undefined): CentreExport {
  const devices = changeVault(vault, "vault.export-centre", undefined, (contents) =>
    ids === undefined ? contents.devices.filter(isInUse) : ids.map((id) => inUse(findDevice(contents, id))),
  );
  return {
    kind: "omamori.centre-keys",
    version: 1,
    createdAt: new Date().toISOString(),
    devices: devices.map((device) => ({
      id: device.id,
      generations: generationsIn(device).map((generation) => ({
        generation,
        keys: centreKeys(vault, device.id, generation),
      })),
    })),
  };
}

function centreKeys(vault: Vault, id: string, generation: number): Record<string, string> {
  const { keys } = deviceKeys(vault, id, { generation });
  const named = Object.entries(CENTRE_PURPOSES).map(([name, purpose]) => [name, hex(keys[purpose])]);
  return Object.fromEntries(named) as Record<string, string>;
}

/** What the device may hold, newest first. */
function generationsIn({ generation, oldest }: Device): number[] {
  return Array.from({ length: generation - oldest + 1 }, (_, i) => generation - i);
}

export interface StationExport {
  kind: "omamori.station-secrets";
  version: 1;
  createdAt: string;
  /** `secret`: what `purposeKey` derives the eight keys of this generation from. */
  devices: { id: string; generation: number; secret: string }[];
}

/** First-generation secrets, for provisioning; devices that are new to the vault are entered. `vault.past-station` for rotated ones. */
export function exportForStation(vault: Vault, ids: string[]): StationExport {
  for (const id of ids) checkDeviceId(id);
  if (new Set(ids).size < ids.length) throw new ToolError("vault.device-twice");
  vault.change((contents) => {
    for (const id of ids) enter(contents, id);
  });
  return {
    kind: "omamori.station-secrets",
    version: 1,
    createdAt: new Date().toISOString(),
    devices: ids.map((id) => ({
      id,
      generation: FIRST_GENERATION,
      secret: hex(secretOf(vault, id, FIRST_GENERATION)),
    })),
  };
}

function enter(contents: Contents, id: string): void {
  const known = contents.devices.find((device) => device.id === id);
  if (known === undefined)
    contents.devices.push({ id, generation: FIRST_GENERATION, oldest: FIRST_GENERATION, revokedMs: undefined });
  else if (inUse(known).generation > FIRST_GENERATION) throw new ToolError("vault.past-station", { device: id });
  appendAudit(contents.audit, { what: "vault.export-station", device: id, atMs: Date.now() });
}

export interface FieldExport {
  kind: "omamori.field-key";
  version: 1;
  device: string;
  assignment: number;
  expiresAt: string;
  /** Unix seconds: what the device is told, and what the key is made of. */
  expiryS: number;
  /** Newest generation first; more than one while the device may still hold the one before. */
  keys: { generation: number; key: string }[];
}

/** One device's management key for one assignment, good for some hours; recorded, and revocable. */
export function exportForField(vault: Vault, id: string, hours: number): FieldExport {
  const nowMs = Date.now();
  const expiryS = Math.floor(nowMs / 1000) + hours * 3600;
  const { number, generations } = changeVault(vault, "vault.export-field", id, (contents) => {
    const device = inUse(findDevice(contents, id));
    const number = 1 + assignmentsOf(contents, id).length;
    contents.assignments.push({ device: id, number, issuedMs: nowMs, expiryS, revokedMs: undefined });
    return { number, generations: generationsIn(device) };
  });
  const crypto = createNodeCrypto();
  const keyOf = (generation: number) =>
    fieldKey(crypto, deviceKeys(vault, id, { generation }).keys[PURPOSE_MANAGEMENT], number, expiryS);
  return {
    kind: "omamori.field-key",
    version: 1,
    device: id,
    assignment: number,
    expiresAt: new Date(expiryS * 1000).toISOString(),
    expiryS,
    keys: generations.map((generation) => ({ generation, key: hex(keyOf(generation)) })),
  };
}

/**
 * Withdraws an assignment and those before it, and gives what tells the device so: sealed bytes that anyone may carry there.
 * Until they have arrived, the key is good until it expires.
 */
export function revokeAssignment(vault: Vault, id: string, number: number): Uint8Array {
  const nowMs = Date.now();
  changeVault(vault, "vault.revoke-assignment", id, (contents) => {
    findDevice(contents, id);
    const all = assignmentsOf(contents, id);
    if (!all.some((one) => one.number === number))
      throw new ToolError("vault.unknown-assignment", { device: id, assignment: number });
    for (const one of all) if (one.number <= number) one.revokedMs ??= nowMs;
  });
  // The device may not have heard of its newest generation yet: what it holds is the oldest that it may hold.
  const { keys } = deviceKeys(vault, id, { generation: deviceOf(vault, id).oldest, evenRevoked: true });
  return sealAssignment(createNodeCrypto(), keys[PURPOSE_MANAGEMENT], { device: id, least: number + 1 });
}

/** A device that is lost or done with: no keys of it leave the vault any more. */
export function revokeDevice(vault: Vault, id: string): void {
  changeVault(vault, "vault.revoke-device", id, (contents) => {
    inUse(findDevice(contents, id)).revokedMs = Date.now();
  });
}

/**
 * Raises a device's generation and gives the keys of it, sealed for the device as it is. Asked again before the device is known
 * to hold them (`confirmRotation`), it gives the same generation again and raises nothing.
 */
export function rotateDevice(vault: Vault, id: string): { generation: number; sealed: Uint8Array } {
  const device = changeVault(vault, "vault.rotate-device", id, (contents) => {
    const found = inUse(findDevice(contents, id));
    if (found.generation === found.oldest) found.generation += 1;
    return { ...found };
  });
  const { keys } = deviceKeys(vault, id, { generation: device.generation });
  const before = deviceKeys(vault, id, { generation: device.oldest }).keys[PURPOSE_MANAGEMENT];
  const sealed = sealRotation(createNodeCrypto(), before, Uint8Array.from(randomBytes(SALT_BYTES)), {
    device: id,
    generation: device.generation,
    purposeKeys: Array.from({ length: PURPOSE_MOST }, (_, i) => keys[i + 1]),
  });
  if (!sealed.ok) throw new Error(sealed.reason);
  return { generation: device.generation, sealed: sealed.bytes };
}

/** The device holds its newest generation: the ones before are honoured no more. */
export function confirmRotation(vault: Vault, id: string): number {
  return changeVault(vault, "vault.rotate-confirmed", id, (contents) => {
    const device = inUse(findDevice(contents, id));
    device.oldest = device.generation;
    return device.generation;
  });
}

/** A new key signs from now on; the one before stays among the public keys. */
export function rotateSigningKey(vault: Vault, role: Role): void {
  changeVault(vault, "vault.rotate-signing", undefined, ({ signing }) => {
    const nowMs = Date.now();
    for (const key of signing) if (key.role === role) key.retiredMs ??= nowMs;
    signing.push({ role, seed: newSeed(), createdMs: nowMs, retiredMs: undefined });
  });
}

function assignmentsOf({ assignments }: Contents, id: string): Assignment[] {
  return assignments.filter(({ device }) => device === id);
}

function inUse(device: Device): Device {
  if (isInUse(device)) return device;
  throw new ToolError("vault.revoked-device", { device: device.id });
}

function isInUse({ revokedMs }: Device): boolean {
  return revokedMs === undefined;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
