import { existsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { decodeSealedFile, encodeSealedFile } from "../../host/orders/sealed-file.ts";
import { jsonLines } from "../cli/cli.ts";
import * as desks from "./desk.ts";
import { DEVICE, TWO, useDesk, WITH_VAULT } from "./desk.ts";
import { ORDER_YAML } from "./order-yaml.ts";

const desk = useDesk();
const put = (name: string, text: string) => desks.put(desk, name, text);
const file = (name: string) => desks.fileOf(desk, name);
const order = (...args: string[]) => desks.order(desk, ...args);
const seal = (...more: string[]) => desks.seal(desk, ...more);
const end = (...more: string[]) => desks.end(desk, ...more);
const putRequest = (name: string, more?: object) => desks.putRequest(desk, name, more);

test("an order is created from a file of zones, and shows", () => {
  const made = order("create", "--id", "2026-18", "--from-zones", "zones.geojson", "-o", "new.yaml");
  expect(made).toMatchObject({ code: 0, out: "" });
  expect(parse(file("new.yaml").toString())).toMatchObject({
    id: "2026-18",
    zones: [{ file: "zones.geojson", disclosed: true }],
  });
  const given = [
    "--id",
    "2026-19",
    "--person",
    "山田 太郎",
    "--birth",
    "1980-01-31",
    "--court",
    "C",
    "--timezone",
    "Asia/Tokyo",
  ];
  const when = ["--from", "2026-12-01T00:00:00+09:00", "--to", "2027-12-01T00:00:00+09:00"];
  expect(order("create", ...given, ...when, "--from-zones", "zones.geojson", "-o", "whole.yaml").code).toBe(0);
  expect(order("show", "whole.yaml", "--for", "wearer").out).toContain("school");
  expect(order("create", "--lang", "ja").out).toContain("<<対象者の氏名>>");
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
  const ended = end("--order", "2026-17", "-o", "4.sealed");
  expect(ended.code, ended.err).toBe(0);
  expect(counter("4.sealed")).toMatchObject({ kind: "end", counter: 4, document: null });
  expect(order("show", "4.sealed", ...WITH_VAULT).err).toContain("it ends the order");
  expect(seal("-o", "5.sealed", "--json", ...TWO).out).toContain('"counter":5');
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
  writeFileSync(path.join(desk.cwd, "o.sealed"), bytes);
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
  expect(existsSync(path.join(desk.cwd, "-"))).toBe(false);
  expect(seal("-o", "-", ...TWO).code).toBe(0);
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
  expect(existsSync(path.join(desk.cwd, "o.sealed"))).toBe(false);
  // No number was used up.
  put("order.yaml", ORDER_YAML);
  expect(seal("-o", "o.sealed", "--json").out).toContain('"counter":1');
});

test("an order that is not filled in is neither sealed nor shown, and every line of it is named", () => {
  expect(order("create", "-o", "new.yaml").code).toBe(0);
  for (const [lang, words] of [
    ["en", /^error: new\.yaml:3: id is still to be filled in.*\[order\.placeholder\]\nhint: 9 places .* 3, 6, 9, /],
    ["ja", /^エラー: new\.yaml:3: .*\[order\.placeholder\]\nヒント: .*9 箇所.*3, 6, 9, /],
  ] as const) {
    const made = ["--device", DEVICE, ...WITH_VAULT, "-o", "x.sealed", "--lang", lang];
    expect(order("seal", "new.yaml", ...made).err).toMatch(words);
    expect(order("show", "new.yaml", "--lang", lang).err).toMatch(words);
  }
  put("new.json", order("create", "--json").out);
  expect(order("seal", "new.json", "--device", DEVICE, ...WITH_VAULT, "-o", "x.sealed").err).toContain(
    "[order.placeholder]",
  );
});

test("the wearer learns from nothing that a place was kept from him", () => {
  const zones = ORDER_YAML.slice(ORDER_YAML.indexOf("zones:\n"), ORDER_YAML.indexOf("centreZones:"));
  const hidden = ORDER_YAML.replace(zones, "").replace("distances: {proximityM: 400}\n", "");
  put("order.yaml", hidden);
  expect(seal("-o", "o.sealed").code).toBe(0);
  const redacted = encodeSealedFile({ ...decodeSealedFile(file("o.sealed"), "o"), centre: undefined });
  writeFileSync(path.join(desk.cwd, "cut.sealed"), redacted);
  put("without.yaml", hidden.replace(/centreZones:[\s\S]*?(?=delayS)/, "distances: {proximityM: 500}\n"));
  const shown = (name: string, ...more: string[]) => {
    const { code, out, err } = order("show", name, "--public-keys", "keys.json", "--for", "wearer", ...more);
    expect(code, err).toBe(0);
    return out + err;
  };
  for (const more of [[], ["--json"], ["--html"], ["--lang", "ja"]]) {
    expect(shown("cut.sealed", ...more)).not.toMatch(/centre knows|redacted|センターだけ/);
    expect(shown("order.yaml", ...more)).toBe(shown("without.yaml", ...more));
  }
  expect(order("show", "cut.sealed", "--public-keys", "keys.json").err).toContain("only the centre knows");
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
  expect(existsSync(path.join(desk.cwd, "o.sealed"))).toBe(false);
});

test("a line says file and line of what is wrong in an order", () => {
  put("order.yaml", ORDER_YAML.replace("maxPerDay: 3", "maxPerDay: lots"));
  expect(order("show", "order.yaml").err).toMatch(
    /^error: order\.yaml:32: warnings\.maxPerDay .*"lots" \[order\.bad-field\]/,
  );
});

test("a sealed order is its owner's alone, and a court's copy without the hidden places still verifies", () => {
  expect(seal("-o", "o.sealed").code).toBe(0);
  expect(statSync(path.join(desk.cwd, "o.sealed")).mode & 0o777).toBe(0o600);
  const redact = (name: string) => order("show", name, "--public-keys", "keys.json", "--redact", "-o", "court.sealed");
  expect(redact("o.sealed").code).toBe(0);
  expect(file("court.sealed").includes("refuge")).toBe(false);
  expect(statSync(path.join(desk.cwd, "court.sealed")).mode & 0o777).toBe(0o600);
  const shown = order("show", "court.sealed", ...WITH_VAULT);
  expect(shown.code, shown.err).toBe(0);
  expect(shown.err).toMatch(/what was signed[\s\S]*takes it[\s\S]*only the centre knows/);
  expect(redact("order.yaml").err).toMatch(/\[cli\.output-exists\]/);
  expect(order("show", "court.sealed", "--public-keys", "keys.json", "--redact").err).toContain(
    "[order.nothing-hidden]",
  );
  expect(order("show", "order.yaml", "--redact").err).toContain("[order.not-sealed]");
});

test("of an end there is no sheet, which is said and not passed over", () => {
  expect(seal("-o", "1.sealed").code).toBe(0);
  expect(end("--order", "2026-17", "-o", "end.sealed").code).toBe(0);
  const show = ["show", "end.sealed", "--public-keys", "keys.json", "--for", "wearer"];
  expect(order(...show).code).toBe(0);
  for (const more of [["--html"], ["--html", "-o", "page.html"], ["-o", "page.txt"]])
    expect(order(...show, ...more)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\[order\.no-sheet\]\nhint: /),
    });
});

