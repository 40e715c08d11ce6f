import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { drawCounter } from "../../host/orders/counters.ts";
import { appendAudit, firstBroken } from "../../host/vault/audit.ts";
import { decodeContents, encodeContents } from "../../host/vault/contents.ts";
import {
  confirmRotation,
  exportForCentre,
  exportForField,
  exportForStation,
  revokeAssignment,
  revokeDevice,
  rotateDevice,
  rotateSigningKey,
} from "../../host/vault/devices.ts";
import { publicKeysText, readPublicKeys } from "../../host/vault/public-keys.ts";
import {
  createVault,
  deviceKeys,
  openVault,
  publicKeys,
  recordUse,
  secretOf,
  signingKey,
  type Vault,
} from "../../host/vault/vault.ts";
import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { openAssignment } from "../../protocol/cose/assignment.ts";
import { fieldKey, PURPOSE_DOWNLINK, PURPOSE_MANAGEMENT, PURPOSE_MOST, purposeKey } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { openRotation } from "../../protocol/cose/rotation.ts";
import { sign1, verify1 } from "../../protocol/cose/sign1.ts";

const PASSPHRASE = Uint8Array.from(Buffer.from("correct horse battery staple"));
/** N = 2⁴: the test waits for nothing. */
const COST = { logN: 4 };
const ID = "OMB-000123";
const crypto = createNodeCrypto();
let folder = "";
let file = "";
let vault: Vault;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), "omamori-vault-"));
  file = path.join(folder, "agency.vault");
  vault = createVault(file, PASSPHRASE, COST);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const code = (work: () => unknown) => {
  try {
    work();
    return "nothing";
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test("what was put in is there for who opens it again, and the file is its owner's", () => {
  exportForStation(vault, [ID]);
  const again = openVault(file, PASSPHRASE);
  expect(deviceKeys(again, ID)).toEqual(deviceKeys(vault, ID));
  expect(publicKeys(again).map(({ id }) => id)).toEqual(publicKeys(vault).map(({ id }) => id));
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.readdirSync(folder)).toEqual(["agency.vault"]);
});

test("a vault is never made over anything", () => {
  expect(code(() => createVault(file, PASSPHRASE, COST))).toBe("vault.exists");
  fs.symlinkSync("nowhere", path.join(folder, "link"));
  expect(code(() => createVault(path.join(folder, "link"), PASSPHRASE, COST))).toBe("vault.exists");
});

test("another passphrase does not open it", () => {
  for (const other of ["", "correct horse battery stapl", "Correct horse battery staple"])
    expect(code(() => openVault(file, Uint8Array.from(Buffer.from(other))))).toBe("vault.wrong-passphrase");
});

test("cut off anywhere it is damaged, and never half opened", () => {
  const good = fs.readFileSync(file);
  for (let length = 0; length < good.length; length++) {
    fs.writeFileSync(file, good.subarray(0, length));
    expect(["vault.damaged", "vault.not-a-vault"], `${length} bytes`).toContain(
      code(() => openVault(file, PASSPHRASE)),
    );
  }
});

test("one flipped bit anywhere, and it is damaged", () => {
  const good = fs.readFileSync(file);
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const bad = Buffer.from(good);
    bad[bit >> 3] ^= 1 << (bit & 7);
    fs.writeFileSync(file, bad);
    expect(["vault.damaged", "vault.not-a-vault", "vault.newer"], `bit ${bit}`).toContain(
      code(() => openVault(file, PASSPHRASE)),
    );
  }
});

test("a header changed with its sum put right is refused too: it is sealed with the rest", () => {
  const good = decode(fs.readFileSync(file)) as [CborValue[], Uint8Array, Uint8Array];
  for (const [at, value] of [
    [2, 5],
    [5, new Uint8Array(16)],
    [6, new Uint8Array(16)],
    [7, new Uint8Array(12)],
  ] as [number, CborValue][]) {
    const header = good[0].map((old, i) => (i === at ? value : old));
    const sum = createHash("sha256").update(encode(header)).update(good[1]).digest();
    fs.writeFileSync(file, encode([header, good[1], Uint8Array.from(sum)]));
    expect(["vault.damaged", "vault.wrong-passphrase"], `part ${at}`).toContain(
      code(() => openVault(file, PASSPHRASE)),
    );
  }
  // No header makes us set aside more than a gibibyte.
  const greedy = good[0].map((old, i) => (i === 2 ? 40 : old));
  const sum = createHash("sha256").update(encode(greedy)).update(good[1]).digest();
  fs.writeFileSync(file, encode([greedy, good[1], Uint8Array.from(sum)]));
  expect(code(() => openVault(file, PASSPHRASE))).toBe("vault.damaged");
});

