import { expect, test } from "vitest";
import { readSequence, writeSequence } from "../../simulator/traces/sequence.ts";
import { read, refusal, rowsOf, T0 } from "./given.ts";

const TRACE = read(`timestamp,latitude,longitude,hAccM,speedMps\n${T0},52.1,5.2,3.25,1.5\n${T0 + 1000},52.2,5.2,,\n`);
const BYTES = writeSequence(TRACE);

test("what was written is read", () => {
  const trace = read(BYTES);
  expect(trace.format).toBe("cbor");
  expect(rowsOf(trace)).toEqual(rowsOf(TRACE));
});

test("however it is cut, the byte is named; between two points it is whole", () => {
  for (let length = 1; length < BYTES.length; length++) {
    try {
      expect(rowsOf(read(BYTES.subarray(0, length)))).toEqual(rowsOf(TRACE).slice(0, 1));
    } catch {
      const { code, offset } = refusal(BYTES.subarray(0, length)) as { code: string; offset?: number };
      if (code !== "trace.no-positions")
        expect({ code, offset }).toEqual({ code: "trace.bad-cbor", offset: expect.any(Number) });
    }
  }
});

test("a point that no recording can hold is refused at its byte", () => {
  const impossible = writeSequence({ ...TRACE, timeMs: Float64Array.of(0, T0) });
  expect(refusal(impossible)).toMatchObject({ code: "trace.mis-dated", offset: 25 });
});

test("a name longer than the header holds is cut at a character", () => {
  const bytes = writeSequence({ ...TRACE, name: "お".repeat(200) });
  expect(rowsOf(readSequence(bytes, "given"))).toEqual(rowsOf(TRACE));
});
