import { ToolError } from "../../protocol/errors.ts";
import { ROLES, type Role } from "./contents.ts";
import { keyIdOf, publicKeyOf } from "./signing.ts";
import type { PublicKey } from "./vault.ts";

/** The file of public keys that verifiers and courts hold: JSON, no secret in it. */
const KIND = "omamori.public-keys";

export function publicKeysText(keys: PublicKey[]): string {
  const listed = keys.map(({ role, id, bytes, createdMs, retiredMs }) => ({
    role,
    id,
    publicKey: Buffer.from(bytes).toString("hex"),
    createdAt: new Date(createdMs).toISOString(),
    retiredAt: retiredMs === undefined ? null : new Date(retiredMs).toISOString(),
  }));
  return `${JSON.stringify({ kind: KIND, version: 1, keys: listed }, undefined, 2)}\n`;
}

/** `vault.bad-public-keys` for anything that `publicKeysText` does not write. */
export function readPublicKeys(text: string, file: string): PublicKey[] {
  const keys = keysIn(text);
  if (keys === undefined) throw new ToolError("vault.bad-public-keys", { file });
  return keys;
}

function keysIn(text: string): PublicKey[] | undefined {
  try {
    const whole = JSON.parse(text) as { kind?: unknown; version?: unknown; keys?: unknown };
    if (whole.kind !== KIND || whole.version !== 1 || !Array.isArray(whole.keys)) return undefined;
    const keys = whole.keys.map(keyOf);
    return keys.every((key) => key !== undefined) ? keys : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(entry: Record<string, unknown>): PublicKey | undefined {
  const { role, id, publicKey, createdAt, retiredAt } = entry;
  if (typeof publicKey !== "string" || !/^[0-9a-f]{64}$/.test(publicKey)) return undefined;
  if (!ROLES.includes(role as Role)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(publicKey, "hex"));
  const createdMs = Date.parse(String(createdAt));
  const retiredMs = retiredAt === null ? undefined : Date.parse(String(retiredAt));
  if (id !== keyIdOf(bytes) || Number.isNaN(createdMs) || Number.isNaN(retiredMs ?? 0)) return undefined;
  return { role: role as Role, id, bytes, key: publicKeyOf(bytes), createdMs, retiredMs };
}
