import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { encode } from "../../protocol/cbor/codec.ts";
import { type AuditLine, sealedUseRow } from "./contents.ts";

/**
 * One line a use of the vault, each with the hash of all before it: who keeps the last hash (`vault status` shows it) sees
 * whether anything up to there was changed or taken out.
 */
const NOTHING = new Uint8Array(32);

type Use = Pick<AuditLine, "atMs" | "what"> & Partial<Pick<AuditLine, "device" | "sealed">>;

export function appendAudit(audit: AuditLine[], { atMs, what, device, sealed }: Use): void {
  const line = { atMs, who: accountName(), what, device, sealed };
  audit.push({ ...line, hash: hashOf(audit.at(-1)?.hash ?? NOTHING, line) });
}

/** Index of the first line that does not follow from the one before; `undefined`: all do. */
export function firstBroken(audit: AuditLine[]): number | undefined {
  const at = audit.findIndex(
    (line, i) => Buffer.compare(line.hash, hashOf(i === 0 ? NOTHING : audit[i - 1].hash, line)) !== 0,
  );
  return at < 0 ? undefined : at;
}

function hashOf(before: Uint8Array, line: Omit<AuditLine, "hash">): Uint8Array {
  const { atMs, who, what, device, sealed } = line;
  // Of lines from before there was `sealed` the hash stays what it was.
  const bytes = encode([
    before,
    atMs,
    who,
    what,
    device ?? null,
    ...(sealed === undefined ? [] : [sealedUseRow(sealed)]),
  ]);
  return Uint8Array.from(createHash("sha256").update(bytes).digest());
}

/** An account without a name has a number. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}
