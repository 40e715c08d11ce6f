import fc from "fast-check";
import { expect, test } from "vitest";
import { writeSequence } from "../../simulator/traces/sequence.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { toCsv, toGeoJson, toGpx } from "../../simulator/traces/write.ts";
import { ride } from "../samples.ts";
import { anyTrace, read, rowsOf } from "./given.ts";

const FORMATS: [string, (trace: Trace) => string | Uint8Array][] = [
  ["csv", toCsv],
  ["gpx", toGpx],
  ["cbor", writeSequence],
];

test.each(FORMATS)(
  "whatever a trace holds, %s holds it too, to the millisecond and the millimetre",
  (format, write) => {
    fc.assert(
      fc.property(anyTrace, (trace) => {
        const again = read(write(trace));
        expect(again.format).toBe(format);
        expect(rowsOf(again)).toEqual(rowsOf(trace));
      }),
    );
  },
);

test("through all formats and back a real ride is the same", () => {
  const rows = rowsOf(ride());
  expect(rowsOf(FORMATS.reduce((trace, [, write]) => read(write(trace)), ride()))).toEqual(rows);
});

test.each(["a<b>&\"'", "new\nline\u001b[31m", "\u0000\ufffe", "お守り", "\ud800"])(
  "the name %j breaks no format",
  (name) => {
    for (const [, write] of FORMATS) expect(read(write({ ...ride(), name })).points).toBe(ride().points);
  },
);

test("GeoJSON has a time, and where known an accuracy and a speed, for every position", () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const { properties, geometry } = JSON.parse(toGeoJson(trace));
      const wasCut = geometry.type === "MultiLineString";
      const lists = (list: unknown) => (wasCut ? list : [list]) as never[][];
      const lines = geometry.type === "Point" ? [[geometry.coordinates]] : lists(geometry.coordinates);
      const rows = lines.map((line, l) =>
        line.map(([lon, lat]: number[], i: number) => [
          Date.parse(lists(properties.coordTimes)[l][i]),
          Math.round(lat * 1e7),
          Math.round(lon * 1e7),
          lists(properties.hAccM)[l][i],
          lists(properties.speedMps)[l][i],
        ]),
      );
      const uncut = rows.flatMap((line, l) => line.slice(l === 0 ? 0 : 1, l === rows.length - 1 ? undefined : -1));
      expect(uncut).toEqual(rowsOf(trace).map((row) => row.map((v) => v && v + 0)));
    }),
  );
});

test("over the antimeridian GeoJSON is cut, where and when it was crossed, and no line leaps round the globe", () => {
  const trace = read("time,lat,lon\n1717236000,10,179\n1717236010,10,179.5\n1717236020,12,-179.5\n");
  const { geometry, properties } = JSON.parse(toGeoJson(trace));
  expect(geometry).toEqual({
    type: "MultiLineString",
    coordinates: [
      [
        [179, 10],
        [179.5, 10],
        [180, 11],
      ],
      [
        [-180, 11],
        [-179.5, 12],
      ],
    ],
  });
  expect(properties.coordTimes[0][2]).toBe("2024-06-01T10:00:15.000Z");
  fc.assert(
    fc.property(anyTrace, (any) => {
      const { type, coordinates } = JSON.parse(toGeoJson(any)).geometry;
      for (const line of type === "MultiLineString" ? coordinates : []) {
        expect(line.length).toBeGreaterThan(1);
        for (const [i, [lon]] of line.slice(1).entries()) expect(Math.abs(lon - line[i][0])).toBeLessThanOrEqual(180);
      }
    }),
  );
});
