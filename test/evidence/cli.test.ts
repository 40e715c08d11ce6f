import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sealedBy } from "../../host/evidence/chain.ts";
import { makeDemo } from "../../host/evidence/demo.ts";
import { bundleIn } from "../../host/evidence/verify.ts";
import { openWitness } from "../../host/evidence/witness.ts";
import { decodeSealedFile, encodeSealedFile } from "../../host/orders/sealed-file.ts";
import { deviceKeys, openVault } from "../../host/vault/vault.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { inspect } from "../../protocol/evidence/layout.ts";
import { ALERT, nextRatchet, recordKey } from "../../protocol/journal/record.ts";
import { decodeAlert, encodeAlert } from "../../protocol/messages/alert.ts";
import { jsonLines, omamori } from "../cli/cli.ts";
import { DEVICE, fakeRecords, ORDER_ID } from "./fake-device.ts";
import { crypto, sha256 } from "./small.ts";

const ORDER = {
  id: ORDER_ID,
  person: { name: "A" },
  court: { name: "B" },
  from: "2026-01-01T00:00:00Z",
  utcOffsets: [{ from: "2026-01-01T00:00:00Z", offset: "+09:00" }],
  protectedPersons: ["P"],
  retentionDays: 30,
  zones: [
    {
      type: "Feature",
      geometry: { type: "Point", coordinates: [139.767, 35.681] },
      properties: { id: "home", radiusM: 300, kind: "exclusion", disclosed: true },
    },
  ],
};
const TWO = ["--requested-by", "A. Sato", "--agreed-by", "K. Mori", "--reason", "over"];
const folder = mkdtempSync(path.join(tmpdir(), "omamori-evidence-cli-"));
const at = (name: string) => path.join(folder, name);
const KEYS = at("demo.cbor.keys.json");

/** The sealed order that a bundle encloses, as its file would be. */
function demoOrderOf(file: string): Uint8Array {
  const read = bundleIn(inspect(Uint8Array.from(readFileSync(file)), sha256).sections!);
  if (!read.ok) throw new Error(read.reason);
  const [item] = read.bundle.orders;
  if (!("sealed" in item)) throw new Error("held back");
  return encodeSealedFile(decodeSealedFile(item.sealed, file));
}

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

test("without keys the exit code is 13", () => {
  expect(omamori(["evidence", "verify", at("demo.cbor")]).code).toBe(13);
  expect(omamori(["evidence", "verify", at("absent")]).code).toBe(2);
});

test("what is no bundle at all is a mistake in the command, and what is left of a bundle is altered", () => {
  writeFileSync(at("noise"), "hello");
  writeFileSync(at("zeros"), new Uint8Array(4000));
  for (const file of [at("noise"), at("zeros"), KEYS, "package.json"])
    expect(omamori(["evidence", "verify", file, "--keys", KEYS])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("[evidence.not-a-bundle]"),
    });
  const whole = readFileSync(at("demo.cbor"));
  const remains = {
    name: Buffer.concat([Buffer.alloc(20), whole.subarray(20)]),
    letter: Buffer.concat([whole.subarray(0, 5), Buffer.from("X"), whole.subarray(6)]),
    start: whole.subarray(0, 30),
    mail: Buffer.concat([Buffer.from("From: a\n\n"), whole]),
  };
  for (const [name, bytes] of Object.entries(remains)) {
    writeFileSync(at(name), bytes);
    expect(omamori(["evidence", "verify", at(name), "--keys", KEYS]).code, name).toBe(12);
  }
});

