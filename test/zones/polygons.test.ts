import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readZones } from "../../host/zones/geojson.ts";
import { sharedFolder } from "../shared.ts";
import { viewOf } from "./bracelet-view.ts";
import { refusal } from "./refusal.ts";

type Ring = number[][];

function zone(...polygons: Ring[][]) {
  const geometry = { type: "MultiPolygon", coordinates: polygons };
  const text = JSON.stringify({ type: "Feature", properties: { id: "home" }, geometry });
  return readZones(text, "zones.json")[0];
}

/** A closed square from its south-western corner, in thousandths of a degree round 5° E 52° N. */
function square(x: number, y: number, side: number, lon = 5): Ring {
  const at = (dx: number, dy: number) => [turn(lon + (x + dx) / 1000), 52 + (y + dy) / 1000];
  return [at(0, 0), at(side, 0), at(side, side), at(0, side), at(0, 0)];
}

function turn(lon: number): number {
  return lon > 180 ? lon - 360 : lon;
}

const LAKE = square(2, 2, 4);

test.each<[string, Ring[][]]>([
  ["beside one another", [[square(0, 0, 10)], [square(20, 0, 10)]]],
  ["that touch at a corner", [[square(0, 0, 10)], [square(10, 10, 10)]]],
  ["that touch with a corner on an edge", [[square(0, 0, 10)], [square(10, 5, 3)]]],
  ["that share a border", [[square(0, 0, 10)], [square(10, 0, 10)]]],
  ["that share part of a border", [[square(0, 0, 10)], [square(10, 2, 3)]]],
  ["four that meet at one corner", [[square(0, 0, 5)], [square(5, 0, 5)], [square(0, 5, 5)], [square(5, 5, 5)]]],
  ["an island in a lake", [[square(0, 0, 10), LAKE], [square(3, 3, 1)]]],
  ["an island that fills its lake", [[square(0, 0, 10), LAKE], [LAKE]]],
  ["an island told before its lake", [[square(3, 3, 1)], [square(0, 0, 10), LAKE]]],
])("polygons %s are read, and the bracelet finds its way in them", (_, polygons) => {
  const view = viewOf([zone(...polygons)]);
  for (let x = 0.5; x < 30; x++)
    for (let y = 0.5; y < 20; y++) {
      const holds = (ring: Ring) => x > inThousandths(ring, 0) && x < inThousandths(ring, 1) && inHeight(ring, y);
      const inside = polygons.some(([outer, ...holes]) => holds(outer) && !holes.some(holds));
      expect(view.inside(520_000_000 + y * 10_000, 50_000_000 + x * 10_000), `${x} ${y}`).toEqual(inside ? [0] : []);
    }
});

function inThousandths(ring: Ring, corner: number): number {
  return (ring[corner][0] - 5) * 1000;
}

function inHeight(ring: Ring, y: number): boolean {
  return y > (ring[0][1] - 52) * 1000 && y < (ring[2][1] - 52) * 1000;
}

test.each<[string, Ring[][], string, string]>([
  ["overlap", [[square(0, 0, 10)], [square(5, 5, 10)]], "coordinates[0]", "coordinates[1]"],
  [
    "repeat one another",
    [[square(0, 0, 10)], [square(20, 0, 5)], [square(0, 0, 10)]],
    "coordinates[0]",
    "coordinates[2]",
  ],
  ["lie in one another", [[square(0, 0, 10)], [square(3, 3, 2)]], "coordinates[0]", "coordinates[1]"],
  ["lie round one another", [[square(3, 3, 2)], [square(0, 0, 10)]], "coordinates[0]", "coordinates[1]"],
  ["lie in one another at a border", [[square(0, 0, 10)], [square(0, 3, 2)]], "coordinates[0]", "coordinates[1]"],
  ["overlap over a lake's shore", [[square(0, 0, 10), LAKE], [square(3, 3, 5)]], "coordinates[0]", "coordinates[1]"],
  ["overlap through their corners", [[square(0, 0, 10)], [diamond(5, 5, 5)]], "coordinates[0]", "coordinates[1]"],
])("polygons that %s are refused, with both named", (_, polygons, at, other) => {
  const error = refusal(() => zone(...polygons));
  expect(error.params).toMatchObject({ feature: "home", detail: "reason.polygons-overlap", at, other });
  expect(String(error.params.near)).toMatch(/^5\.\d+, 52(\.\d+)?$|^5, 52/);
});

/** Its corners are the middles of a square's edges when it has half its side. */
function diamond(x: number, y: number, reach: number): Ring {
  const at = (dx: number, dy: number) => [5 + (x + dx) / 1000, 52 + (y + dy) / 1000];
  return [at(-reach, 0), at(0, -reach), at(reach, 0), at(0, reach), at(-reach, 0)];
}

test.each<[string, Ring[], string]>([
  ["is its outer ring", [square(0, 0, 10), square(0, 0, 10)], "reason.hole-outside"],
  ["is bigger than its outer ring", [square(0, 0, 10), square(-5, -5, 20)], "reason.hole-outside"],
  ["crosses its outer ring", [square(0, 0, 10), square(5, 5, 10)], "reason.hole-outside"],
  ["leaves its outer ring at corners", [diamond(5, 5, 5), square(0, 0, 10)], "reason.hole-outside"],
  ["lies outside its outer ring", [square(0, 0, 10), square(20, 0, 5)], "reason.hole-outside"],
  ["shares an edge with its outer ring", [square(0, 0, 10), square(0, 2, 3)], "reason.hole-outside"],
  ["overlaps another", [square(0, 0, 10), LAKE, square(4, 4, 4)], "reason.holes-overlap"],
  ["repeats another", [square(0, 0, 10), LAKE, LAKE], "reason.holes-overlap"],
  ["lies in another", [square(0, 0, 10), LAKE, square(3, 3, 1)], "reason.holes-overlap"],
  ["crosses itself", [square(0, 0, 10), [...bowtie(2), bowtie(2)[0]]], "reason.ring-meets-itself"],
])("a hole that %s is refused", (_, rings, detail) => {
  const error = refusal(() => zone(rings));
  expect(error.params).toMatchObject({
    feature: "home",
    detail,
    at: expect.stringMatching(/^coordinates\[0\]\[[12]\]$/),
  });
});