test("what an option of create gives is refused under the option's name", () => {
  for (const [option, value] of [
    ["--from", "yesterday"],
    ["--birth", "1980-02-31"],
    ["--timezone", "Asia/Edo"],
    ["--id", " "],
  ])
    expect(order("create", option, value).err).toMatch(new RegExp(`^error: ${option}: .*\\[order\\.bad-field\\]`));
});

test("an order too large is not told to be cut into recordings", () => {
  put("huge.yaml", "");
  truncateSync(path.join(desk.cwd, "huge.yaml"), 600_000_000);
  for (const args of [
    ["show", "huge.yaml"],
    ["seal", "huge.yaml", "--device", DEVICE, ...WITH_VAULT, "-o", "x"],
  ])
    expect(order(...args)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\[cli\.document-too-large\]\nhint: (?!.*recording)/),
    });
});

test("a way or a meeting place that reaches into a hidden place is warned of by name, without its coordinates", () => {
  expect(seal("-o", "1.sealed").err).not.toContain("warning");
  put(
    "order.yaml",
    ORDER_YAML.replace("[[139.70, 35.655], [139.72, 35.655]]", "[[139.55, 35.7], [139.65, 35.7]]").replace(
      "coordinates: [139.71, 35.67]",
      "coordinates: [139.605, 35.7]",
    ),
  );
  const { code, err } = seal("-o", "2.sealed", ...TWO);
  expect(code, err).toBe(0);
  expect(err).toMatch(
    /Train reaches into refuge.*\[order\.place-on-hidden\][\s\S]*Handing over of children reaches into refuge/,
  );
  expect(err).not.toMatch(/139\.|35\./);
});