test("another agency's keys are said to be that: the form is sound, and no place is called altered", () => {
  omamori(["evidence", "demo", "-o", at("other-agency.cbor"), "--seed", "9"]);
  const verify = (file: string, ...more: string[]) =>
    omamori(["evidence", "verify", at(file), "--keys", at("other-agency.cbor.keys.json"), ...more]);
  const { code, out } = verify("demo.cbor");
  expect(code).toBe(12);
  expect(out).toMatch(/NOT SIGNED by any of the keys given[\s\S]*✓ Form[\s\S]*✗ Signature: nothing in it is signed/);
  expect(out).not.toContain("ALTERED");
  const [json] = jsonLines(verify("demo.cbor", "--json").out);
  expect(json).toMatchObject({
    outcome: "altered",
    places: [],
    steps: [{ outcome: "passed" }, { code: "evidence.keys-foreign" }],
  });
  const bytes = readFileSync(at("demo.cbor"));
  // The signature's own bytes: behind the name and the table, and before the sections.
  bytes[20 + 8 + 36 * 7 + 2 + 5] ^= 1;
  writeFileSync(at("signature.cbor"), bytes);
  const own = omamori(["evidence", "verify", at("signature.cbor"), "--keys", KEYS]);
  expect([own.code, own.out]).toEqual([12, expect.stringMatching(/ALTERED[\s\S]*the signature \(bytes/)]);
});

test("what is given in a file's place is named: keys that are none, an order that is none", () => {
  expect(omamori(["evidence", "verify", at("demo.cbor"), "--keys", at("demo.cbor")])).toMatchObject({
    code: 2,
    err: expect.stringContaining("[vault.bad-public-keys]"),
  });
  expect(omamori(["replay", at("demo.cbor"), "--order", KEYS]).err).toMatch(/keys\.json .*\[order\.not-sealed\]/);
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
  expect(omamori(["replay", at("noise")]).err).toContain("[trace.unknown-format]");
  writeFileSync(at("empty"), "");
  expect(omamori(["replay", at("empty")]).err).toContain("[trace.empty]");
  writeFileSync(at("day.csv"), "time,lat,lon\n2026-01-01T00:00:00Z,35,139\n2026-01-01T00:01:00Z,35,139\n");
  expect(omamori(["replay", at("day.csv")]).err).toContain("[cli.missing-option]");
  const altered = readFileSync(at("demo.cbor"));
  altered[4] ^= 1;
  writeFileSync(at("renamed.cbor"), altered);
  expect(omamori(["replay", at("renamed.cbor")]).err).toContain("[evidence.bundle-altered]");
});

test.each([
  ["--report", "x.html"],
  ["--receiver", "ideal"],
  ["--seed", "3"],
  ["--delay-s", "30"],
  ["--heartbeat-s", "600"],
  ["--force"],
])("%s has no meaning where a bundle is run again, and is refused", (...option) => {
  const { code, out, err } = omamori(["replay", at("demo.cbor"), ...option]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(`${option[0]} has no meaning`);
  expect(err).toMatch(/\[replay\.option-without-zones\]\n.*--zones/);
});

test("over zones a span of a journal is refused, and two journals are run one at a time", () => {
  const zones = at("zones.geojson");
  writeFileSync(zones, JSON.stringify({ type: "Point", coordinates: [-118.45, 34.02] }));
  for (const option of ["--from", "--to"])
    expect(omamori(["replay", at("demo.cbor"), "--zones", zones, option, "2026-01-01T00:00Z"]).err).toContain(
      "[replay.option-with-zones]",
    );
  expect(omamori(["replay", at("demo.cbor"), at("demo.cbor")]).err).toContain("[replay.one-journal]");
});

test("of a wearer's bundle the replay says in words what cannot be run, and that is not a difference", () => {
  omamori(["evidence", "demo", "-o", at("wearer.cbor"), "--for", "subject"]);
  const { code, out } = omamori(["replay", at("wearer.cbor")]);
  expect(code).toBe(13);
  expect(out).toMatch(/held back in this bundle: \d+ records in part, 1 order\..*zones/);
  expect(out).toContain("the order is in force, and it is held back");
  expect(out).not.toContain("DIFFERENT");
  expect(omamori(["replay", at("wearer.cbor"), "--lang", "ja"]).out).toContain("伏せられている");
  expect(jsonLines(omamori(["replay", at("wearer.cbor"), "--json"]).out)[0]).toMatchObject({
    heldBack: { orders: 1 },
    differences: [],
  });
});

test("a difference is told in words: the record, when, what the journal says and what this code makes", () => {
  const { records } = makeDemo(1, "court", new Uint8Array(0));
  const found = decodeAlert(records.find(({ kind }) => kind === ALERT)!.body);
  if (!found.ok) throw new Error(found.reason);
  const encoded = encodeAlert({ ...found.value, zone: "c9" });
  if (!encoded.ok) throw new Error(encoded.reason);
  const at0 = records.findIndex(({ kind }) => kind === ALERT);
  const changed = records.map((record, i) => (i === at0 ? { ...record, body: encoded.bytes } : record));
  writeFileSync(at("changed.journal"), writeRecordFile(changed));
  writeFileSync(at("order.sealed"), demoOrderOf(at("demo.cbor")));
  const replay = (...more: string[]) =>
    omamori(["replay", at("changed.journal"), "--order", at("order.sealed"), ...more]);
  const { code, out } = replay();
  expect(code).toBe(14);
  expect(out).toMatch(/DIFFERENT at record \d+, 2016-02-02 .* UTC: this code makes something else/);
  expect(out).toMatch(/the journal says: +alert 1, .*zone “c9” entered; .*boundary/);
  expect(out).toMatch(/this code now makes: alert 1, .*zone “c\d” entered/);
  expect(out).toMatch(/they differ in: zone \(c9 → c\d\)/);
  expect(out).not.toContain('{"');
  expect(replay("--lang", "ja").out).toMatch(/相違: 記録 \d+/);
  expect(jsonLines(replay("--json").out)[0].differences).toMatchObject([
    { record: records[at0].number, what: "other", fields: ["zone"], recorded: expect.stringMatching(/^[0-9a-f]+$/) },
  ]);
});

test("a bundle is looked at as a recording, and the way to its checks is told", () => {
  const { code, out, err } = omamori(["trace", "info", at("demo.cbor")]);
  expect([code, out]).toEqual([0, expect.stringMatching(/format +bundle/)]);
  expect(err).toMatch(/omamori evidence verify.*omamori replay/);
  const csv = omamori(["trace", "convert", at("demo.cbor"), "--to", "csv"]);
  expect([csv.code, csv.out.split("\n").length]).toEqual([0, expect.any(Number)]);
  expect(omamori(["trace", "info", at("flipped.cbor")]).err).toContain("[evidence.bundle-altered]");
});

test("from the vault to the court: receive, export, verify, for the court and for the wearer", () => {
  writeFileSync(at("pass"), "correct horse battery\n", { mode: 0o600 });
  const vault = ["--vault", at("v.vault"), "--passphrase-file", at("pass")];
  expect(omamori(["vault", "init", ...vault]).code).toBe(0);
  expect(omamori(["vault", "export-station", ...vault, "--device", DEVICE, "-o", at("station.json")]).code).toBe(0);
  expect(omamori(["vault", "export-public", ...vault, "-o", at("public.json")]).code).toBe(0);
  writeFileSync(at("order.json"), JSON.stringify(ORDER));
  const seal = omamori([
    "order",
    "seal",
    at("order.json"),
    "--device",
    DEVICE,
    ...vault,
    "-o",
    at("order.sealed-file"),
  ]);
  expect([seal.code, seal.err]).toEqual([0, expect.any(String)]);
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
  refusesOtherOrders(common);
  signsAtTheEnd(common, records);
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
  // One that somebody wrote into the flash.
  const forged = { ...records[2], number: records.length + 1, tag: new Uint8Array(8) };
  writeFileSync(at("forged.bin"), writeRecordFile([...records, forged]));
  const evil = [...vault, "--device", DEVICE, "--witness", at("witness"), "--journal", at("forged.bin")];
  for (const command of [
    ["export", "-o", at("forged.cbor")],
    ["receive", "--order", ORDER_ID],
  ]) {
    const refused = omamori(["evidence", ...command, ...evil]);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining(`1 record of ${DEVICE} (${forged.number})`),
    });
    const left = omamori(["evidence", ...command, ...evil, "--leave-out-unsealed"]);
    expect(left).toMatchObject({ code: 0, err: expect.stringContaining("[evidence.left-out]") });
  }
  const kept = omamori(["evidence", "verify", at("forged.cbor"), "--keys", at("public.json"), "--json"]);
  expect(jsonLines(kept.out)[0]).toMatchObject({ outcome: "unproven", records: records.length });
  const other = omamori(["evidence", "export", ...files, "--device", "OMB-9", "-o", at("other.cbor")]);
  expect(other.err).toContain("[vault.unknown-device]");
});

