import { expect, test } from "vitest";
import { readZones } from "../../host/zones/geojson.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { refusal } from "./refusal.ts";

const SQUARE = [
  [5, 52],
  [5.01, 52],
  [5.01, 52.01],
  [5, 52.01],
  [5, 52],
];

function feature(geometry: object | null, properties: object = {}): object {
  return { type: "Feature", properties: { id: "home", ...properties }, geometry };
}

const polygon = (...rings: number[][][]) => ({ type: "Polygon", coordinates: rings });
const point = { type: "Point", coordinates: [5, 52] };

function read(...features: object[]) {
  return readZones(JSON.stringify({ type: "FeatureCollection", features }), "zones.json");
}

test("polygons, multipolygons and circles become zones", () => {
  const zones = read(
    feature(point, { radiusM: 250.2, bufferM: 100, kind: "inclusion", name: "Home", "x-note": 1 }),
    { ...feature(polygon(SQUARE)), properties: null, id: 7 },
    feature({ type: "MultiPolygon", coordinates: [[SQUARE], [SQUARE.map(([x, y]) => [x + 1, y])]] }, { id: "multi" }),
  );
  expect(zones.map((z) => [z.id, z.kind, z.bufferM, z.shape.kind])).toEqual([
    ["home", "inclusion", 100, "circle"],
    ["7", "exclusion", 0, "polygons"],
    ["multi", "exclusion", 0, "polygons"],
  ]);
  expect(zones[1].shape).toMatchObject({
    polygons: [{ rings: [[50000000, 520000000, 50100000, 520000000, 50100000, 520100000, 50000000, 520100000]] }],
  });
});

test("a schedule is read, midnight at its end too", () => {
  const [zone] = read(
    feature(point, {
      radiusM: 100,
      schedule: [
        { days: ["mon", "Fri"], from: "18:00", to: "00:00" },
        { from: "22:00", to: "06:00" },
      ],
    }),
  );
  expect(zone.schedule).toEqual([
    { days: 17, fromMin: 1080, toMin: 1440 },
    { days: 127, fromMin: 1320, toMin: 360 },
  ]);
});

test.each([
  [
    "self-crossing",
    polygon([
      [5, 52],
      [5.01, 52.01],
      [5.01, 52],
      [5, 52.01],
      [5, 52],
    ]),
    {},
    "reason.ring-meets-itself",
  ],
  [
    "a ring that runs back",
    polygon([
      [5, 52],
      [5.02, 52],
      [5.01, 52],
      [5.01, 52.01],
      [5, 52],
    ]),
    {},
    "reason.ring-meets-itself",
  ],
  ["unclosed", polygon(SQUARE.slice(0, -1)), {}, "reason.open-ring"],
  ["an empty ring", polygon([]), {}, "reason.empty"],
  ["reason.empty", { type: "Polygon", coordinates: [] }, {}, "reason.empty"],
  [
    "too few positions",
    polygon([
      [5, 52],
      [5.01, 52],
      [5, 52],
    ]),
    {},
    "reason.short-ring",
  ],
  [
    "one place three times",
    polygon([
      [5, 52],
      [5, 52],
      [5, 52],
      [5, 52],
    ]),
    {},
    "reason.no-area",
  ],
  ["latitude out of range", polygon(SQUARE.map(([x, y]) => [y, x + 90])), {}, "reason.out-of-range"],
  ["a position of text", polygon([["5", 52], ...SQUARE.slice(1)] as never), {}, "reason.no-position"],
  [
    "a hole outside",
    polygon(
      SQUARE,
      SQUARE.map(([x, y]) => [x + 1, y]),
    ),
    {},
    "reason.hole-outside",
  ],
  [
    "spanning a country",
    polygon([
      [5, 45],
      [15, 45],
      [15, 55],
      [5, 45],
    ]),
    {},
    "reason.too-wide",
  ],
  ["a circle without radius", point, {}, "reason.bad-radius"],
  ["a radius of nothing", point, { radiusM: 0 }, "reason.bad-radius"],
  ["a radius in millimetres", point, { radiusM: 300_000 }, "reason.bad-radius"],
  ["radiusM on a polygon", polygon(SQUARE), { radiusM: 10 }, "reason.radius-of-polygon"],
  ["a line", { type: "LineString", coordinates: SQUARE }, {}, "reason.bad-geometry"],
  ["no geometry", null, {}, "reason.no-geometry"],
  ["an unknown property", point, { radiusM: 100, bufer: 3 }, "reason.unknown-properties"],
  ["an unknown kind", point, { radiusM: 100, kind: "forbidden" }, "reason.bad-kind"],
  ["a negative buffer", point, { radiusM: 100, bufferM: -1 }, "reason.bad-buffer"],
  ["an empty schedule", point, { radiusM: 100, schedule: [] }, "reason.no-windows"],
  ["25 o'clock", point, { radiusM: 100, schedule: [{ from: "25:00", to: "26:00" }] }, "reason.bad-minute"],
  ["from equal to to", point, { radiusM: 100, schedule: [{ from: "08:00", to: "08:00" }] }, "reason.empty-window"],
  [
    "a day that is none",
    point,
    { radiusM: 100, schedule: [{ days: ["caturday"], from: "08:00", to: "09:00" }] },
    "reason.bad-day",
  ],
  [
    "a window with more",
    point,
    { radiusM: 100, schedule: [{ from: "08:00", to: "09:00", zone: "x" }] },
    "reason.unknown-in",
  ],
  ["an id too long", point, { radiusM: 100, id: "水".repeat(30) }, "reason.bad-id"],
])("%s is refused, with the zone's name", (_, geometry, properties, detail) => {
  const error = refusal(() => read(feature(geometry, properties)));
  expect(error.code).toBe("zones.bad-feature");
  expect(error.params).toMatchObject({
    file: "zones.json",
    line: 1,
    feature: /id$/.test(detail) ? "#1" : "home",
    detail,
  });
});

