import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { openOrderKeys } from "../../host/evidence/retention.ts";
import { fileKeyOf, openFile, sealFile } from "../../host/vault/sealed-file.ts";
import { type CborValue, decode, encode } from "../../protocol/cbor/codec.ts";
import { jsonLines, omamori } from "../cli/cli.ts";
import * as desks from "./desk.ts";
import { DEVICE, PASSPHRASE, TWO, useDesk, WITH_VAULT } from "./desk.ts";
import { ORDER_YAML } from "./order-yaml.ts";

const desk = useDesk();
const put = (name: string, text: string) => desks.put(desk, name, text);
const file = (name: string) => desks.fileOf(desk, name);
const order = (...args: string[]) => desks.order(desk, ...args);
const seal = (...more: string[]) => desks.seal(desk, ...more);
const amend = (...more: string[]) => desks.amend(desk, ...more);
const end = (...more: string[]) => desks.end(desk, ...more);
const putRequest = (name: string, more?: object) => desks.putRequest(desk, name, more);

test("an amendment that changes zones takes two people and a reason, as a request does", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("radiusM: 300", "radiusM: 200"));
  expect(amend("--reason", "moved", "--agreed-by", "K. Mori").err).toContain("[order.needs-two]");
  const two = ["--requested-by", "A. Sato", "--agreed-by", "K. Mori"];
  expect(amend(...two).err).toContain("[order.needs-two]");
  const amended = amend(...two, "--reason", "moved");
  expect(amended.code, amended.err).toBe(0);
  expect(amended.out).toBe("~ zones.work.properties.radiusM: 300 → 200\n");
});

test("after its first order a device is sealed for by two people alone, whatever id or file the order has", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  put("other.yaml", ORDER_YAML.replace("2026-17", "2026-18").replace("radiusM: 300", "radiusM: 3"));
  const sealOther = (...more: string[]) =>
    order("seal", "other.yaml", "--device", DEVICE, ...WITH_VAULT, "-o", "2.sealed", ...more);
  expect(seal("-o", "2.sealed").err).toMatch(/\[order\.sealed-before\]\nhint: .*order amend.*--requested-by/);
  expect(seal("-o", "2.sealed", "--lang", "ja").err).toMatch(/\[order\.sealed-before\]\nヒント: .*order amend/);
  expect(seal("-o", "2.sealed", ...TWO.slice(0, 4)).err).toContain("[order.sealed-before]");
  // Another id does not help, neither beside the order that stands nor after its end.
  expect(sealOther().err).toContain("[order.standing]");
  expect(sealOther(...TWO).err).toMatch(/\[order\.standing\]\nhint: .*order end --order 2026-17/);
  expect(order("end", "--device", DEVICE, "--order", "2026-17", ...WITH_VAULT, "-o", "2.sealed").err).toContain(
    "[order.needs-two]",
  );
  expect(end("--order", "2026-17", "-o", "end.sealed").code).toBe(0);
  expect(sealOther().err).toContain("[order.sealed-before]");
  expect(existsSync(path.join(desk.cwd, "2.sealed"))).toBe(false);
  const sealed = sealOther(...TWO, "--json");
  expect(sealed.code, sealed.err).toBe(0);
  expect(jsonLines(sealed.out)).toMatchObject([
    { counter: 3, order: "2026-18", requestedBy: "A. Sato", agreedBy: "K. Mori" },
  ]);
});

test("an order that is lost can be sealed again by two people, and amended from there", () => {
  expect(seal("-o", "lost.sealed").code).toBe(0);
  expect(seal("-o", "1.sealed", ...TWO).code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("retentionDays: 730", "retentionDays: 365"));
  const late = order(
    "amend",
    "order.yaml",
    "--device",
    DEVICE,
    "--last",
    "lost.sealed",
    ...WITH_VAULT,
    "-o",
    "2.sealed",
  );
  // Said before anyone is asked whether he is sure.
  expect(late.err).toMatch(/\[order\.not-latest\]\nhint: .*order seal/);
  expect(amend().code).toBe(0);
});

test("what opens a zone without touching it takes two people as well, and what is on paper takes one", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  for (const [was, is, field] of [
    ["widthM: 80", "widthM: 4000", "corridors"],
    ["to: 2027-12-01", "to: 2026-12-02", "to"],
    [
      "timezone: Asia/Tokyo",
      'timezone: Asia/Tokyo\nutcOffsets: [{from: 2026-12-01T00:00:00Z, offset: "-08:00"}]',
      "utcOffsets",
    ],
  ]) {
    put("order.yaml", ORDER_YAML.replace(was, is));
    expect(amend("--reason", "moved").err, field).toMatch(new RegExp(`\\(${field}\\).*\\[order\\.needs-two\\]`));
  }
  put("order.yaml", ORDER_YAML.replace("phone: 03-1111-1111", "phone: 03-2222-2222"));
  expect(amend().code).toBe(0);
});