function bowtie(at: number): Ring {
  return [
    [0, 0],
    [2, 2],
    [2, 0],
    [0, 2],
  ].map(([x, y]) => [5 + (at + x) / 1000, 52 + (at + y) / 1000]);
}

test("a hole may touch its outer ring and another hole at a point", () => {
  const touching = [diamond(2, 5, 2), diamond(6, 5, 2)];
  const view = viewOf([zone([square(0, 0, 10), ...touching])]);
  expect(view.inside(520_050_000, 50_020_000)).toEqual([]);
  expect(view.inside(520_050_000, 50_060_000)).toEqual([]);
  expect(view.inside(520_090_000, 50_060_000)).toEqual([0]);
});

test("a ring that touches itself is refused where it does", () => {
  const eight = [
    [0, 0],
    [10, 0],
    [5, 5],
    [10, 10],
    [0, 10],
    [5, 5],
    [0, 0],
  ].map(([x, y]) => [5 + x / 1000, 52 + y / 1000]);
  expect(refusal(() => zone([eight])).params).toMatchObject({
    detail: "reason.ring-meets-itself",
    at: "coordinates[0][0]",
    near: "5.005, 52.005",
  });
});

test.each([
  [
    "of a few units",
    [
      [5, 52],
      [5.0000001, 52],
      [5.0000001, 52.0000001],
      [5, 52],
    ],
  ],
  [
    "along a line",
    [
      [5, 52],
      [5.01, 52],
      [5.02, 52],
      [5, 52],
    ],
  ],
  [
    "narrower than a centimetre",
    [
      [5, 52],
      [5.01, 52],
      [5.01, 52.0000001],
      [5, 52],
    ],
  ],
])("a polygon %s bounds nothing and is refused", (_, ring) => {
  expect(refusal(() => zone([ring])).params.detail).toMatch(/no-area|meets-itself/);
});

test("across the antimeridian holes and polygons lie where they belong", () => {
  const land = square(-100, 0, 200, 180);
  const strait = square(-20, 20, 40, 180);
  const eastern = square(20, 100, 10, 180);
  const western = square(-90, 20, 20, 180);
  const view = viewOf([zone([land, strait, eastern, western], [square(150, 0, 20, 180)])]);
  const inside = (x: number, y: number) =>
    view.inside(520_000_000 + y * 10_000, 1_800_000_000 + x * 10_000 - (x > 0 ? 3_600_000_000 : 0)).length > 0;
  expect([inside(-95, 5), inside(95, 5), inside(160, 10)]).toEqual([true, true, true]);
  expect([inside(-10, 30), inside(10, 30), inside(25, 105), inside(-80, 30), inside(120, 10)]).toEqual(
    Array(5).fill(false),
  );
  for (const far of [square(0, 20, 10, 0), square(110, 20, 10, 180)])
    expect(refusal(() => zone([land, far])).params.detail).toMatch(/hole-outside|too-wide/);
  expect(refusal(() => zone([land], [square(50, 50, 10, 180)])).params.detail).toBe("reason.polygons-overlap");
});

test("polygons cut at the antimeridian, as RFC 7946 advises, are one zone", () => {
  const cut = (lon: number, x: number) => [
    [lon, 52],
    [x, 52],
    [x, 52.1],
    [lon, 52.1],
    [lon, 52],
  ];
  const view = viewOf([zone([cut(179.9, 180)], [cut(-180, -179.9)])]);
  expect(view.inside(520_500_000, 1_799_999_000)).toEqual([0]);
  expect(view.inside(520_500_000, -1_799_999_000)).toEqual([0]);
});

test("20,000 vertices are judged in a moment, however they lie", () => {
  const count = 20_000;
  const wavy = Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const reach = 0.5 + 0.01 * Math.sin(40 * angle);
    return [5 + reach * Math.cos(angle), 52 + reach * Math.sin(angle)];
  });
  const comb = Array.from({ length: count }, (_, i) => [5 + [0.01, 3, 3, 0.01][i % 4], 52 + Math.floor(i / 2) / 5000]);
  for (const ring of [
    [...wavy, wavy[0]],
    [...comb, [5, 54], [5, 52], comb[0]],
  ]) {
    const startMs = performance.now();
    zone([ring]);
    expect(performance.now() - startMs).toBeLessThan(5000);
  }
});

const ZONES = sharedFolder("data/zones");
test
  .skipIf(ZONES === undefined)
  .each([
    "click-that-hood/amsterdam.geojson",
    "click-that-hood/eindhoven.geojson",
    "click-that-hood/the-netherlands.geojson",
    "japan-n03/N03-21_40_210101.json",
    "osm-footprints/monaco.footprints.geojson",
  ])("every feature of %s is a zone once its own properties are set aside", (file) => {
  const source = JSON.parse(readFileSync(path.join(ZONES as string, file), "utf8")) as {
    features: { geometry: object }[];
  };
  const features = source.features.map(({ geometry }, id) => ({ type: "Feature", geometry, properties: { id } }));
  const zones = readZones(JSON.stringify({ type: "FeatureCollection", features }), file);
  expect(zones).toHaveLength(source.features.length);
});