test("two zones of one name, no zones, and no GeoJSON", () => {
  expect(refusal(() => read(feature(point, { radiusM: 1 }), feature(point, { radiusM: 2 })))).toMatchObject({
    code: "zones.duplicate-id",
    params: { feature: "home" },
  });
  expect(refusal(() => read())).toMatchObject({
    code: "zones.bad-file",
    params: { line: 1, detail: "reason.no-zone" },
  });
  expect(refusal(() => readZones("[]", "z"))).toMatchObject({ code: "zones.not-geojson" });
  expect(refusal(() => readZones('{"type":"Topology"}', "z"))).toMatchObject({ code: "zones.not-geojson" });
  expect(refusal(() => readZones('{\n"type": "FeatureCollection",\n oops }', "z"))).toMatchObject({
    code: "zones.not-json",
    params: { line: 3, column: 2 },
  });
});

test.each([
  ["blank", " "],
  ["empty", ""],
  ["of two lines", "a\nb"],
  ["that turns the text round", "\u202eabc"],
  ["with half a character", "\ud800"],
  ["of no text", true],
  ["of a fraction", 1.5],
  ["null", null],
])("an id %s is refused, by the zone's number", (_, id) => {
  const error = refusal(() => read(feature(point, { radiusM: 100, id })));
  expect(error).toMatchObject({ code: "zones.bad-feature", params: { feature: "#1", detail: "reason.bad-id" } });
});

test("a zone without an id is called by its number, and never like another", () => {
  const circle = { type: "Feature", geometry: point, properties: { radiusM: 100 } };
  const ids = read(circle, feature(point, { radiusM: 100, id: "zone-1" }), { ...circle, id: "own" }, circle).map(
    (z) => z.id,
  );
  expect(ids).toEqual(["zone-1-", "zone-1", "own", "zone-4"]);
});

test.each(["kind", "schedule", "bufferM", "radiusM", "colour"])("%s beside the properties is refused", (name) => {
  for (const value of ["inclusion", null]) {
    const error = refusal(() => read({ ...feature(point, { radiusM: 100 }), [name]: value }));
    expect(error).toMatchObject({ params: { feature: "home", detail: "reason.misplaced", name } });
  }
});

test("a zone's property is found out in the geometry and in the collection", () => {
  expect(refusal(() => read(feature({ ...point, bufferM: 3 }, { radiusM: 100 }))).params).toMatchObject({
    detail: "reason.misplaced",
    name: "bufferM",
  });
  const collection = { type: "FeatureCollection", kind: "inclusion", features: [feature(point, { radiusM: 100 })] };
  expect(refusal(() => readZones(JSON.stringify(collection, null, 1), "z"))).toMatchObject({
    code: "zones.bad-file",
    params: { line: 3, detail: "reason.misplaced", name: "kind" },
  });
});

test.each(["kind", "schedule", "bufferM", "radiusM"])("%s: null says nothing, and is refused", (name) => {
  const error = refusal(() => read(feature(point, { radiusM: 100, [name]: null })));
  expect(error.params).toMatchObject({ detail: "reason.null", name });
});

test("all unknown properties are named at once; a person's own are let be", () => {
  const error = refusal(() => read(feature(point, { radiusM: 100, bufer: 1, Kind: "inclusion", "x-bufer": 1 })));
  expect(error.params).toMatchObject({ detail: "reason.unknown-properties", name: "bufer, Kind" });
});

