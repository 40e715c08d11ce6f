import { firstBroken } from "../vault/audit.ts";
import type { SealedUse } from "../vault/contents.ts";
import { SEALINGS } from "../vault/sealed-orders.ts";
import { publicKeys, type Vault } from "../vault/vault.ts";
import { type Lang, print, textOf } from "./output.ts";

/** What `vault status` tells: who and what, never a key. */
export function showStatus(vault: Vault, json: boolean, lang: Lang): void {
  const facts = factsOf(vault);
  if (json) {
    print(JSON.stringify(facts));
    return;
  }
  const tell = (code: string, params: Record<string, string | number>) => print(textOf(lang, code, params).text);
  for (const { role, id, retiredAt } of facts.signingKeys)
    tell(retiredAt === null ? "vault.key-line" : "vault.key-retired", {
      ...{ role, id, at: retiredAt ?? "", detail: `role.${role}` },
    });
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
  for (const { device, counter, order, stands } of facts.orders)
    tell(stands === true ? "vault.order-line" : stands === false ? "vault.order-ended" : "vault.order-unknown", {
      ...{ device, counter, order: order ?? "" },
    });
  tell(facts.auditIntact ? "vault.uses" : "vault.uses-broken", { uses: facts.uses, hash: facts.auditHash });
}

function factsOf(vault: Vault) {
  const nowS = Date.now() / 1000;
  return vault.look(({ devices, assignments, sealed, audit }) => ({
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
    orders: sealed.map(({ device, counter, standing }) => ({
      device,
      counter,
      order: standing.kind === "order" ? standing.id : null,
      stands: standing.kind === "unknown" ? null : standing.kind === "order",
    })),
    uses: audit.length,
    auditHash: Buffer.from(audit[audit.length - 1].hash).toString("hex"),
    auditIntact: firstBroken(audit) === undefined,
  }));
}

/** Every use, oldest first. */
export function showAudit(vault: Vault, json: boolean, lang: Lang): void {
  vault.look(({ audit }) => {
    const broken = firstBroken(audit) ?? audit.length;
    for (const [i, { atMs, who, what, device, sealed, hash }] of audit.entries()) {
      const line = { at: new Date(atMs).toISOString(), who, what, device: device ?? "" };
      if (json)
        print(
          JSON.stringify({
            kind: "use",
            ...line,
            device: device ?? null,
            ...(sealed === undefined ? {} : sealedJson(sealed)),
            hash: Buffer.from(hash).toString("hex"),
            intact: i < broken,
          }),
        );
      else {
        print(
          textOf(lang, i < broken ? "vault.use-line" : "vault.use-broken", { ...line, detail: useCode(what) }).text,
        );
        if (sealed !== undefined) print(`  ${sealedText(sealed, lang)}`);
      }
    }
  });
}

function sealedJson({ order, counter, reason, requestedBy, agreedBy }: SealedUse): object {
  return { order, counter, reason: reason ?? null, requestedBy: requestedBy ?? null, agreedBy: agreedBy ?? null };
}

function sealedText({ order, counter, reason, requestedBy, agreedBy }: SealedUse, lang: Lang): string {
  const [who, other, why] = [requestedBy, agreedBy, reason].map((word) => word ?? "–");
  return textOf(lang, "vault.use-sealed", { order, counter, reason: why, who, other }).text;
}

/** What is sealed has its words in the orders room. */
function useCode(what: string): string {
  return SEALINGS.some((one) => one === what) ? what : `use.${what}`;
}

function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
