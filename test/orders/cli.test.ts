import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { decodeSealedFile } from "../../host/orders/sealed-file.ts";
import { exportForStation } from "../../host/vault/devices.ts";
import { publicKeysText } from "../../host/vault/public-keys.ts";
import { createVault, publicKeys } from "../../host/vault/vault.ts";
import { jsonLines, omamori, type Ran } from "../cli/cli.ts";
import { ORDER_YAML, ZONES_JSON } from "./order-yaml.ts";

const PASSPHRASE = "six words that nobody would guess";
const DEVICE = "OMB-000123";
let vaultBytes: Uint8Array;
let keysText: string;
let cwd: string;

beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), "omamori-orders-"));
  const vault = createVault(path.join(folder, "v"), new TextEncoder().encode(PASSPHRASE), { logN: 10 });
  exportForStation(vault, [DEVICE, "OMB-000124"]);
  keysText = publicKeysText(publicKeys(vault));
  vaultBytes = readFileSync(path.join(folder, "v"));
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "omamori-orders-"));
  writeFileSync(path.join(cwd, "omamori.vault"), vaultBytes);
  writeFileSync(path.join(cwd, "pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
  chmodSync(path.join(cwd, "pass"), 0o600);
  put("order.yaml", ORDER_YAML);
  put("zones.geojson", ZONES_JSON);
  put("keys.json", keysText);
});

afterEach(() => rmSync(cwd, { recursive: true }));

const put = (name: string, text: string) => writeFileSync(path.join(cwd, name), text);
const file = (name: string) => readFileSync(path.join(cwd, name));
const order = (...args: string[]): Ran => omamori(["order", ...args], { cwd });
const WITH_VAULT = ["--passphrase-file", "pass"];
const seal = (...more: string[]) => order("seal", "order.yaml", "--device", DEVICE, ...WITH_VAULT, ...more);

function putRequest(name: string, more: object = {}): void {
  const request = {
    id: "r-1",
    order: "2026-17",
    device: DEVICE,
    change: { kind: "remove", zone: "school" },
    requestedBy: "A. Sato",
    at: "2026-11-25T10:00:00+09:00",
    reason: "the school has moved",
  };
  put(name, JSON.stringify({ ...request, ...more }));
}

test("an order is created from a file of zones, and shows", () => {
  const made = order("create", "--id", "2026-18", "--from-zones", "zones.geojson", "-o", "new.yaml");
  expect(made).toMatchObject({ code: 0, out: "" });
  expect(parse(file("new.yaml").toString())).toMatchObject({
    id: "2026-18",
    zones: [{ file: "zones.geojson", disclosed: true }],
  });
  expect(order("show", "new.yaml", "--for", "wearer").out).toContain("school");
  expect(order("create", "--lang", "ja").out).toContain("東京駅周辺");
  expect(JSON.parse(order("create", "--json").out)).toHaveProperty("zones");
  expect(order("create", "-o", "new.yaml").err).toContain("[cli.output-exists]");
  expect(order("create", "--timezone", "Asia/Edo").err).toContain("[order.bad-field]");
});

test("a seal has a number that only grows, over orders, amendments, requests and ends", () => {
  const counter = (name: string) => {
    const shown = order("show", name, "--public-keys", "keys.json", "--json");
    expect(shown.code, shown.err).toBe(0);
    return JSON.parse(shown.out) as Record<string, unknown>;
  };
  expect(seal("-o", "1.sealed")).toMatchObject({ code: 0, out: "" });
  expect(counter("1.sealed")).toMatchObject({
    kind: "sealed",
    device: DEVICE,
    order: "2026-17",
    counter: 1,
    verified: true,
  });
  put("order.yaml", ORDER_YAML.replace("retentionDays: 730", "retentionDays: 365"));
  const amended = order(
    "amend",
    "order.yaml",
    "--device",
    DEVICE,
    "--last",
    "1.sealed",
    "--yes",
    ...WITH_VAULT,
    "-o",
    "2.sealed",
  );
  expect(amended).toMatchObject({ code: 0, out: "~ retentionDays: 730 → 365\n" });
  putRequest("r.json");
  const sign = ["sign", "r.json", "--last", "2.sealed", "--agreed-by", "K. Mori", "--yes", ...WITH_VAULT];
  const signed = order(...sign, "-o", "3.sealed");
  expect(signed.code, signed.err).toBe(0);
  expect(signed.out).toMatch(/^- zones\.school: \{.*\}\n$/);
  expect(signed.err).toContain("the school has moved");
  expect(counter("3.sealed")).toMatchObject({
    counter: 3,
    requestedBy: "A. Sato",
    agreedBy: "K. Mori",
    reason: "the school has moved",
  });
  // From an older one nothing is made: what came between would be lost.
  expect(order(...sign, "-o", "x.sealed").err).toContain("[order.not-latest]");
  const ended = order(
    "end",
    "--device",
    DEVICE,
    "--order",
    "2026-17",
    "--reason",
    "lifted",
    ...WITH_VAULT,
    "-o",
    "4.sealed",
  );
  expect(ended.code, ended.err).toBe(0);
  expect(counter("4.sealed")).toMatchObject({ kind: "end", counter: 4, document: null });
  expect(order("show", "4.sealed", ...WITH_VAULT).err).toContain("it ends the order");
  expect(seal("-o", "5.sealed", "--json").out).toContain('"counter":5');
  // Another device has numbers of its own.
  const other = order("seal", "order.yaml", "--device", "OMB-000124", ...WITH_VAULT, "-o", "o.sealed", "--json");
  expect(jsonLines(other.out)).toMatchObject([{ kind: "sealed", device: "OMB-000124", counter: 1 }]);
});

