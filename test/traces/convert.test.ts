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
      const positions = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
      expect(
        positions.map(([lon, lat]: number[], i: number) => [
          Date.parse(properties.coordTimes[i]),
          Math.round(lat * 1e7),
          Math.round(lon * 1e7),
          properties.hAccM[i],
          properties.speedMps[i],
        ]),
      ).toEqual(rowsOf(trace).map((row) => row.map((v) => v && v + 0)));
    }),
  );
});