function refusesOtherOrders(common: string[]): void {
  const receive = (order: string) => omamori(["evidence", "receive", ...common, "--order", order]);
  for (const order of ["R8-99", "../../x"])
    expect(receive(order)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/knows of: R8-17 \[evidence\.order-not/),
    });
  expect(receive("R8\u001b[31m-17").err).toContain("[evidence.bad-order-id]");
}

/** Within a minute of the last head too: nobody would sign it later. */
function signsAtTheEnd(common: string[], records: ReturnType<typeof fakeRecords>): void {
  const witness = openWitness(at("witness"), { log: "" });
  expect(witness.heads().at(-1)!.head.size).toBe(records.length);
  const again = omamori(["evidence", "receive", ...common, "--order", ORDER_ID, "--json"]);
  expect(jsonLines(again.out)[0]).toMatchObject({ kind: "received", order: ORDER_ID, new: 0, leaves: records.length });
}

test("a device's journal is a trace: every fix that its machine was given", () => {
  writeFileSync(at("ride.journal"), writeRecordFile(makeDemo(1, "court", new Uint8Array(0)).records));
  const csv = omamori(["trace", "convert", at("ride.journal"), "--to", "csv"]);
  expect(csv.code).toBe(0);
  const rows = csv.out.trim().split("\n");
  expect(rows.length).toBeGreaterThan(50);
  expect(rows[1]).toContain("2016-02-02T");
  expect(omamori(["trace", "info", "--json", at("ride.journal")]).out).toContain('"format":"journal"');
});