test("a vault from a newer version says so", () => {
  const contents = vault.look((all) => decodeContents(encodeContents(all), file));
  const newer = [4, ...(decode(encodeContents(contents)) as CborValue[]).slice(1)];
  expect(code(() => decodeContents(encode(newer), file))).toBe("vault.newer");
});

test("a vault of version 1 is read with the numbers that its audit counts, and written as it is now", () => {
  for (const what of ["order.seal", "vault.status", "order.amend", "order.sign"]) recordUse(vault, what, ID);
  for (const what of ["order.seal", "order.end"]) recordUse(vault, what, "OMB-2");
  const [, ...parts] = vault.look((all) => decode(encodeContents(all)) as CborValue[]);
  const contents = decodeContents(encode([1, ...parts.slice(0, -1)]), file);
  expect(contents.sealed).toEqual([
    { device: ID, counter: 3, standing: { kind: "unknown" } },
    { device: "OMB-2", counter: 2, standing: { kind: "none" } },
  ]);
  expect(decodeContents(encodeContents(contents), file)).toEqual(contents);
});

test("what stands on a device is kept, and its number does not hang on the audit", () => {
  const order = { kind: "order", id: "2026-17", toMs: undefined, retentionDays: 30, hash: undefined } as const;
  const other = { ...order, id: "2026-18", toMs: 5, hash: new Uint8Array(16) };
  const by = { order: "2026-17", reason: undefined, requestedBy: undefined, agreedBy: undefined };
  expect(drawCounter(vault, { what: "order.seal", ...by }, ID, () => order)).toBe(1);
  expect(drawCounter(vault, { what: "order.seal", ...by }, "OMB-2", () => other)).toBe(1);
  recordUse(vault, "order.seal", ID);
  expect(drawCounter(openVault(file, PASSPHRASE), { what: "order.amend", ...by }, ID, ({ standing }) => standing)).toBe(
    2,
  );
  expect(openVault(file, PASSPHRASE).look(({ sealed }) => sealed)).toEqual([
    { device: "OMB-2", counter: 1, standing: other },
    { device: ID, counter: 2, standing: order },
  ]);
});

test("of a vault from before seals said what they were of, the account goes on without a break", () => {
  recordUse(vault, "vault.status");
  const [, ...parts] = vault.look((all) => decode(encodeContents(all)) as CborValue[]);
  const before = decodeContents(encode([2, ...parts]), file);
  expect(firstBroken(before.audit)).toBeUndefined();
  const sealed = { order: "2026-17", counter: 1, reason: "moved", requestedBy: "A", agreedBy: undefined };
  appendAudit(before.audit, { what: "order.seal", device: ID, atMs: 5, sealed });
  const now = decodeContents(encodeContents(before), file);
  expect(now.audit).toEqual(before.audit);
  expect(firstBroken(now.audit)).toBeUndefined();
  now.audit[now.audit.length - 1].sealed = { ...sealed, requestedBy: "B" };
  expect(firstBroken(now.audit)).toBe(now.audit.length - 1);
});

test("nothing of an open vault prints", () => {
  exportForStation(vault, [ID]);
  const secrets = vault.look(({ root, signing }) => [root, ...signing.map(({ seed }) => seed)]);
  const shown = [inspect(vault, { depth: 9, showHidden: true }), JSON.stringify(vault), String(vault)].join("\n");
  for (const secret of secrets) {
    expect(shown).not.toContain(hex(secret));
    expect(shown).not.toContain([...secret.subarray(0, 4)].join(", "));
  }
});

test("the centre gets uplink, downlink, lease and beacon, and nothing to forge with", () => {
  exportForStation(vault, [ID, "OMB-000124"]);
  const text = JSON.stringify(exportForCentre(vault, undefined));
  for (const id of [ID, "OMB-000124"])
    for (let purpose = 1; purpose <= PURPOSE_MOST; purpose++)
      expect(text.includes(hex(deviceKeys(vault, id).keys[purpose])), `${id} ${purpose}`).toBe(
        [4, 5, 6, 7].includes(purpose),
      );
  for (const secret of vault.look(({ root, signing }) => [root, ...signing.map(({ seed }) => seed)]))
    expect(text).not.toContain(hex(secret));
  expect(text).not.toContain(hex(secretOf(vault, ID, 1)));
});

test("the station's secret gives the eight keys of the first generation, and no other generation's", () => {
  const [{ secret, generation }] = exportForStation(vault, [ID]).devices;
  const keys = deviceKeys(vault, ID);
  for (let purpose = 1; purpose <= PURPOSE_MOST; purpose++)
    expect(purposeKey(crypto, Uint8Array.from(Buffer.from(secret, "hex")), purpose, generation)).toEqual(
      keys.keys[purpose],
    );
  rotateDevice(vault, ID);
  expect(code(() => exportForStation(vault, [ID]))).toBe("vault.past-station");
});

