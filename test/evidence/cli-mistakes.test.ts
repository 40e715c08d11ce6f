import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bundleOf } from "../../host/cli/evidence-bundle.ts";
import { sealedBy } from "../../host/evidence/chain.ts";
import { deviceKeys, openVault } from "../../host/vault/vault.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readJournalFile, writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { chainOf } from "../../protocol/journal/examine.ts";
import { CHECKPOINT } from "../../protocol/journal/record.ts";
import { jsonLines, omamori } from "../cli/cli.ts";
import { DEVICE, fakeRecords, ORDER_ID } from "./fake-device.ts";
import { crypto } from "./small.ts";

/** What people hand over by mistake, or somebody on purpose, and what the command line makes of it. */

const folder = mkdtempSync(path.join(tmpdir(), "omamori-evidence-mistakes-"));
const at = (name: string) => path.join(folder, name);
const KEYS = at("demo.cbor.keys.json");
const VAULT = ["--vault", at("v.vault"), "--passphrase-file", at("pass")];
const OTHER = "OMB-000124";
let records: SealedRecord[];

const order = (id: string) => ({
  id,
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
});
const ok = (...args: string[]) => {
  const ran = omamori(args);
  expect([ran.code, ran.err], args.join(" ")).toEqual([0, expect.any(String)]);
  return ran;
};
const receive = (witness: string, journal: string, ...more: string[]) =>
  omamori([
    "evidence",
    "receive",
    ...VAULT,
    "--device",
    DEVICE,
    "--order",
    ORDER_ID,
    "--witness",
    witness,
    "--journal",
    journal,
    ...more,
  ]);
const exportTo = (file: string, ...more: string[]) =>
  omamori(["evidence", "export", ...VAULT, "--device", DEVICE, "--witness", at("witness"), "-o", at(file), ...more]);

beforeAll(() => {
  ok("evidence", "demo", "-o", at("demo.cbor"), "--journal-out", at("demo.bin"));
  writeFileSync(at("pass"), "correct horse battery\n", { mode: 0o600 });
  ok("vault", "init", ...VAULT);
  ok("vault", "export-station", ...VAULT, "--device", DEVICE, OTHER, "-o", at("station.json"));
  ok("vault", "export-public", ...VAULT, "-o", at("public.json"));
  for (const [device, id] of [
    [DEVICE, ORDER_ID],
    [OTHER, "R8-18"],
  ]) {
    writeFileSync(at(`${id}.json`), JSON.stringify(order(id)));
    ok("order", "seal", at(`${id}.json`), "--device", device, ...VAULT, "-o", at(`${id}.sealed`));
  }
  const key = deviceKeys(openVault(at("v.vault"), Buffer.from("correct horse battery")), DEVICE).keys[PURPOSE_JOURNAL];
  const fake = fakeRecords(30);
  const chain = chainOf(crypto, key, new Set(fake.map(({ epoch }) => epoch)));
  records = fake.map((record) => sealedBy(crypto, chain.get(record.epoch)!, record));
  writeFileSync(at("early.bin"), writeRecordFile(records.slice(0, 20)));
  writeFileSync(at("journal.bin"), writeRecordFile(records));
  expect(receive(at("witness"), at("early.bin")).code).toBe(0);
});

test("heads that are damaged, emptied or taken away are refused by name, and stay as they are", () => {
  const heads = readFileSync(at("witness/heads"));
  const flipped = Buffer.from(heads);
  flipped[4 + 6 + 20] ^= 1;
  const long = Buffer.from(Buffer.concat([heads, heads.subarray(4)]));
  long[4] = 0x70;
  const broken = {
    garbage: Buffer.alloc(400, 0xa5),
    empty: Buffer.alloc(0),
    long,
    first: Buffer.concat([flipped, heads.subarray(4)]),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    cpSync(at("witness"), at(name), { recursive: true });
    writeFileSync(at(`${name}/heads`), bytes);
    const refused = receive(at(name), at("journal.bin"));
    expect(refused, name).toMatchObject({
      code: 2,
      err: expect.stringMatching(/heads: .*damaged at 0 \[witness\.damaged\]/),
    });
    expect(readFileSync(at(`${name}/heads`))).toEqual(bytes);
  }
  cpSync(at("witness"), at("gone"), { recursive: true });
  rmSync(at("gone/heads"));
  expect(receive(at("gone"), at("journal.bin")).err).toContain("[witness.damaged]");
});

test("a last head that a power cut left unfinished is left out, kept beside the file, and said", () => {
  cpSync(at("witness"), at("torn/witness"), { recursive: true });
  const whole = readFileSync(at("torn/witness/heads"));
  truncateSync(at("torn/witness/heads"), whole.length - 9);
  const { code, err } = receive(at("torn/witness"), at("early.bin"));
  expect([code, err]).toEqual([0, expect.stringContaining("[witness.torn]")]);
  expect(readFileSync(at("torn/witness/heads.torn")).length).toBe(whole.length - 4 - 9);
  expect(readFileSync(at("torn/witness/heads")).length).toBe(whole.length);
});

