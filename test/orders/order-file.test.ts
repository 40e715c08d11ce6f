import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { orderForDevice } from "../../host/orders/for-device.ts";
import { readOrderFile } from "../../host/orders/order-file.ts";
import { checkFilledIn } from "../../host/orders/placeholders.ts";
import { sampleYaml, templateYaml } from "../../host/orders/template.ts";
import { offsetsOf } from "../../host/orders/timezone.ts";
import { decodeDeviceOrder, type Terms } from "../../protocol/index.ts";
import { ROOT } from "../shared.ts";
import { refusal } from "../zones/refusal.ts";
import { ORDER_YAML, ZONES_JSON } from "./order-yaml.ts";

const load = (name: string) => {
  expect(name).toBe("zones.geojson");
  return ZONES_JSON;
};
const read = (text: string) => readOrderFile(text, "order.yaml", load);

let fits: ValidateFunction;
beforeAll(() => {
  const schema = JSON.parse(readFileSync(path.join(ROOT, "host/orders/order.schema.json"), "utf8"));
  fits = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    allErrors: false,
  }).compile(schema);
});

/** The order with one line replaced, or taken out. */
function changed(line: string, by: string): string {
  expect(ORDER_YAML).toContain(`${line}\n`);
  return ORDER_YAML.replace(`${line}\n`, by === "" ? "" : `${by}\n`);
}

test("an order is read with all its parts, and the schema takes it", () => {
  const { order, document } = read(ORDER_YAML);
  expect(order).toMatchObject({
    id: "2026-17",
    person: { name: "山田 太郎", birth: "1980-01-31" },
    fromMs: Date.parse("2026-12-01T00:00:00+09:00"),
    timezone: "Asia/Tokyo",
    utcOffsets: [{ fromMs: Date.parse("2026-12-01T00:00:00+09:00"), minutes: 540 }],
    protectedPersons: ["A"],
    delayS: 60,
    heartbeatS: 900,
    warningsPerDay: 3,
    proximityM: 400,
    retentionDays: 730,
  });
  expect(order.zones.map(({ zone, disclosed, name }) => [zone.id, disclosed, name])).toEqual([
    ["work", true, "Tokyo station"],
    ["school", true, "school"],
  ]);
  expect(order.centreZones.map(({ zone, disclosed }) => [zone.id, disclosed])).toEqual([["refuge", false]]);
  expect(order.encounters).toEqual([
    {
      name: "Handing over of children",
      place: { radiusM: 100, points: [1_397_100_000, 356_700_000] },
      windows: [{ days: 32, fromMin: 600, toMin: 630 }],
      fromMs: undefined,
      toMs: undefined,
    },
    expect.objectContaining({ name: "Hearing", place: undefined, fromMs: Date.parse("2027-01-15T10:00:00+09:00") }),
  ]);
  expect(order.corridors).toEqual([
    {
      name: "Train",
      dwellS: 600,
      way: { radiusM: 80, points: [1_397_000_000, 356_550_000, 1_397_200_000, 356_550_000] },
    },
  ]);
  expect(fits(parse(ORDER_YAML)), JSON.stringify(fits.errors)).toBe(true);
  // What is signed reads the same again, and alone.
  const again = readOrderFile(JSON.stringify(document), "signed", () => expect.unreachable());
  expect(orderForDevice(again.order, "OMB-1", 1)).toEqual(orderForDevice(order, "OMB-1", 1));
  expect(fits(JSON.parse(JSON.stringify(document))), JSON.stringify(fits.errors)).toBe(true);
});

test("JSON is read as well as YAML", () => {
  expect(read(JSON.stringify(parse(ORDER_YAML), undefined, 2)).order.id).toBe("2026-17");
});