test("coordinates are WGS 84 or refused", () => {
  const withCrs = (crs: unknown) =>
    readZones(JSON.stringify({ type: "FeatureCollection", crs, features: [feature(point, { radiusM: 100 })] }), "z");
  const named = (name: string) => ({ type: "name", properties: { name } });
  for (const name of ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
    expect(withCrs(named(name))).toHaveLength(1);
  for (const crs of [named("EPSG:28992"), named("EPSG:14326"), null, {}])
    expect(refusal(() => withCrs(crs))).toMatchObject({
      code: "zones.bad-file",
      params: { detail: "reason.foreign-crs" },
    });
});

test("values of any shape are refused, not tripped over", () => {
  const trap = { toString: 1 };
  const deep = JSON.parse(`${"[".repeat(20)}${"]".repeat(20)}`) as unknown;
  for (const type of [trap, deep]) {
    const error = refusal(() => read(feature({ type, coordinates: [] })));
    expect(error.params).toMatchObject({ feature: "home", detail: "reason.bad-geometry" });
  }
  const schedule = [{ days: [trap], from: "08:00", to: "09:00" }];
  expect(refusal(() => read(feature(point, { radiusM: 100, schedule }))).params).toMatchObject({
    detail: "reason.bad-day",
  });
  for (const none of [null, 3, "a", []])
    expect(refusal(() => read(none as never)).params).toMatchObject({ feature: "#1", detail: "reason.no-feature" });
});

test("a name of the language's own is a name like any other", () => {
  expect(read(feature(point, { radiusM: 100, id: "__proto__" }))[0].id).toBe("__proto__");
  const text = JSON.stringify(feature(point, { radiusM: 100 })).replace(
    '"radiusM"',
    '"__proto__":{"kind":"inclusion"},"radiusM"',
  );
  expect(refusal(() => readZones(text, "z")).params).toMatchObject({
    detail: "reason.unknown-properties",
    name: "__proto__",
  });
});

test("errors name the line of the feature", () => {
  const features = ["a", "b", "a"].map((id) => feature(point, { radiusM: 100, id }));
  const lines = (list: object[]) =>
    `{"type":"FeatureCollection","features":[\n${list.map((f) => JSON.stringify(f)).join(",\n")}]}`;
  expect(refusal(() => readZones(lines(features), "z"))).toMatchObject({
    code: "zones.duplicate-id",
    params: { line: 4, other: 2, feature: "a" },
  });
  features[1] = feature(point, { id: "b" });
  expect(refusal(() => readZones(lines(features), "z")).params).toMatchObject({ line: 3, feature: "b" });
});

test("what an order cannot carry is refused with the zone at which it is too much", () => {
  const circles = Array.from({ length: 1001 }, (_, i) => feature(point, { radiusM: 100, id: `c${i}` }));
  expect(read(...circles.slice(0, 1000))).toHaveLength(1000);
  expect(refusal(() => read(...circles)).params).toMatchObject({ feature: "#1001", detail: "reason.too-many-zones" });
  const rough = (id: string) => {
    const coast = Array.from({ length: 14_001 }, (_, i) => [5 + i / 1e5, 52 + (i % 2) / 1e3]);
    return feature(polygon([...coast, [5.07, 51.9], coast[0]]), { id });
  };
  expect(read(rough("a"), rough("b"))).toHaveLength(2);
  expect(refusal(() => read(rough("a"), rough("b"), rough("c"))).params).toMatchObject({
    feature: "c",
    detail: "reason.too-many-vertices",
  });
  const schedule = Array.from({ length: 65 }, () => ({ from: "08:00", to: "09:00" }));
  expect(refusal(() => read(feature(point, { radiusM: 100, schedule }))).params).toMatchObject({
    detail: "reason.too-many-windows",
  });
});

test("a circle round the pole or near it is refused, one a little farther is not", () => {
  const at = (lat: number, radiusM: number) => feature({ type: "Point", coordinates: [10, lat] }, { radiusM });
  for (const [lat, radiusM] of [
    [90, 1],
    [-90, 1000],
    [89.999, 5000],
    [-82.1, 50_000],
  ])
    expect(refusal(() => read(at(lat, radiusM))).params).toMatchObject({ detail: "reason.near-pole" });
  for (const [lat, radiusM] of [
    [89.8, 1000],
    [-82, 50_000],
    [70, 50_000],
  ]) {
    const zones = read(at(lat, radiusM));
    expect(writePack(zones)).toMatchObject({ ok: true });
  }
});

test.each([
  ["24:30 o'clock", { from: "24:30", to: "08:00" }, "reason.bad-minute"],
  ["sixty minutes", { from: "08:60", to: "09:00" }, "reason.bad-minute"],
  ["an hour of one digit", { from: "8:00", to: "09:00" }, "reason.bad-minute"],
  ["no end", { from: "08:00" }, "reason.bad-minute"],
  ["a start at the day's end", { from: "24:00", to: "09:00" }, "reason.empty-window"],
  ["no day", { days: [], from: "08:00", to: "09:00" }, "reason.no-days"],
  ["days: null", { days: null, from: "08:00", to: "09:00" }, "reason.no-days"],
  ["a day's long name", { days: ["monday"], from: "08:00", to: "09:00" }, "reason.bad-day"],
])("a window with %s is refused", (_, window, detail) => {
  const error = refusal(() => read(feature(point, { radiusM: 100, schedule: [window] })));
  expect(error.params).toMatchObject({ feature: "home", detail, at: expect.stringContaining("schedule[0]") });
});
