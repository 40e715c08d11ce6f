import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { installOrder, offerOrder, offerPackChunk, orderInForce } from "../../firmware/orders/store.ts";
import { zoneCount } from "../../firmware/zones/pack.ts";
import { differences, guarding } from "../../host/orders/diff.ts";
import { piecesOf } from "../../host/orders/for-device.ts";
import { readOrderFile } from "../../host/orders/order-file.ts";
import { isSamePerson, namesSomebody } from "../../host/orders/people.ts";
import { REQUEST_EXAMPLE } from "../../host/orders/request-example.ts";
import { applyRequest, readRequest } from "../../host/orders/requests.ts";
import {
  decodeSealedFile,
  encodeSealedFile,
  isSealedFile,
  isSealedWith,
  type SealedFile,
  sealEndFile,
  sealOrderFile,
  verifySealedFile,
} from "../../host/orders/sealed-file.ts";
import { makeSheet } from "../../host/orders/sheet.ts";
import { sheetHtml } from "../../host/orders/sheet-html.ts";
import { sheetText } from "../../host/orders/sheet-text.ts";
import { ToolError } from "../../protocol/errors.ts";
import { createMutator } from "../fuzz/mutate.ts";
import { ROOT } from "../shared.ts";
import { refusal } from "../zones/refusal.ts";
import { createBench, DEVICE, KEY } from "./bench.ts";
import { ORDER_YAML, ZONES_JSON } from "./order-yaml.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const KEYS = { orderKey: KEY, signingKey: privateKey };
const WHY = { reason: "first", requestedBy: undefined, agreedBy: undefined };
const AT_MS = Date.parse("2026-11-25T00:00:00Z");
const READ = readOrderFile(ORDER_YAML, "order.yaml", () => ZONES_JSON);
const SEALED = sealOrderFile(READ, DEVICE, 1, KEYS, WHY, AT_MS);
const verify = (sealed: SealedFile, keys = [publicKey]) => verifySealedFile(sealed, keys, "order.sealed");

test("what is sealed on the host is put in force on the device", () => {
  const bench = createBench();
  const { orders } = bench.boot();
  const { mac0, pack } = decodeSealedFile(encodeSealedFile(SEALED), "order.sealed");
  expect(offerOrder(orders, mac0, undefined).ok).toBe(true);
  for (const [i, piece] of piecesOf(pack).entries()) expect(offerPackChunk(orders, i, piece).ok).toBe(true);
  expect(installOrder(orders)).toMatchObject({ ok: true });
  const order = orderInForce(orders);
  expect(order && [order.id, zoneCount(order.pack), order.terms.warningsPerDay]).toEqual(["2026-17", 2, 3]);
});

test("a sealed file verifies with public keys alone, its order reads as before, and the key's holder knows more", () => {
  const bytes = encodeSealedFile(SEALED);
  expect(isSealedFile(bytes)).toBe(true);
  expect(isSealedFile(new TextEncoder().encode(ORDER_YAML))).toBe(false);
  const { statement, read, isRedacted } = verify(decodeSealedFile(bytes, "order.sealed"));
  expect(statement).toMatchObject({ device: DEVICE, counter: 1, sealedMs: AT_MS, reason: "first" });
  expect(isRedacted).toBe(false);
  expect(differences(READ, read as typeof READ)).toEqual([]);
  expect([isSealedWith(SEALED, KEY), isSealedWith(SEALED, new Uint8Array(32))]).toEqual([true, false]);
});

test("the centre's places can be taken out, and the rest still verifies and says so", () => {
  const open = { ...SEALED, centre: undefined };
  const { read, isRedacted } = verify(open);
  expect([isRedacted, read?.order.centreZones, read?.order.zones.length]).toEqual([true, [], 2]);
  expect(Buffer.from(encodeSealedFile(open)).includes("refuge")).toBe(false);
  expect(Buffer.from(encodeSealedFile(SEALED)).includes("refuge")).toBe(true);
});