test("a batch with one bad id enters none of it", () => {
  for (const ids of [
    ["OMB-1", "../etc"],
    ["OMB-1", ""],
    ["OMB-1", "x".repeat(33)],
    ["OMB-1", "お守り"],
  ])
    expect(code(() => exportForStation(vault, ids))).toBe("vault.bad-device-id");
  expect(code(() => exportForStation(vault, ["OMB-1", "OMB-1"]))).toBe("vault.device-twice");
  expect(vault.look(({ devices }) => devices)).toEqual([]);
});

test("a rotation reaches only a device that holds the keys before, and the centre honours both until it is confirmed", () => {
  exportForStation(vault, [ID]);
  const before = deviceKeys(vault, ID);
  const { generation, sealed } = rotateDevice(vault, ID);
  const after = deviceKeys(vault, ID);
  expect([before.generation, generation, after.generation]).toEqual([1, 2, 2]);
  const opened = openRotation(crypto, before.keys[PURPOSE_MANAGEMENT], sealed);
  expect(opened).toMatchObject({
    ok: true,
    value: { device: ID, generation: 2, purposeKeys: Object.values(after.keys) },
  });
  expect(openRotation(crypto, after.keys[PURPOSE_MANAGEMENT], sealed).ok).toBe(false);
  const held = () => exportForCentre(vault, [ID]).devices[0].generations.map((one) => one.generation);
  expect(held()).toEqual([2, 1]);
  expect(rotateDevice(vault, ID).generation).toBe(2);
  expect(confirmRotation(vault, ID)).toBe(2);
  expect(held()).toEqual([2]);
  expect(rotateDevice(vault, ID).generation).toBe(3);
  expect(deviceKeys(vault, ID, { generation: 1 })).toEqual(before);
  expect(code(() => deviceKeys(vault, ID, { generation: 4 }))).toBe("vault.no-generation");
});

test("a field key is what the device works out from assignment and expiry, and each is another", () => {
  exportForStation(vault, [ID]);
  const nowS = Date.now() / 1000;
  const [first, second] = [exportForField(vault, ID, 72), exportForField(vault, ID, 1)];
  const { keys } = deviceKeys(vault, ID);
  for (const one of [first, second])
    expect(one.keys).toEqual([
      { generation: 1, key: hex(fieldKey(crypto, keys[PURPOSE_MANAGEMENT], one.assignment, one.expiryS)) },
    ]);
  expect([first.assignment, second.assignment]).toEqual([1, 2]);
  expect(Math.abs(first.expiryS - nowS - 72 * 3600)).toBeLessThan(5);
  expect(JSON.stringify([first, second])).not.toContain(hex(keys[PURPOSE_MANAGEMENT]));
});

test("an assignment is withdrawn with those before it, by bytes that the device can check", () => {
  exportForStation(vault, [ID]);
  for (let i = 0; i < 3; i++) exportForField(vault, ID, 24);
  const told = revokeAssignment(vault, ID, 2);
  const { keys } = deviceKeys(vault, ID);
  expect(openAssignment(crypto, keys[PURPOSE_MANAGEMENT], told)).toMatchObject({
    ok: true,
    value: { device: ID, least: 3 },
  });
  expect(openAssignment(crypto, keys[PURPOSE_DOWNLINK], told).ok).toBe(false);
  expect(vault.look(({ assignments }) => assignments.map(({ revokedMs }) => revokedMs !== undefined))).toEqual([
    true,
    true,
    false,
  ]);
  expect(code(() => revokeAssignment(vault, ID, 4))).toBe("vault.unknown-assignment");
});

test("no keys of a revoked device leave the vault, but for evidence", () => {
  exportForStation(vault, [ID, "OMB-000124"]);
  revokeDevice(vault, ID);
  expect(exportForCentre(vault, undefined).devices.map(({ id }) => id)).toEqual(["OMB-000124"]);
  for (const work of [
    () => deviceKeys(vault, ID),
    () => exportForCentre(vault, [ID]),
    () => exportForField(vault, ID, 1),
    () => exportForStation(vault, [ID]),
    () => rotateDevice(vault, ID),
    () => revokeDevice(vault, ID),
  ])
    expect(code(work)).toBe("vault.revoked-device");
  expect(deviceKeys(vault, ID, { evenRevoked: true }).generation).toBe(1);
  expect(code(() => deviceKeys(vault, "OMB-9"))).toBe("vault.unknown-device");
});