test("an amendment that changes nothing is not sealed, and uses no number up", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  expect(amend().err).toContain("[order.unchanged]");
  putRequest("r.json", { change: { kind: "alter", zone: workZone() } });
  const signed = order(
    "sign",
    "r.json",
    "--last",
    "1.sealed",
    "--agreed-by",
    "K. Mori",
    "--yes",
    ...WITH_VAULT,
    "-o",
    "2.sealed",
  );
  expect(signed.err).toContain("[order.unchanged]");
  expect(existsSync(path.join(desk.cwd, "2.sealed"))).toBe(false);
  put("order.yaml", ORDER_YAML.replace("retentionDays: 730", "retentionDays: 365"));
  expect(amend("--json").out).toContain('"counter":2');
});

function workZone(): object {
  return (parse(ORDER_YAML) as { zones: object[] }).zones[0];
}

test("an end is of the order that stands on the device, and another is refused with its name", () => {
  expect(end("--order", "2026-17", "-o", "e").err).toContain("[order.never-sealed]");
  expect(seal("-o", "1.sealed").code).toBe(0);
  expect(end("--order", "typo", "-o", "e").err).toMatch(/not typo \[order\.other-standing\]\nhint: .*2026-17/);
  expect(end("--order", "2026-17", "-o", "e", "--agreed-by", "a.SATO").err).toContain("[cli.repeated-option]");
  // The number was not used up: the order can still be amended.
  put("order.yaml", ORDER_YAML.replace("retentionDays: 730", "retentionDays: 365"));
  expect(amend().code).toBe(0);
  expect(end("--order", "2026-17", "-o", "e").code).toBe(0);
  expect(end("--order", "2026-17", "-o", "f").err).toContain("[order.none-standing]");
  expect(existsSync(path.join(desk.cwd, "f"))).toBe(false);
});

test("an end says until when records are kept, and has the archive count from there", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  mkdirSync(path.join(desk.cwd, "witness"));
  const keys = openOrderKeys(path.join(desk.cwd, "witness", "order-keys"));
  keys.keyOf("2026-17");
  const before = Date.now();
  const ended = end("--order", "2026-17", "-o", "e.sealed", "--witness", "witness", "--json");
  expect(ended.code, ended.err).toBe(0);
  const { keptUntil } = JSON.parse(ended.out) as { keptUntil: string };
  const dueMs = Date.parse(keptUntil);
  expect(dueMs - 730 * 86_400_000).toBeGreaterThanOrEqual(before);
  expect(ended.err).toContain(`kept until ${keptUntil.slice(0, 10)}`);
  expect(openOrderKeys(path.join(desk.cwd, "witness", "order-keys")).status(before)).toMatchObject([
    { order: "2026-17", dueMs },
  ]);
  expect(order("show", "e.sealed", "--public-keys", "keys.json", "--for", "wearer").err).toContain(
    "records are kept until",
  );
});

test("an end without the archive says what to run there, and an order that stands elsewhere keeps its records", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  const other = order("seal", "order.yaml", "--device", "OMB-000124", ...WITH_VAULT, "-o", "o.sealed");
  expect(other.code, other.err).toBe(0);
  const first = end("--order", "2026-17", "-o", "e.sealed", "--json");
  expect(first.err).toMatch(/2026-17 still stands for OMB-000124/);
  expect(first.out).not.toContain("keptUntil");
  const last = order("end", "--device", "OMB-000124", "--order", "2026-17", ...TWO, ...WITH_VAULT, "-o", "f.sealed");
  expect(last.err).toMatch(/omamori evidence retention end --end f.sealed --public-keys public.json --witness FOLDER/);
  expect(end("--order", "2026-17", "-o", "x", "--witness", "nowhere").err).toContain("[cli.cannot-read]");
});

test("a name is a person's: blanks and dashes name nobody, and one person is not two", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  const by = (one: string, other: string) =>
    amend("--requested-by", one, "--agreed-by", other, "--reason", "moved").err;
  for (const name of ["  ", "-", "\u200b", "　"]) expect(by(name, "K. Mori"), name).toMatch(/\[cli\.bad-(name|text)\]/);
  expect(by("", "K. Mori")).toContain("[cli.missing-value]");
  for (const [one, other] of [
    ["A. Sato", " a.sato"],
    ["Ａ．Ｓａｔｏ", "A. SATO"],
    ["佐藤 花子", "佐藤　花子"],
  ])
    expect(by(one, other), other).toContain("[order.one-person]");
  expect(amend("--requested-by", "A. Sato", "--agreed-by", "K. Mori", "--reason", " ").err).toContain("[cli.bad-text]");
});

test("a vault of an older version goes on counting, and ends an order that the last sealed file names", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  toVersion1();
  put("other.yaml", ORDER_YAML.replace("2026-17", "2026-18"));
  expect(seal("-o", "x").err).toContain("[order.sealed-before]");
  put("order.yaml", ORDER_YAML.replace("retentionDays: 730", "retentionDays: 365"));
  expect(amend("--json").out).toContain('"counter":2');
  toVersion1();
  expect(end("--order", "2026-17", "-o", "e").err).toMatch(/\[order\.last-needed\]\nhint: .*--last/);
  expect(end("--order", "2026-17", "--last", "1.sealed", "-o", "e").err).toContain("[order.not-latest]");
  expect(end("--order", "typo", "--last", "2.sealed", "-o", "e").err).toContain("[order.other-standing]");
  const ended = end("--order", "2026-17", "--last", "2.sealed", "-o", "e", "--json");
  expect(ended.out, ended.err).toContain('"counter":3');
});

