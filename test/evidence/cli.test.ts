import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sealedBy } from "../../host/evidence/chain.ts";
import { makeDemo } from "../../host/evidence/demo.ts";
import { deviceKeys, openVault } from "../../host/vault/vault.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { nextRatchet, recordKey } from "../../protocol/journal/record.ts";
import { jsonLines, omamori } from "../cli/cli.ts";
import { DEVICE, fakeRecords, ORDER_ID } from "./fake-device.ts";
import { crypto } from "./small.ts";

const folder = mkdtempSync(path.join(tmpdir(), "omamori-evidence-cli-"));
const at = (name: string) => path.join(folder, name);
const KEYS = at("demo.cbor.keys.json");

beforeAll(() => {
  const { code, err } = omamori(["evidence", "demo", "-o", at("demo.cbor")]);
  expect([code, err]).toEqual([0, `wrote ${at("demo.cbor")}\nwrote ${KEYS}\n`]);
});

test("the demonstration verifies, says what it shows, and is the same for a seed", () => {
  const { code, out } = omamori(["evidence", "verify", at("demo.cbor"), "--keys", KEYS]);
  expect(code).toBe(0);
  expect(out).toContain("genuine: every check passed");
  expect(out).toMatch(/✓ Re-run: release 0\.1\.0/);
  expect(out).toMatch(/uncertain by about|claimed no accuracy/);
  expect(out).toContain("Not witnessed before");
  omamori(["evidence", "demo", "-o", at("again.cbor"), "--seed", "1"]);
  expect(readFileSync(at("again.cbor"))).toEqual(readFileSync(at("demo.cbor")));
});

test("one flipped bit gives 12 and a place in words, in both languages and for programs", () => {
  const bytes = readFileSync(at("demo.cbor"));
  bytes[bytes.length - 20_000] ^= 8;
  writeFileSync(at("flipped.cbor"), bytes);
  const verify = (...more: string[]) => omamori(["evidence", "verify", at("flipped.cbor"), "--keys", KEYS, ...more]);
  const english = verify();
  expect(english.code).toBe(12);
  expect(english.out).toMatch(/ALTERED[\s\S]*1 altered place:\n {2}.*bytes \d+ to \d+/);
  expect(verify("--lang", "ja").out).toContain("改変された 1 か所");
  const [json] = jsonLines(verify("--json").out);
  expect(json).toMatchObject({ kind: "evidence", outcome: "altered", places: [{ what: "piece" }] });
});

test("without keys the exit code is 13, and what is no bundle at all is altered", () => {
  expect(omamori(["evidence", "verify", at("demo.cbor")]).code).toBe(13);
  writeFileSync(at("noise"), "hello");
  expect(omamori(["evidence", "verify", at("noise"), "--keys", KEYS]).code).toBe(12);
  expect(omamori(["evidence", "verify", at("absent")]).code).toBe(2);
});

test("a page is written that names nothing from elsewhere", () => {
  omamori(["evidence", "verify", at("demo.cbor"), "--keys", KEYS, "--report", at("page.html"), "--lang", "ja"]);
  const page = readFileSync(at("page.html"), "utf8");
  expect(page).toContain('<html lang="ja">');
  expect(page).not.toMatch(/https?:|<script|src=/);
});

test("a bundle is replayed on this checkout's machine, and its journal is a trace", () => {
  const { code, out } = omamori(["replay", at("demo.cbor")]);
  expect([code, out.split("\n")[1]]).toEqual([0, "the machine makes of the inputs what was recorded, to the byte"]);
  expect(omamori(["replay", at("demo.cbor"), "--engine", "bundle", "--json"]).code).toBe(0);
  expect(omamori(["replay", at("noise")]).err).toContain("[cli.missing-option]");
});

test("from the vault to the court: receive, export, verify, for the court and for the wearer", () => {
  writeFileSync(at("pass"), "correct horse battery\n", { mode: 0o600 });
  const vault = ["--vault", at("v.vault"), "--passphrase-file", at("pass")];
  expect(omamori(["vault", "init", ...vault]).code).toBe(0);
  expect(omamori(["vault", "export-station", ...vault, "--device", DEVICE, "-o", at("station.json")]).code).toBe(0);
  expect(omamori(["vault", "export-public", ...vault, "-o", at("public.json")]).code).toBe(0);
  const journalKey = deviceKeys(openVault(at("v.vault"), Buffer.from("correct horse battery")), DEVICE).keys[
    PURPOSE_JOURNAL
  ];
  const records = fakeRecords(30).map((record) => {
    let ratchet = journalKey;
    for (let i = 0; i < record.epoch; i++) ratchet = nextRatchet(crypto, ratchet);
    return sealedBy(crypto, recordKey(crypto, ratchet), record);
  });
  writeFileSync(at("journal.bin"), writeRecordFile(records));
  const files = [...vault, "--witness", at("witness"), "--journal", at("journal.bin")];
  const common = [...files, "--device", DEVICE];
  const received = omamori(["evidence", "receive", ...common, "--order", ORDER_ID]);
  expect([received.code, received.err]).toEqual([0, expect.stringContaining(`${records.length} of ${records.length}`)]);
  for (const whom of ["court", "subject"]) {
    const exported = omamori([
      "evidence",
      "export",
      ...common,
      "--for",
      whom,
      "--by",
      "station 4",
      "-o",
      at(`${whom}.cbor`),
    ]);
    expect([exported.code, exported.err]).toEqual([0, expect.stringContaining(`${records.length} records`)]);
    const [json] = jsonLines(
      omamori(["evidence", "verify", at(`${whom}.cbor`), "--keys", at("public.json"), "--json"]).out,
    );
    expect(json).toMatchObject({ outcome: "unproven", records: records.length, witnessed: records.length, gaps: [] });
  }
  const other = omamori(["evidence", "export", ...files, "--device", "OMB-9", "-o", at("other.cbor")]);
  expect(other.err).toContain("[vault.unknown-device]");
});

test("a device's journal is a trace: every fix that its machine was given", () => {
  writeFileSync(at("ride.journal"), writeRecordFile(makeDemo(1, "court", new Uint8Array(0)).records));
  const csv = omamori(["trace", "convert", at("ride.journal"), "--to", "csv"]);
  expect(csv.code).toBe(0);
  const rows = csv.out.trim().split("\n");
  expect(rows.length).toBeGreaterThan(50);
  expect(rows[1]).toContain("2016-02-02T");
  expect(omamori(["trace", "info", "--json", at("ride.journal")]).out).toContain('"format":"journal"');
});

test("retention: status, end, hold and shred", () => {
  const witness = ["--witness", at("witness")];
  const run = (...args: string[]) => omamori(["evidence", "retention", ...args, ...witness]);
  expect(run("status").out).toContain(`${ORDER_ID}: kept`);
  expect(run("end", ORDER_ID, "--at", "2020-01-01T00:00Z", "--days", "30").out).toContain("due since 2020-01-31");
  expect(run("hold", ORDER_ID, "--until", "2999-01-01T00:00Z", "--reason", "appeal").code).toBe(2);
  expect(run("hold", ORDER_ID, "--until", "2099-01-01T00:00Z", "--reason", "appeal").out).toContain("held until 2099");
  expect(run("shred").out).toBe("nothing is due\n");
  expect(run("hold", ORDER_ID, "--lift", "--reason", "over").code).toBe(0);
  expect(run("shred").out).toContain(`${ORDER_ID}: key destroyed`);
});