test("another's signature, another's order, other zones and another's places are refused", () => {
  const other = generateKeyPairSync("ed25519");
  const second = sealOrderFile(READ, DEVICE, 2, KEYS, WHY, AT_MS);
  const cases: [SealedFile, string][] = [
    [sealOrderFile(READ, DEVICE, 1, { ...KEYS, signingKey: other.privateKey }, WHY, AT_MS), "order.bad-signature"],
    [{ ...SEALED, mac0: second.mac0 }, "order.mismatch"],
    [{ ...SEALED, pack: SEALED.pack.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) }, "order.mismatch"],
    [{ ...SEALED, centre: second.centre }, "order.mismatch"],
    [{ ...SEALED, mac0: new Uint8Array(3) }, "order.not-sealed"],
    [{ ...SEALED, sign1: new Uint8Array(3) }, "order.not-sealed"],
  ];
  for (const [sealed, code] of cases) expect(refusal(() => verify(sealed)).code, code).toBe(code);
  expect(refusal(() => verify(SEALED, [])).code).toBe("order.bad-signature");
  expect(verify(SEALED, [other.publicKey, publicKey]).statement.counter).toBe(1);
});

test("no changed byte of a sealed file is taken for the order, and none crashes", () => {
  const bytes = encodeSealedFile(SEALED);
  const next = createMutator(1, "sealed", [bytes]);
  for (let run = 0; run < 3_000; run++) {
    const hostile = next();
    if (Buffer.compare(hostile, bytes) === 0) continue;
    try {
      // The device's tag is for the key's holder to check; all else the public keys do.
      const sealed = decodeSealedFile(hostile, "order.sealed");
      expect(verify(sealed).read?.order.id === "2026-17" && isSealedWith(sealed, KEY)).toBe(false);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
    }
  }
});

test("an end verifies too, and says until when records are kept", () => {
  const end = sealEndFile("2026-17", DEVICE, 2, KEYS, { ...WHY, reason: "lifted", keptUntilMs: AT_MS + 1 }, AT_MS);
  const { read, deviceOrder, statement } = verify(decodeSealedFile(encodeSealedFile(end), "end.sealed"));
  expect([read, deviceOrder.terms, statement.reason]).toEqual([undefined, undefined, "lifted"]);
  expect([statement.keptUntilMs, verify(SEALED).statement.keptUntilMs]).toEqual([AT_MS + 1, undefined]);
  expect(refusal(() => verify({ ...end, pack: SEALED.pack })).code).toBe("order.mismatch");
});

test("offsets beside a time zone are a change where they are others than its own", () => {
  const shifted = readOrderFile(
    `${ORDER_YAML}utcOffsets: [{from: 2026-12-01T00:00:00Z, offset: "-08:00"}]\n`,
    "o",
    () => ZONES_JSON,
  );
  const found = differences(READ, shifted);
  expect([found.map(({ field }) => field), guarding(found)]).toEqual([["utcOffsets"], ["utcOffsets"]]);
});

test("whatever decides where and when it tells guards, and what is on paper alone does not", () => {
  const changes: [string, string, string[]][] = [
    ["radiusM: 300", "radiusM: 200", ["zones.work"]],
    ["radiusM: 400", "radiusM: 40", ["centreZones.refuge"]],
    ["widthM: 80", "widthM: 4000", ["corridors"]],
    ["radiusM: 100", "radiusM: 4000", ["permittedEncounters"]],
    ["to: 2027-12-01", "to: 2026-12-02", ["to"]],
    ["heartbeatS: 900", "heartbeatS: 86400", ["heartbeatS"]],
    ["proximityM: 400", "proximityM: 4", ["distances"]],
    ["protectedPersons: [A]", "protectedPersons: [B]", ["protectedPersons"]],
    ["retentionDays: 730", "retentionDays: 30", []],
    ["phone: 03-1111-1111", "phone: 03-2222-2222", []],
  ];
  for (const [was, is, fields] of changes) {
    const found = differences(
      READ,
      readOrderFile(ORDER_YAML.replace(was, is), "o", () => ZONES_JSON),
    );
    expect([found.length, guarding(found)], is).toEqual([1, fields]);
  }
});