test("what a key signed before it was replaced still verifies by the public keys", () => {
  const payload = Uint8Array.of(1, 2, 3);
  const aad = new Uint8Array(0);
  const signed = sign1(signingKey(vault, "releases"), payload, aad);
  rotateSigningKey(vault, "releases");
  const signedLater = sign1(signingKey(vault, "releases"), payload, aad);
  const keys = readPublicKeys(publicKeysText(publicKeys(vault)), "keys.json");
  expect(keys.map(({ role, retiredMs }) => `${role} ${retiredMs === undefined}`)).toEqual([
    "orders true",
    "releases false",
    "heads true",
    "releases true",
  ]);
  const verifying = (bytes: Uint8Array) => keys.filter(({ key }) => verify1(key, bytes, aad).ok).map(({ id }) => id);
  expect(verifying(signed)).toEqual([keys[1].id]);
  expect(verifying(signedLater)).toEqual([keys[3].id]);
});

test("a file of public keys with anything changed is refused by name", () => {
  const good = publicKeysText(publicKeys(vault));
  for (const bad of [
    "",
    "{}",
    "[]",
    "null",
    good.replace('"version": 1', '"version": 2'),
    good.replace('"orders"', '"everything"'),
    good.replace(/"publicKey": "../, '"publicKey": "00'),
    good.replace(/"publicKey": "[^"]*"/, '"publicKey": 7'),
    good.replace(/"createdAt": "[^"]*"/, '"createdAt": "soon"'),
    good.replace('"keys": [', '"keys": [null,'),
  ])
    expect(
      code(() => readPublicKeys(bad, "keys.json")),
      bad.slice(0, 80),
    ).toBe("vault.bad-public-keys");
});

test("every use is on record, in a chain that shows what was changed or taken out", () => {
  exportForStation(vault, [ID]);
  exportForField(vault, ID, 1);
  recordUse(vault, "order.seal", ID);
  rotateSigningKey(vault, "heads");
  const audit = openVault(file, PASSPHRASE).look((all) => [...all.audit]);
  expect(audit.map(({ what, device }) => `${what} ${device ?? ""}`.trim())).toEqual([
    "vault.init",
    `vault.export-station ${ID}`,
    `vault.export-field ${ID}`,
    `order.seal ${ID}`,
    "vault.rotate-signing",
  ]);
  expect(audit.every(({ who, atMs }) => who !== "" && Math.abs(Date.now() - atMs) < 60_000)).toBe(true);
  expect(firstBroken(audit)).toBeUndefined();
  expect(firstBroken(audit.filter((_, i) => i !== 2))).toBe(2);
  expect(firstBroken(audit.map((line, i) => (i === 1 ? { ...line, who: "nobody" } : line)))).toBe(1);
});

test("what is refused leaves no trace and no change", () => {
  exportForStation(vault, [ID]);
  const before = fs.readFileSync(file);
  for (const work of [
    () => exportForField(vault, "OMB-9", 1),
    () => confirmRotation(vault, "OMB-9"),
    () => revokeAssignment(vault, ID, 1),
  ])
    expect(code(work)).toMatch(/^vault\.unknown/);
  expect(fs.readFileSync(file)).toEqual(before);
  expect(fs.readdirSync(folder)).toEqual(["agency.vault"]);
});

test("two who have it open lose nothing of one another", () => {
  const other = openVault(file, PASSPHRASE);
  exportForStation(vault, ["OMB-1"]);
  exportForStation(other, ["OMB-2"]);
  exportForStation(vault, ["OMB-3"]);
  expect(openVault(file, PASSPHRASE).look(({ devices }) => devices.map(({ id }) => id))).toEqual([
    "OMB-1",
    "OMB-2",
    "OMB-3",
  ]);
});

test("after the passphrase has changed, the old one and who opened it by that stand outside", () => {
  const other = openVault(file, PASSPHRASE);
  const next = Uint8Array.from(Buffer.from("a longer passphrase than before"));
  vault.changePassphrase(next, COST.logN);
  expect(code(() => openVault(file, PASSPHRASE))).toBe("vault.wrong-passphrase");
  expect(code(() => recordUse(other, "order.seal"))).toBe("vault.wrong-passphrase");
  recordUse(vault, "order.seal");
  expect(openVault(file, next).look(({ audit }) => audit.map(({ what }) => what))).toEqual([
    "vault.init",
    "vault.rotate-passphrase",
    "order.seal",
  ]);
});

test("a link to the vault goes on pointing to it", () => {
  const link = path.join(folder, "link");
  fs.symlinkSync("agency.vault", link);
  exportForStation(openVault(link, PASSPHRASE), [ID]);
  expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
  expect(deviceKeys(openVault(file, PASSPHRASE), ID).generation).toBe(1);
});