/** The vault as version 1 had it: numbers in the audit alone. */

function toVersion1(): void {
  const name = path.join(desk.cwd, "omamori.vault");
  const bytes = file("omamori.vault");
  const key = fileKeyOf(bytes, new TextEncoder().encode(PASSPHRASE), name);
  const [, ...parts] = decode(openFile(bytes, key, name)) as CborValue[];
  writeFileSync(name, sealFile(encode([1, ...parts.slice(0, -1)]), key));
}

test("a change of zones takes two people, and a yes", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  putRequest("r.json");
  const sign = (...more: string[]) =>
    order("sign", "r.json", "--last", "1.sealed", ...WITH_VAULT, "-o", "2.sealed", ...more);
  expect(sign("--yes").err).toContain("[cli.missing-option]");
  expect(sign("--yes", "--agreed-by", "a. sato ").err).toContain("[order.one-person]");
  expect(sign("--agreed-by", "K. Mori").err).toContain("[order.not-confirmed]");
  expect(existsSync(path.join(desk.cwd, "2.sealed"))).toBe(false);
});

test("whom he must avoid is two people's to change", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("protectedPersons: [A]", "protectedPersons: [B]"));
  expect(amend("--reason", "a new name").err).toMatch(/protectedPersons.*\[order\.needs-two\]/);
  expect(amend(...TWO).code).toBe(0);
});

test("on a second bracelet one person seals what stands on the first, and nothing else under its name", () => {
  const second = (...more: string[]) =>
    order("seal", "order.yaml", "--device", "OMB-000124", ...WITH_VAULT, "-o", "b.sealed", ...more);
  expect(seal("-o", "1.sealed").code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("radiusM: 300", "radiusM: 3"));
  expect(second()).toMatchObject({ code: 2, err: expect.stringMatching(/OMB-000123.*\[order\.needs-two\]/) });
  expect(second("--lang", "ja").err).toMatch(/OMB-000123.*\[order\.needs-two\]/);
  put("order.yaml", ORDER_YAML);
  expect(second("--json").out).toContain('"counter":1');
  put("order.yaml", ORDER_YAML.replace("radiusM: 300", "radiusM: 3"));
  expect(second("--force", ...TWO).code).toBe(0);
});

test("the order of a revoked device can be ended, so that retention begins", () => {
  const vault = (...args: string[]) => omamori(["vault", ...args, ...WITH_VAULT], { cwd: desk.cwd });
  expect(seal("-o", "1.sealed").code).toBe(0);
  const second = order("seal", "order.yaml", "--device", "OMB-000124", ...WITH_VAULT, "-o", "b.sealed");
  expect(second.code, second.err).toBe(0);
  expect(vault("revoke", "--device", DEVICE).err).toMatch(/2026-17 still stands on OMB-000123/);
  expect(seal("-o", "2.sealed", ...TWO).err).toContain("[vault.revoked-device]");
  const ended = end("--order", "2026-17", "-o", "end.sealed");
  expect(ended.code, ended.err).toBe(0);
  const other = order(
    "end",
    "--device",
    "OMB-000124",
    "--order",
    "2026-17",
    ...TWO,
    ...WITH_VAULT,
    "-o",
    "b-end.sealed",
  );
  expect(other.code, other.err).toBe(0);
  expect(other.err).toContain("records of 2026-17 are kept until");
});

test("the account says of every seal its order, number, reason and who asked and agreed", () => {
  expect(seal("-o", "1.sealed", "--reason", "first").code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("radiusM: 300", "radiusM: 200"));
  expect(amend(...TWO).code).toBe(0);
  expect(end("--order", "2026-17", "-o", "end.sealed").code).toBe(0);
  const audit = ["vault", "status", "--audit", ...WITH_VAULT];
  const lines = jsonLines(omamori([...audit, "--json"], { cwd: desk.cwd }).out);
  const by = { requestedBy: "A. Sato", agreedBy: "K. Mori", reason: "case 17", order: "2026-17", intact: true };
  expect(lines.filter(({ what }) => String(what).startsWith("order."))).toMatchObject([
    { what: "order.seal", counter: 1, reason: "first", requestedBy: null, agreedBy: null },
    { what: "order.amend", counter: 2, ...by },
    { what: "order.end", counter: 3, ...by },
  ]);
  expect(omamori(audit, { cwd: desk.cwd }).out).toMatch(
    /2026-17, number 2; asked for by A\. Sato, agreed to by K\. Mori: case 17/,
  );
  expect(omamori([...audit, "--lang", "ja"], { cwd: desk.cwd }).out).toContain("2 番、申請 A. Sato、同意 K. Mori");
});