test("the wearer's sheet of an order with hidden places alone is that of an order without", () => {
  const zones = ORDER_YAML.slice(ORDER_YAML.indexOf("zones:\n"), ORDER_YAML.indexOf("centreZones:"));
  const hidden = ORDER_YAML.replace(zones, "").replace("distances: {proximityM: 400}\n", "");
  const centre = hidden.slice(hidden.indexOf("centreZones:"), hidden.indexOf("delayS:"));
  const without = hidden.replace(centre, "distances: {proximityM: 500}\n");
  for (const warnings of ["warnings: {allowed: true, maxPerDay: 3}", "warnings: {allowed: false}"])
    for (const lang of ["en", "ja"] as const) {
      const [one, other] = [hidden, without].map((text) => {
        const { order } = readOrderFile(
          text.replace("warnings: {allowed: true, maxPerDay: 3}", warnings),
          "o",
          () => "",
        );
        const sheet = makeSheet(order, "wearer", lang, { device: DEVICE, counter: text === hidden ? 4 : 2 });
        return `${sheetText(sheet)}\n${sheetHtml(sheet)}`;
      });
      expect(one).toBe(other);
      expect(one).not.toMatch(/near a place you must|立ち入ってはならない場所/);
    }
});

test("the same person is the same however the name is typed", () => {
  for (const [one, other] of [
    ["A. Sato", "a.sato"],
    ["Ａ．Ｓａｔｏ", "A. SATO"],
    ["佐藤 花子", "佐藤　花子"],
    ["ｻﾄｳ", "サトウ"],
    ["Groß", "GROSS"],
    ["K. Mori", "K.\u200b Mori\u2060"],
    ["A Sato", "Sato A."],
    ["SatoA", "A. Sato"],
    ["山田 太郎", "太郎 山田"],
    ["A. Sato", "\u0410. S\u0430t\u043e"],
    ["A. Kato", "\u0391. \u039aato"],
    ["A. Sato", "Dr. A. Sato"],
    ["佐藤 花子", "佐藤花子さん"],
    ["佐藤 花子", "花子 佐藤 様"],
  ])
    expect(isSamePerson(one, other), `${one} ${other}`).toBe(true);
  for (const [one, other] of [
    ["A. Sato", "K. Mori"],
    ["Mori", "Romi"],
    ["Dr. Sato", "Dr. Mori"],
    ["氏", "様"],
  ])
    expect(isSamePerson(one, other), `${one} ${other}`).toBe(false);
  expect(["", "  ", "-", ".", "\u200b", "17"].filter(namesSomebody)).toEqual([]);
});

const REQUEST = {
  id: "r-1",
  order: "2026-17",
  device: DEVICE,
  change: { kind: "remove", zone: "school" },
  requestedBy: "A. Sato",
  at: "2026-11-25T10:00:00+09:00",
  reason: "school has moved",
};
const request = (more: object) => readRequest(JSON.stringify({ ...REQUEST, ...more }), "request.json");
const feature = (id: string, disclosed: boolean) => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [139.8, 35.6] },
  properties: { id, disclosed, radiusM: 100 },
});
const zonesAfter = (change: object) => {
  const { order } = applyRequest(request({ change }), READ, DEVICE, "request.json");
  return [order.zones, order.centreZones].map((zones) => zones.map(({ zone }) => zone.id));
};

test("a request adds, alters or removes a zone, and moves it to the centre where it is no longer disclosed", () => {
  expect(zonesAfter({ kind: "remove", zone: "school" })).toEqual([["work"], ["refuge"]]);
  expect(zonesAfter({ kind: "add", zone: feature("shop", true) })).toEqual([["work", "school", "shop"], ["refuge"]]);
  expect(zonesAfter({ kind: "add", zone: feature("flat", false) })).toEqual([
    ["work", "school"],
    ["refuge", "flat"],
  ]);
  expect(zonesAfter({ kind: "alter", zone: feature("work", false) })).toEqual([["school"], ["refuge", "work"]]);
  expect(zonesAfter({ kind: "remove", zone: "refuge" })).toEqual([["work", "school"], []]);
  const after = applyRequest(
    request({ change: { kind: "alter", zone: feature("work", true) } }),
    READ,
    DEVICE,
    "r.json",
  );
  expect(differences(READ, after)).toEqual([
    { field: "zones", zone: "work", was: expect.anything(), is: expect.objectContaining({ type: "Feature" }) },
  ]);
});