test("a folder without an archive is told to be that", () => {
  for (const command of [
    ["status"],
    ["shred"],
    ["hold", "A", "--lift", ...TWO],
    ["end", "A", "--at", "2026-01-01T00:00Z", "--days", "3"],
  ])
    expect(omamori(["evidence", "retention", ...command, "--witness", at("nowhere")])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("[evidence.no-archive]"),
    });
});

test.each([
  ["evidence", "export"],
  ["evidence", "receive"],
  ["evidence", "verify"],
  ["evidence", "demo"],
  ["evidence", "retention", "status"],
  ["evidence", "retention", "end"],
  ["evidence", "retention", "hold"],
  ["evidence", "retention", "shred"],
  ["replay"],
  ["trace", "convert"],
])("the help of %s %s shows how it is used", (...line) => {
  for (const lang of ["en", "ja"])
    expect(omamori([...line, "--help", "--lang", lang]).out).toContain(`\n  omamori ${line.join(" ")} `);
});

test("the help of replay and convert names journals and bundles", () => {
  expect(omamori(["replay", "--help"]).out).toMatch(/omamori replay journal\.bin[\s\S]*omamori|omamori replay bundle/);
  expect(omamori(["trace", "convert", "--help"]).out).toContain("omamori trace convert journal.bin");
});

const retention = (...args: string[]) => omamori(["evidence", "retention", ...args, "--witness", at("witness")]);

