import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rideFile } from "../samples.ts";
import { omamori, type Ran } from "./cli.ts";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "omamori-zones-"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

type Ring = [number, number][];
const SQUARE: Ring = [
  [5, 52],
  [5.1, 52],
  [5.1, 52.1],
  [5, 52.1],
  [5, 52],
];

function zone(geometry: unknown, properties: Record<string, unknown> = {}): string {
  return JSON.stringify({ type: "Feature", geometry, properties: { id: "home", ...properties } });
}

const polygon = (...coordinates: Ring[]) => ({ type: "Polygon", coordinates });
const GOOD = zone(polygon(SQUARE));

test.each<[string, string | Uint8Array, string]>([
  ["a ring that crosses itself", zone(polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])), "home"],
  ["a ring that is not closed", zone(polygon(SQUARE.slice(0, 4))), "home"],
  ["an empty ring", zone(polygon([])), "home"],
  ["no ring", zone(polygon()), "home"],
  [
    "a position out of range",
    zone(
      polygon([
        [5, 52],
        [5.1, 52],
        [5.1, 92],
        [5, 52],
      ]),
    ),
    "home",
  ],
  ["an id twice", `{"type":"FeatureCollection","features":[${GOOD},${GOOD}]}`, "home"],
  ["an unknown property", zone(polygon(SQUARE), { radius: 3 }), "radius"],
  ["a circle without a radius", zone({ type: "Point", coordinates: [5, 52] }), "home"],
  ["a schedule on no day", zone(polygon(SQUARE), { schedule: [{ days: [], from: "08:00", to: "19:00" }] }), "home"],
  ["a schedule at 25:00", zone(polygon(SQUARE), { schedule: [{ from: "08:00", to: "25:00" }] }), "25:00"],
  ["text that is no JSON", '{\n"type": "Feature",\n', "zones.geojson:3"],
  ["JSON that is no zone", "[]", "GeoJSON"],
  ["an empty file", "", "zones.geojson"],
  ["a height of text", zone({ type: "Point", coordinates: [5, 52, "3"] }, { radiusM: 30 }), 'position: [5,52,"3"]'],
  ["text in another encoding", Buffer.from('{\n"name": "caf\u00e9"', "latin1"), "zones.geojson:2, byte 14: not UTF-8"],
])("%s is refused in one line that says where", (_, content, named) => {
  writeFileSync(path.join(cwd, "zones.geojson"), content);
  const { code, out, err } = replay("en");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^error: .*zones\.geojson.* \[[\w.-]+\]\n(hint: .*\n)?$/);
  expect(err).toContain(named);
  expect(err).not.toMatch(/reason\./);
  expect(readdirSync(cwd)).toEqual(["zones.geojson"]);
});

test("the reason is Japanese too", () => {
  writeFileSync(path.join(cwd, "zones.geojson"), zone(polygon(SQUARE.slice(0, 4))));
  expect(replay("ja").err).toMatch(/^エラー: zones\.geojson.*home.*閉じて/);
});

function replay(lang: string): Ran {
  const args = ["--lang", lang, "replay", rideFile(), "--zones", "zones.geojson", "--json", "--report", "ride.html"];
  return omamori(args, { cwd });
}
