import { firstBroken } from "../vault/audit.ts";
import { publicKeys, type Vault } from "../vault/vault.ts";
import { type Lang, print, textOf } from "./output.ts";

/** What `vault status` tells: who and what, never a key. */
export function showStatus(vault: Vault, json: boolean, lang: Lang): void {
  const nowS = Date.now() / 1000;
  const facts = vault.look(({ devices, assignments, audit }) => ({
    kind: "vault",
    signingKeys: publicKeys(vault).map(({ role, id, createdMs, retiredMs }) => ({
      role,
      id,
      createdAt: iso(createdMs),
      retiredAt: iso(retiredMs),
    })),
    devices: devices.map(({ id, generation, oldest, revokedMs }) => ({
      id,
      generation,
      confirmedGeneration: oldest,
      revokedAt: iso(revokedMs),
    })),
    assignments: assignments.map(({ device, number, issuedMs, expiryS, revokedMs }) => ({
      device,
      assignment: number,
      issuedAt: iso(issuedMs),
      expiresAt: iso(expiryS * 1000),
      revokedAt: iso(revokedMs),
      live: revokedMs === undefined && expiryS > nowS,
    })),
    uses: audit.length,
    auditHash: Buffer.from(audit[audit.length - 1].hash).toString("hex"),
    auditIntact: firstBroken(audit) === undefined,
  }));
  if (json) {
    print(JSON.stringify(facts));
    return;
  }
  const tell = (code: string, params: Record<string, string | number>) => print(textOf(lang, code, params).text);
  for (const { role, id, retiredAt } of facts.signingKeys)
    tell(retiredAt === null ? "vault.key-line" : "vault.key-retired", { role, id, at: retiredAt ?? "" });
  for (const { id, generation, confirmedGeneration, revokedAt } of facts.devices) {
    const code =
      revokedAt !== null
        ? "vault.device-revoked"
        : generation > confirmedGeneration
          ? "vault.device-rotating"
          : "vault.device-line";
    tell(code, { device: id, generation, at: revokedAt ?? "", oldest: confirmedGeneration });
  }
  for (const { device, assignment, expiresAt } of facts.assignments.filter(({ live }) => live))
    tell("vault.assignment-line", { device, assignment, at: expiresAt ?? "" });
  tell(facts.auditIntact ? "vault.uses" : "vault.uses-broken", { uses: facts.uses, hash: facts.auditHash });
}

/** Every use, oldest first. */
export function showAudit(vault: Vault, json: boolean, lang: Lang): void {
  vault.look(({ audit }) => {
    const broken = firstBroken(audit) ?? audit.length;
    for (const [i, { atMs, who, what, device, hash }] of audit.entries()) {
      const line = { at: new Date(atMs).toISOString(), who, what, device: device ?? "" };
      if (json)
        print(
          JSON.stringify({
            kind: "use",
            ...line,
            device: device ?? null,
            hash: Buffer.from(hash).toString("hex"),
            intact: i < broken,
          }),
        );
      else print(textOf(lang, i < broken ? "vault.use-line" : "vault.use-broken", line).text);
    }
  });
}

function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
