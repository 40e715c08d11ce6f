import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readZones } from "../../host/zones/geojson.ts";
import { readOrder } from "../../host/zones/order.ts";
import { ToolError } from "../../protocol/errors.ts";
import { sharedFolder } from "../shared.ts";

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

function refusal(run: () => unknown): ToolError {
  try {
    run();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error("was accepted");
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
    "crosses itself",
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
    "crosses itself",
  ],
  ["unclosed", polygon(SQUARE.slice(0, -1)), {}, "not closed"],
  ["an empty ring", polygon([]), {}, "empty"],
  ["no ring", { type: "Polygon", coordinates: [] }, {}, "no ring"],
  [
    "too few positions",
    polygon([
      [5, 52],
      [5.01, 52],
      [5, 52],
    ]),
    {},
    "at least 4",
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
    "three different",
  ],
  ["latitude out of range", polygon(SQUARE.map(([x, y]) => [y, x + 90])), {}, "out of range"],
  ["a position of text", polygon([["5", 52], ...SQUARE.slice(1)] as never), {}, "not a position"],
  [
    "a hole outside",
    polygon(
      SQUARE,
      SQUARE.map(([x, y]) => [x + 1, y]),
    ),
    {},
    "hole 1",
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
    "spans",
  ],
  ["a circle without radius", point, {}, "radiusM"],
  ["a radius of nothing", point, { radiusM: 0 }, "radiusM"],
  ["a radius in millimetres", point, { radiusM: 300_000 }, "radiusM"],
  ["radiusM on a polygon", polygon(SQUARE), { radiusM: 10 }, "radiusM"],
  ["a line", { type: "LineString", coordinates: SQUARE }, {}, "LineString"],
  ["no geometry", null, {}, "no geometry"],
  ["an unknown property", point, { radiusM: 100, bufer: 3 }, "bufer"],
  ["an unknown kind", point, { radiusM: 100, kind: "forbidden" }, "kind"],
  ["a negative buffer", point, { radiusM: 100, bufferM: -1 }, "bufferM"],
  ["an empty schedule", point, { radiusM: 100, schedule: [] }, "schedule"],
  ["25 o'clock", point, { radiusM: 100, schedule: [{ from: "25:00", to: "26:00" }] }, "hh:mm"],
  ["from equal to to", point, { radiusM: 100, schedule: [{ from: "08:00", to: "08:00" }] }, "same"],
  [
    "a day that is none",
    point,
    { radiusM: 100, schedule: [{ days: ["caturday"], from: "08:00", to: "09:00" }] },
    "caturday",
  ],
  [
    "a window with more",
    point,
    { radiusM: 100, schedule: [{ from: "08:00", to: "09:00", zone: "x" }] },
    "unknown property",
  ],
  ["an id too long", point, { radiusM: 100, id: "水".repeat(30) }, "id must have"],
])("%s is refused, with the zone's name", (_, geometry, properties, words) => {
  const error = refusal(() => read(feature(geometry, properties)));
  expect(error.code).toBe("zones.bad-feature");
  expect(error.params).toMatchObject({ file: "zones.json", feature: expect.stringMatching(/^(home|水+)$/) });
  expect(String(error.params.detail)).toContain(words);
});

test("two zones of one name, no zones, and no GeoJSON", () => {
  expect(refusal(() => read(feature(point, { radiusM: 1 }), feature(point, { radiusM: 2 })))).toMatchObject({
    code: "zones.duplicate-id",
    params: { feature: "home" },
  });
  expect(refusal(() => read())).toMatchObject({ code: "zones.bad-feature" });
  expect(refusal(() => readZones("[]", "z"))).toMatchObject({ code: "zones.not-geojson" });
  expect(refusal(() => readZones('{"type":"Topology"}', "z"))).toMatchObject({ code: "zones.not-geojson" });
  expect(refusal(() => readZones('{\n"type": "FeatureCollection",\n oops }', "z"))).toMatchObject({
    code: "zones.not-json",
    params: { line: 3 },
  });
});

test("a ring of 20,000 vertices is judged", () => {
  const ring = Array.from({ length: 20_000 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 20_000;
    const r = 0.5 + 0.01 * Math.sin(40 * angle);
    return [5 + r * Math.cos(angle), 52 + r * Math.sin(angle)];
  });
  ring.push(ring[0]);
  expect(read(feature(polygon(ring)))).toHaveLength(1);
});

test("a ring across the antimeridian is one zone", () => {
  const ring = [
    [179.9, -17],
    [-179.9, -17],
    [-179.9, -16.9],
    [179.9, -16.9],
    [179.9, -17],
  ];
  expect(read(feature(polygon(ring)))).toHaveLength(1);
});

test("an order is read with its offsets", () => {
  const text = JSON.stringify({
    id: "2026-17",
    from: "2026-11-24T09:00:00+09:00",
    to: "2027-11-24T09:00:00+09:00",
    utcOffsets: [{ from: "2026-01-01T00:00:00Z", offset: "+09:00" }],
    delayS: 90,
  });
  expect(readOrder(text, "order.json", [])).toEqual({
    id: "2026-17",
    fromMs: Date.UTC(2026, 10, 24),
    toMs: Date.UTC(2027, 10, 24),
    utcOffsets: [{ fromMs: Date.UTC(2026, 0, 1), minutes: 540 }],
    delayS: 90,
    heartbeatS: 900,
    zones: [],
  });
});

test.each([
  [{}, "id"],
  [{ id: "a" }, "from"],
  [{ id: "a", from: "2026-11-24" }, "from"],
  [{ id: "a", from: "2026-11-24T09:00:00" }, "from"],
  [{ id: "a", from: "2026-11-24T09:00:00Z", to: "2026-11-23T09:00:00Z" }, "to is not after"],
  [{ id: "a", from: "2026-11-24T09:00:00Z", utcOffsets: [] }, "utcOffsets"],
  [{ id: "a", from: "2026-11-24T09:00:00Z", utcOffsets: [{ from: "2026-01-01T00:00:00Z", offset: "JST" }] }, "offset"],
  [{ id: "a", from: "2026-11-24T09:00:00Z", delayS: 1.5 }, "delayS"],
  [{ id: "a", from: "2026-11-24T09:00:00Z", zones: [] }, "unknown property zones"],
])("a bad order is refused: %j", (order, words) => {
  const error = refusal(() => readOrder(JSON.stringify(order), "order.json", []));
  expect(error.code).toBe("order.bad-field");
  expect(String(error.params.detail)).toContain(words);
});

const ZONES = sharedFolder("data/zones/click-that-hood");
test.skipIf(ZONES === undefined)(
  "the neighbourhoods of Amsterdam and Eindhoven are zones once their own properties are set aside",
  () => {
    for (const city of ["amsterdam", "eindhoven"]) {
      const source = JSON.parse(readFileSync(path.join(ZONES as string, `${city}.geojson`), "utf8")) as {
        features: { geometry: object }[];
      };
      const zones = read(...source.features.map(({ geometry }, i) => feature(geometry, { id: `${city}-${i}` })));
      expect(zones.length).toBeGreaterThan(15);
    }
  },
);