test("the template is refused with every line that is to be filled in, filled in it is an order and nothing else", () => {
  for (const lang of ["en", "ja"] as const) {
    const template = templateYaml({}, lang);
    const lines = template.split("\n");
    const blank = lines.flatMap((line, i) => (!/^ *#/.test(line) && line.includes("<<") ? [i + 1] : []));
    expect(blank.length).toBe(8);
    expect(refusal(() => checkFilledIn(template, "order.yaml"))).toMatchObject({
      code: "order.placeholder",
      params: { file: "order.yaml", line: blank[0], at: "id", n: 9, lines: blank.join(", ") },
    });
    expect(Object.keys(parse(template) as object)).toEqual(["id", "person", "court", "from", "timezone", "zones"]);
  }
  const sample = sampleYaml({});
  checkFilledIn(sample, "order.yaml");
  expect(read(sample).order.zones.length).toBe(1);
  expect(fits(parse(sample)), JSON.stringify(fits.errors)).toBe(true);
});

test("an example of the template that is used as it stands is refused as well", () => {
  const used = templateYaml({}, "en").replace("# contact:", "contact:").replace("# to:", "to:");
  const { lines } = refusal(() => checkFilledIn(used, "order.yaml")).params;
  for (const name of ["contact:", "to:"])
    expect(String(lines).split(", ")).toContain(
      String(used.split("\n").findIndex((line) => line.startsWith(name)) + 1),
    );
});

test("of the order the device gets its rules and its disclosed places, and no name", () => {
  const { order } = read(ORDER_YAML);
  const { payload, pack } = orderForDevice(order, "OMB-1", 7);
  const decoded = decodeDeviceOrder(payload);
  if (!decoded.ok) throw new Error(decoded.reason);
  expect(decoded.value).toMatchObject({ device: "OMB-1", counter: 7, id: "2026-17" });
  const terms = decoded.value.terms as Terms;
  expect(terms).toMatchObject({ warningsPerDay: 3, proximityM: 400, retentionDays: 730, delayS: 60 });
  expect(terms.encounters.length).toBe(2);
  const all = Buffer.concat([payload, pack]);
  expect(all.includes("school")).toBe(true);
  for (const secret of ["山田", "1980", "refuge", "Tokyo station", "東京地方裁判所", "Handing"])
    expect(all.includes(secret), secret).toBe(false);
  const hidden = read(
    changed("  - {file: zones.geojson, disclosed: true}", "  - {file: zones.geojson, disclosed: false}"),
  );
  expect(refusal(() => orderForDevice(hidden.order, "OMB-1", 1))).toMatchObject({
    code: "order.undisclosed",
    params: { file: "zones.geojson", line: 1, feature: "school" },
  });
});

test("offsets follow from the time zone for the order's life", () => {
  const [from, to] = ["2026-12-01T00:00:00Z", "2027-12-01T00:00:00Z"].map(Date.parse);
  expect(offsetsOf("Europe/Berlin", from, to)).toEqual([
    { fromMs: from, minutes: 60 },
    { fromMs: Date.parse("2027-03-28T01:00:00Z"), minutes: 120 },
    { fromMs: Date.parse("2027-10-31T01:00:00Z"), minutes: 60 },
  ]);
  expect(offsetsOf("Australia/Lord_Howe", from, to)?.map(({ minutes }) => minutes)).toEqual([660, 630, 660]);
  expect(offsetsOf("Asia/Kathmandu", from, undefined)).toEqual([{ fromMs: from, minutes: 345 }]);
  const decades = offsetsOf("America/New_York", from, from + 100 * 365 * 86_400_000);
  expect(decades?.length).toBeLessThanOrEqual(64);
  for (const name of ["Asia/Edo", "+09:00", "", "Tokyo time"]) expect(offsetsOf(name, from, to)).toBe(undefined);
});

/** Line replaced, by what, line of the error, its path, its reason; and whether the schema sees it too. */
const BAD: [string, string, string, number, string, string, boolean][] = [
  ["an unknown field", 'id: "2026-17"', 'id: "2026-17"\ncolour: red', 2, "colour", "reason.unknown-fields", true],
  ["a number as id", 'id: "2026-17"', "id: 17", 1, "id", "reason.bad-order-id", true],
  ["no person", "  name: 山田 太郎", "  surname: 山田", 3, "person", "reason.unknown-in", true],
  [
    "a day of birth that is none",
    '  birth: "1980-01-31"',
    '  birth: "1980-02-31"',
    4,
    "person.birth",
    "reason.bad-day-of-birth",
    false,
  ],
  [
    "a time without offset",
    "from: 2026-12-01T00:00:00+09:00",
    "from: 2026-12-01T00:00:00",
    7,
    "from",
    "reason.bad-instant",
    true,
  ],
  [
    "an end before its beginning",
    "to: 2027-12-01T00:00:00+09:00",
    "to: 2025-12-01T00:00:00+09:00",
    8,
    "to",
    "reason.to-before-from",
    false,
  ],
  [
    "a time zone that is none",
    "timezone: Asia/Tokyo",
    "timezone: Asia/Edo",
    9,
    "timezone",
    "reason.bad-timezone",
    false,
  ],
  [
    "persons that are no list",
    "protectedPersons: [A]",
    "protectedPersons: A",
    10,
    "protectedPersons",
    "reason.no-list",
    true,
  ],
  [
    "a zone of which it is not said whether it is disclosed",
    "      disclosed: true",
    "",
    14,
    "zones[0].properties",
    "reason.disclosed-missing",
    true,
  ],
  [
    "a zone that is disclosed perhaps",
    "      disclosed: true",
    "      disclosed: perhaps",
    18,
    "zones[0].properties.disclosed",
    "reason.bad-flag",
    true,
  ],
  ["a zone without an id", "      id: work", "", 12, "zones[0]", "reason.zone-without-id", false],
  [
    "a zone that is none",
    "  - {file: zones.geojson, disclosed: true}",
    "  - work",
    25,
    "zones[1]",
    "reason.bad-zone-entry",
    true,
  ],
  [
    "a disclosed zone for the centre alone",
    "    properties: {id: refuge, radiusM: 400}",
    "    properties: {id: refuge, radiusM: 400, disclosed: true}",
    29,
    "centreZones[0].properties",
    "reason.centre-disclosed",
    true,
  ],
  ["a heartbeat under the delay", "delayS: 60", "delayS: 1000", 31, "heartbeatS", "reason.heartbeat-under-delay", true],
  [
    "too many warnings",
    "warnings: {allowed: true, maxPerDay: 3}",
    "warnings: {allowed: true, maxPerDay: 25}",
    32,
    "warnings.maxPerDay",
    "reason.bad-whole",
    true,
  ],
  [
    "an encounter that is nowhere",
    '    schedule: [{days: [sat], from: "10:00", to: "10:30"}]',
    '    schedule: [{days: [sat], from: "10:00", to: "25:30"}]',
    37,
    "permittedEncounters[0].schedule[0].to",
    "reason.bad-minute",
    true,
  ],
  [
    "an encounter without where and when",
    "    place: {type: Point, coordinates: [139.71, 35.67]}",
    "",
    35,
    "permittedEncounters[0]",
    "reason.encounter-no-place",
    true,
  ],
  [
    "an encounter with one end",
    "    to: 2027-01-15T12:00:00+09:00",
    "",
    38,
    "permittedEncounters[1]",
    "reason.encounter-half-open",
    true,
  ],
  [
    "a corridor of one point",
    "    way: {type: LineString, coordinates: [[139.70, 35.655], [139.72, 35.655]]}",
    "    way: {type: LineString, coordinates: [[139.70, 35.655]]}",
    43,
    "corridors[0].way.coordinates",
    "reason.bad-line",
    true,
  ],
  [
    "a corridor out of the world",
    "    way: {type: LineString, coordinates: [[139.70, 35.655], [139.72, 35.655]]}",
    "    way: {type: LineString, coordinates: [[139.70, 35.655], [35.655, 139.72]]}",
    43,
    "corridors[0].way.coordinates[1]",
    "reason.out-of-range",
    true,
  ],
  [
    "a distance in words",
    "distances: {proximityM: 400}",
    "distances: {proximityM: far}",
    46,
    "distances.proximityM",
    "reason.bad-whole",
    true,
  ],
  [
    "eleven years of records",
    "retentionDays: 730",
    "retentionDays: 4018",
    47,
    "retentionDays",
    "reason.bad-whole",
    true,
  ],
];

test.each(BAD)("an order with %s is refused, with file, line and path", (_, line, by, at, where, detail, bySchema) => {
  const text = changed(line, by);
  expect(refusal(() => read(text))).toMatchObject({
    code: "order.bad-field",
    params: { file: "order.yaml", line: at, at: where, detail },
  });
  if (where !== "heartbeatS") expect(fits(parse(text)), JSON.stringify(fits.errors)).toBe(!bySchema);
});

test("a zone that crosses itself is refused with its line in the order", () => {
  const crossed = "    geometry: {type: Polygon, coordinates: [[[5, 52], [6, 53], [6, 52], [5, 53], [5, 52]]]}";
  const text = changed("    geometry: {type: Point, coordinates: [139.6, 35.7]}", crossed).replace(
    "radiusM: 400",
    "bufferM: 4",
  );
  expect(refusal(() => read(text))).toMatchObject({
    code: "zones.bad-feature",
    params: { file: "order.yaml", line: 27, feature: "refuge", detail: "reason.ring-meets-itself" },
  });
});

test("two zones of one name are refused, from one file and another", () => {
  expect(refusal(() => read(changed("      id: work", "      id: school")))).toMatchObject({
    code: "zones.duplicate-id",
    params: { file: "zones.geojson", feature: "school", other: 12 },
  });
});

test.each([
  ["a tab", "id: a\n\tperson: b\n", 2, "reason.yaml-tab"],
  ["a name twice", "id: a\nid: b\n", 2, "reason.yaml-duplicate-key"],
  ["an anchor", "id: &a a\n", 1, "reason.yaml-anchor"],
  ["an alias", "id: a\nperson: &p {name: b}\ncourt: *p\n", 2, "reason.yaml-anchor"],
  ["a tag", "id: !!binary aGk=\n", 1, "reason.yaml-tag"],
  ["a tag of its own", "id: !js/function a\n", 1, "reason.yaml-tag"],
  ["two documents", "id: a\n---\nid: b\n", 2, "reason.yaml-several-documents"],
  ["a number as a name", "id: a\n3: b\n", 2, "reason.yaml-key"],
  ["a list that nothing closes", "id: [a\nperson: b\n", 2, expect.stringMatching(/^reason\.yaml/)],
  ["bottomless nesting", `id: ${"[".repeat(40)}${"]".repeat(40)}`, 1, "reason.json-too-deep"],
  ["far too deep nesting", `id: ${"[".repeat(200_000)}`, 1, expect.stringMatching(/^reason\.(yaml|json)/)],
])("YAML with %s is refused with its line", (_, text, line, detail) => {
  expect(refusal(() => read(text))).toMatchObject({ code: "order.not-yaml", params: { line, detail } });
});

test.each(["", "- a\n", "a", "null", "3"])("what is no object is no order: %j", (text) => {
  expect(refusal(() => read(text))).toMatchObject({ code: "order.bad-field", params: { detail: "reason.no-order" } });
});

test("names of the prototype are names like any other", () => {
  expect(refusal(() => read(`${ORDER_YAML}__proto__: {zones: []}\n`))).toMatchObject({ params: { at: "__proto__" } });
  expect(refusal(() => read(`${ORDER_YAML}constructor: 3\n`))).toMatchObject({ params: { at: "constructor" } });
});

test("what is missing is called missing", () => {
  for (const [line, at] of [
    ["from: 2026-12-01T00:00:00+09:00", "from"],
    ["  name: 山田 太郎", "person.name"],
  ])
    expect(refusal(() => read(changed(line, "")))).toMatchObject({ params: { at, detail: "reason.needed" } });
});

test("every field that is required is missed, by reader and schema", () => {
  for (const field of ["id", "person", "court", "from"]) {
    const { [field]: _, ...rest } = parse(ORDER_YAML) as Record<string, unknown>;
    expect(refusal(() => read(stringify(rest))).params.at, field).toMatch(field);
    expect(fits(rest), field).toBe(false);
  }
  const { zones: _, centreZones: __, distances: ___, ...bare } = parse(ORDER_YAML) as Record<string, unknown>;
  expect(refusal(() => read(stringify(bare))).params.detail).toBe("reason.empty-order");
  expect(fits(bare)).toBe(false);
});