test("a sealed order is verified and shown to each reader, and its centre's places to one only", () => {
  expect(seal("-o", "o.sealed").code).toBe(0);
  const operator = order("show", "o.sealed", ...WITH_VAULT);
  expect(operator.code, operator.err).toBe(0);
  expect(operator.out).toContain("refuge");
  expect(operator.err).toMatch(/the device gets what was signed[\s\S]*OMB-000123 takes it/);
  const wearer = order("show", "o.sealed", "--public-keys", "keys.json", "--for", "wearer", "--lang", "ja");
  expect(wearer.out).toContain("立ち入ってはならない場所");
  expect(wearer.out + wearer.err).not.toContain("refuge");
  const json = order("show", "o.sealed", "--public-keys", "keys.json", "--for", "wearer", "--json");
  expect(json.out).not.toContain("refuge");
  expect(order("show", "o.sealed", "--public-keys", "keys.json", "--html", "-o", "sheet.html").code).toBe(0);
  expect(file("sheet.html").toString()).toMatch(/^<!doctype html>/);
  const bytes = file("o.sealed");
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path.join(cwd, "o.sealed"), bytes);
  expect(order("show", "o.sealed", "--public-keys", "keys.json")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(/\[order\.(mismatch|bad-signature|not-sealed)\]/),
  });
});

test("the wearer is shown as JSON only what he is told of, sealed or not: no hidden place, no notes, no reasons", () => {
  const hidden = ORDER_YAML.replace("disclosed: true}", "disclosed: false}");
  put("order.yaml", `${hidden}\nx-note: moved near her mother\n`);
  const { code, out } = order("show", "order.yaml", "--for", "wearer", "--json");
  expect(code).toBe(0);
  expect(out).not.toMatch(/refuge|school|centreZones|mother/);
  expect(order("show", "order.yaml", "--json").out).toMatch(/school[\s\S]*mother|mother[\s\S]*school/);
  put("order.yaml", ORDER_YAML);
  expect(seal("-o", "o.sealed", "--reason", "she has moved").code).toBe(0);
  const show = ["show", "o.sealed", "--public-keys", "keys.json", "--for"];
  for (const more of [[], ["--json"], ["--html"]]) {
    const wearer = order(...show, "wearer", ...more);
    expect(wearer.code, wearer.err).toBe(0);
    expect(wearer.out + wearer.err).not.toMatch(/she has moved|refuge/);
  }
  expect(order(...show, "operator").err).toContain("she has moved");
});

test("a sealed order goes to stdout for -, and what is told of it to stderr", () => {
  const { code, err } = seal("-o", "-", "--json");
  expect({ code, file: JSON.parse(err).file }).toEqual({ code: 0, file: "stdout" });
  expect(existsSync(path.join(cwd, "-"))).toBe(false);
  expect(seal("-o", "-").code).toBe(0);
});

test("the file holds the device's copy, the zones and the signature, and no key", () => {
  expect(seal("-o", "o.sealed", "--reason", "first order").code).toBe(0);
  const { mac0, pack, sign1 } = decodeSealedFile(file("o.sealed"), "o.sealed");
  expect([mac0.length > 100, pack.length > 100, sign1.length > 100]).toEqual([true, true, true]);
  expect(Buffer.from(mac0).includes("山田") || Buffer.from(pack).includes("refuge")).toBe(false);
});

test("a place that is not disclosed is not sealed, in either language, and the hint says where it belongs", () => {
  put("order.yaml", ORDER_YAML.replace("disclosed: true}", "disclosed: false}"));
  const { code, out, err } = seal("-o", "o.sealed");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^error: zones\.geojson:1: zone school .*\[order\.undisclosed\]\nhint: .*centreZones/);
  expect(seal("-o", "o.sealed", "--lang", "ja").err).toMatch(/^エラー: .*\nヒント: centreZones/);
  expect(existsSync(path.join(cwd, "o.sealed"))).toBe(false);
  // No number was used up.
  put("order.yaml", ORDER_YAML);
  expect(seal("-o", "o.sealed", "--json").out).toContain('"counter":1');
});