test("one person cannot have evidence destroyed: an end that shortens, a shredding and a lifted hold take two and a reason", () => {
  expect(retention("status").out).toContain(`${ORDER_ID}: kept`);
  const end = ["end", ORDER_ID, "--at", "2020-01-01T00:00Z", "--days", "30"];
  for (const args of [end, [...end, "--reason", "x"], [...end, ...TWO.slice(0, 4)]])
    expect(retention(...args)).toMatchObject({ code: 2, err: expect.stringContaining("[order.needs-two]") });
  expect(retention(...end, "--requested-by", "A. Sato", "--agreed-by", "a sato", "--reason", "x").err).toContain(
    "[order.one-person]",
  );
  expect(retention(...end, ...TWO).out).toContain("due since 2020-01-31");
  // Longer is one person's to say.
  expect(retention("end", ORDER_ID, "--at", "2020-01-01T00:00Z", "--days", "60").out).toContain("due since 2020-03-01");
  const past = retention("hold", ORDER_ID, "--until", "2020-01-01T00:00Z", "--reason", "appeal");
  expect(past.err).toContain("[evidence.hold-past]");
  expect(retention("hold", ORDER_ID, "--until", "2999-01-01T00:00Z", "--reason", "appeal").code).toBe(2);
  const held = retention("hold", ORDER_ID, "--until", "2099-01-01T00:00Z", "--reason", "appeal", "--json");
  expect(jsonLines(held.out)[0]).toMatchObject({ kind: "retention", order: ORDER_ID, state: "held", reason: "appeal" });
  expect(retention("shred").out).toBe("nothing is due\n");
  const lift = ["hold", ORDER_ID, "--lift"];
  expect(retention(...lift, "--reason", "over").err).toContain("[order.needs-two]");
  expect(retention(...lift, ...TWO).err).toContain("[evidence.not-confirmed]");
  expect(retention(...lift, ...TWO, "--yes").code).toBe(0);
  expect(retention("shred").err).toContain("[order.needs-two]");
  expect(retention("shred", ...TWO).err).toContain("[evidence.not-confirmed]");
  expect(retention("status").out).toContain("due since");
});

test("a signed end says when records go; who would not have them go so soon needs no second person", () => {
  const vault = ["--vault", at("v.vault"), "--passphrase-file", at("pass")];
  const ended = omamori([
    "order",
    "end",
    "--device",
    DEVICE,
    "--order",
    ORDER_ID,
    ...TWO,
    ...vault,
    "-o",
    at("end.sealed"),
  ]);
  expect([ended.code, ended.err]).toEqual([0, expect.any(String)]);
  const end = (file: string, ...more: string[]) =>
    retention("end", "--end", at(file), "--public-keys", at("public.json"), ...more);
  expect(end("order.sealed-file").err).toContain("[evidence.no-end]");
  expect(end("end.sealed", "R8-18").err).toContain("[evidence.other-end]");
  const [status] = jsonLines(end("end.sealed", "--json").out);
  expect(status).toMatchObject({ order: ORDER_ID, state: "kept" });
  expect(status.dueMs).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect(retention("end", ORDER_ID, "--at", "2020-01-01T00:00Z", "--days", "0").err).toContain("[order.needs-two]");
});

test("what was destroyed stands in the account, with who asked, who agreed and why", () => {
  expect(retention("end", ORDER_ID, "--at", "2020-01-01T00:00Z", "--days", "0", ...TWO).code).toBe(0);
  const { out } = retention("shred", ...TWO, "--yes");
  expect(out).toContain(`${ORDER_ID}: key destroyed`);
  const lines = jsonLines(readFileSync(at("witness/retention-account"), "utf8"));
  expect(lines.map(({ what }) => what)).toEqual(["end", "end", "hold", "lift", "end", "end", "shred"]);
  expect(lines[4]).toMatchObject({ end: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(lines.at(-1)).toMatchObject({ order: ORDER_ID, requestedBy: "A. Sato", agreedBy: "K. Mori", reason: "over" });
});