test("the example of a request is one, and the README shows it and names its fields", () => {
  const text = JSON.stringify(REQUEST_EXAMPLE, undefined, 2);
  expect(readRequest(text, "example.json")).toMatchObject({ order: "2026-17", change: { zoneId: "new-school" } });
  const readme = readFileSync(path.join(ROOT, "host/orders/README.md"), "utf8");
  expect(JSON.parse(/```json\n(.*?)```/s.exec(readme)?.[1] ?? "")).toEqual(REQUEST_EXAMPLE);
  for (const field of Object.keys(REQUEST_EXAMPLE)) expect(readme, field).toContain(`| \`${field}\``);
});

test.each([
  [{ change: { kind: "remove", zone: "shop" } }, "order.request-unknown-zone"],
  [{ change: { kind: "alter", zone: feature("shop", true) } }, "order.request-unknown-zone"],
  [{ change: { kind: "add", zone: feature("work", true) } }, "order.request-zone-exists"],
  [{ order: "2026-18" }, "order.request-elsewhere"],
  [{ device: "OMB-9" }, "order.request-elsewhere"],
  [{ change: { kind: "burn", zone: "work" } }, "order.bad-field"],
  [{ change: { kind: "remove" } }, "order.bad-field"],
  [{ change: { kind: "add", zone: { ...feature("shop", true), properties: { id: "shop" } } } }, "order.bad-field"],
  [
    { change: { kind: "add", zone: { ...feature("shop", true), geometry: { type: "Point", coordinates: [500, 0] } } } },
    "zones.bad-feature",
  ],
  [{ reason: "" }, "order.bad-field"],
  [{ requestedBy: " - " }, "order.bad-field"],
  [{ change: { kind: "remove", zone: "school", soon: true } }, "order.bad-field"],
  [{ at: "yesterday" }, "order.bad-field"],
  [{ urgent: true }, "order.bad-field"],
])("a request with %j is refused", (more, code) => {
  expect(refusal(() => applyRequest(request(more), READ, DEVICE, "request.json")).code).toBe(code);
});

test("the wearer's sheet names what is disclosed and nothing else, in both languages, as text and as a page", () => {
  for (const lang of ["en", "ja"] as const) {
    const wearer = makeSheet(READ.order, "wearer", lang, undefined);
    const operator = makeSheet(READ.order, "operator", lang, { device: DEVICE, counter: 1 });
    for (const text of [sheetText(wearer), sheetHtml(wearer)]) {
      for (const told of ["Tokyo station", "school", "山田 太郎", "03-1111-1111", "400", "Within two weeks"])
        expect(text, told).toContain(told);
      for (const hidden of ["refuge", "35.7", "OMB-"]) expect(text, hidden).not.toContain(hidden);
      expect(text).not.toMatch(/sheet\.|undefined|NaN/);
    }
    expect(sheetText(operator)).toContain("refuge");
    expect(sheetText(operator)).toContain(DEVICE);
  }
  expect(sheetText(makeSheet(READ.order, "wearer", "ja", undefined))).toContain("月曜〜金曜 08:00 から 19:00 まで");
  expect(sheetText(makeSheet(READ.order, "wearer", "en", undefined))).toContain("Mon–Fri 08:00–19:00");
});

test("whatever stands in a sheet, it is text: no tags, no control characters", () => {
  const evil = ORDER_YAML.replace("Tokyo station", "'<script>alert(1)</script>'");
  const sheet = makeSheet(readOrderFile(evil, "o.yaml", () => ZONES_JSON).order, "wearer", "en", undefined);
  expect(sheetHtml(sheet)).not.toContain("<script>");
  expect(sheetHtml(sheet)).toContain("&#60;script&#62;");
});