test("records that no head holds are told of at export, and a second receipt within the minute signs them", () => {
  const loose = exportTo("loose.cbor", "--journal", at("journal.bin"), "--json");
  const unsigned = records.length - 20;
  expect([loose.code, loose.err]).toEqual([0, expect.stringContaining(`${unsigned} of these`)]);
  expect(jsonLines(loose.out)[0]).toMatchObject({ kind: "exported", records: records.length, unsigned });
  expect(receive(at("witness"), at("journal.bin")).err).toContain(`the log has ${records.length} leaves`);
  expect(exportTo("whole.cbor").err).not.toContain("warning");
});

test("another device's order, a program that is none and a list that is none are refused at export", () => {
  expect(exportTo("x.cbor", "--order", at("R8-18.sealed")).err).toContain("[order.other-device]");
  writeFileSync(at("random"), Buffer.from(Array.from({ length: 900 }, (_, i) => (i * 7919) % 251)));
  expect(exportTo("x.cbor", "--image", at("random")).err).toContain("[evidence.no-program]");
  expect(exportTo("x.cbor", "--releases", at("random")).err).toContain("[image.bad-release-list]");
  expect(existsSync(at("x.cbor"))).toBe(false);
  const { image } = bundleOf(Uint8Array.from(readFileSync(at("demo.cbor"))), "demo");
  writeFileSync(at("foreign.list"), image.releases);
  expect(exportTo("x.cbor", "--releases", at("foreign.list")).err).toContain("[image.bad-release-list]");
  const foreign = ["--keys", at("public.json"), "--releases", at("foreign.list")];
  expect(omamori(["evidence", "verify", at("demo.cbor"), ...foreign]).err).toContain("[evidence.releases-foreign]");
  const verify = (...more: string[]) =>
    omamori(["evidence", "verify", at("demo.cbor"), ...more, "--releases", at("random")]);
  for (const more of [[], ["--keys", KEYS]])
    expect(verify(...more)).toMatchObject({ code: 2, err: expect.stringContaining("[image.bad-release-list]") });
});

test("a bundle without a maker's name names none, and one that is altered is not ticked as signed", () => {
  const fine = omamori(["evidence", "verify", at("whole.cbor"), "--keys", at("public.json")]);
  expect(fine.out).toMatch(/\nMade [-0-9: UTC+.]+\n/);
  const bytes = readFileSync(at("demo.cbor"));
  bytes[bytes.length - 20_000] ^= 8;
  writeFileSync(at("flipped.cbor"), bytes);
  const { out } = omamori(["evidence", "verify", at("flipped.cbor"), "--keys", KEYS]);
  expect(out).toContain("– Signature: the table of contents is signed by the agency's key");
});

test("keys from before a rotation are said to be that, and nothing is called altered", () => {
  copyFileSync(at("public.json"), at("old.json"));
  ok("vault", "rotate", ...VAULT, "--signing-key", "heads");
  ok("vault", "export-public", ...VAULT, "-o", at("new.json"));
  expect(exportTo("rotated.cbor", "--order", at(`${ORDER_ID}.sealed`)).code).toBe(0);
  const { code, out } = omamori(["evidence", "verify", at("rotated.cbor"), "--keys", at("old.json")]);
  expect(code).toBe(12);
  expect(out).toMatch(/NOT SIGNED[\s\S]*✗ Signature: signed by a key \([0-9a-f]{16}\) that is not in this file/);
  expect(out).not.toContain("ALTERED");
  const now = omamori(["evidence", "verify", at("rotated.cbor"), "--keys", at("new.json")]);
  expect([now.code, now.out]).toEqual([13, expect.stringContaining("✓ Signature")]);
});

test("a gap and what could not be run for it end in 13, and the verdict says so", () => {
  const all = readJournalFile(readFileSync(at("demo.bin")), "demo");
  const whole = omamori(["replay", at("demo.bin"), "--order", at("demo.bin.order")]);
  expect([whole.code, whole.err]).toEqual([0, expect.stringContaining("seals unchecked")]);
  const second = all.findIndex(({ kind }, i) => i > 0 && kind === CHECKPOINT);
  const lost = (second < 0 ? all.length : second) >> 1;
  writeFileSync(at("gap.bin"), writeRecordFile(all.filter((_, i) => i !== lost)));
  const { code, out } = omamori(["replay", at("gap.bin"), "--order", at("demo.bin.order")]);
  expect(code).toBe(13);
  expect(out).toContain("as far as it was run");
});

test("a file in a folder's place, a cut journal and lost keys are told as what they are", () => {
  expect(receive(at("journal.bin"), at("journal.bin"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("[witness.no-folder]"),
  });
  writeFileSync(at("cut.bin"), readFileSync(at("journal.bin")).subarray(0, 200));
  expect(receive(at("witness"), at("cut.bin")).err).toMatch(/it is cut off \[journal\.bad-file\]/);
  cpSync(at("witness"), at("keyless"), { recursive: true });
  rmSync(at("keyless/order-keys"));
  expect(receive(at("keyless"), at("journal.bin")).err).toContain("[evidence.no-order-key]");
  expect(existsSync(at("keyless/order-keys"))).toBe(false);
  expect(omamori(["trace", "convert", at("demo.bin"), "--to", "csv"]).err).toContain("seals unchecked");
});