test("requests of a folder are listed by name, in words and as JSON", () => {
  mkdirSync(path.join(cwd, "requests"));
  putRequest("requests/b.json", { id: "r-2", change: { kind: "remove", zone: "work" } });
  putRequest("requests/a.json");
  put("requests/notes.txt", "not a request");
  const { code, out } = order("requests", "requests");
  expect(code).toBe(0);
  expect(out.split("\n").filter((line) => line.startsWith("request"))).toEqual([
    expect.stringContaining("r-1"),
    expect.stringContaining("r-2"),
  ]);
  expect(out).toContain("the school has moved");
  expect(jsonLines(order("requests", "requests", "--json").out)).toMatchObject([{ id: "r-1" }, { id: "r-2" }]);
  expect(order("requests", "requests", "--lang", "ja").out).toContain("申請者 A. Sato");
});

test("an amendment that changes zones takes two people and a reason, as a request does", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  put("order.yaml", ORDER_YAML.replace("radiusM: 300", "radiusM: 200"));
  const amend = (...more: string[]) =>
    order(
      "amend",
      "order.yaml",
      "--device",
      DEVICE,
      "--last",
      "1.sealed",
      "--yes",
      ...WITH_VAULT,
      "-o",
      "2.sealed",
      ...more,
    );
  expect(amend("--reason", "moved", "--agreed-by", "K. Mori").err).toContain("[order.needs-two]");
  const two = ["--requested-by", "A. Sato", "--agreed-by", "K. Mori"];
  expect(amend(...two).err).toContain("[order.needs-two]");
  const amended = amend(...two, "--reason", "moved");
  expect(amended.code, amended.err).toBe(0);
  expect(amended.out).toBe("~ zones.work.properties.radiusM: 300 → 200\n");
});

test("a change of zones takes two people, and a yes", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  putRequest("r.json");
  const sign = (...more: string[]) =>
    order("sign", "r.json", "--last", "1.sealed", ...WITH_VAULT, "-o", "2.sealed", ...more);
  expect(sign("--yes").err).toContain("[cli.missing-option]");
  expect(sign("--yes", "--agreed-by", "a. sato ").err).toContain("[order.one-person]");
  expect(sign("--agreed-by", "K. Mori").err).toContain("[order.not-confirmed]");
  expect(existsSync(path.join(cwd, "2.sealed"))).toBe(false);
});

test.each<[string, string, string[], string]>([
  ["text that is no YAML", "id: [a\n", [], "order.not-yaml"],
  [
    "a zone that crosses itself",
    ORDER_YAML.replace(
      "{type: Point, coordinates: [139.6, 35.7]}",
      "{type: Polygon, coordinates: [[[5, 52], [6, 53], [6, 52], [5, 53], [5, 52]]]}",
    ).replace("radiusM: 400", "bufferM: 1"),
    [],
    "zones.bad-feature",
  ],
  ["an unknown device", ORDER_YAML, ["--device", "OMB-9"], "vault.unknown-device"],
  ["a file of zones that is not there", ORDER_YAML.replace("zones.geojson", "nowhere.geojson"), [], "cli.cannot-read"],
  ["a wrong passphrase", ORDER_YAML, ["--passphrase-file", "keys.json"], "vault."],
  ["a generation that is none", ORDER_YAML, ["--generation", "7"], "vault.no-generation"],
])("sealing with %s is refused in one line and a hint, and writes nothing", (_, text, more, code) => {
  put("order.yaml", text);
  const device = more.includes("--device") ? [] : ["--device", DEVICE];
  const pass = more.includes("--passphrase-file") ? [] : WITH_VAULT;
  for (const lang of ["en", "ja"]) {
    const ran = order("seal", "order.yaml", ...device, ...pass, ...more, "-o", "o.sealed", "--lang", lang);
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 2, out: "" });
    const said = ran.err.replace(/^(warning|警告): .*\n(hint|ヒント): .*\n/, "");
    expect(said).toMatch(
      lang === "en" ? /^error: .* \[[\w.-]+\]\n(hint: .*\n)?$/ : /^エラー: .* \[[\w.-]+\]\n(ヒント: .*\n)?$/,
    );
    expect(said).toContain(`[${code}`);
    expect(said).not.toMatch(/reason\.|undefined|\{\w+\}/);
  }
  expect(existsSync(path.join(cwd, "o.sealed"))).toBe(false);
});

test("a line says file and line of what is wrong in an order", () => {
  put("order.yaml", ORDER_YAML.replace("maxPerDay: 3", "maxPerDay: lots"));
  expect(order("show", "order.yaml").err).toMatch(
    /^error: order\.yaml:32: warnings\.maxPerDay .*"lots" \[order\.bad-field\]/,
  );
});
