import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ToolError } from "../../protocol/errors.ts";
import { read, refusal, T0 } from "./given.ts";

const HEAD = "timestamp,latitude,longitude,name";

test.each([
  ["nothing", "", "trace.empty"],
  ["white space", " \r\n\n", "trace.empty"],
  ["zeros", new Uint8Array(1000), "trace.unknown-format"],
  ["prose", "It was a dark night.", "trace.unknown-format"],
  ["GeoJSON", '{"type":"Feature","properties":{}}', "trace.unknown-format"],
  ["a zip file", Buffer.from("PK\u0003\u0004…"), "trace.compressed"],
  ["a gzip file", gzipSync("a"), "trace.compressed"],
  ["an image", Buffer.from("89504e470d0a1a0a0000000d49484452ff", "hex"), "trace.unknown-format"],
])("%s is refused by name", (_, content, code) => {
  expect(refusal(content).code).toBe(code);
});

test("text in another encoding is refused with its line and byte", () => {
  const latin1 = Buffer.from(`${HEAD}\n${T0},52,5,café\n`, "latin1");
  expect(refusal(latin1)).toEqual({ code: "cli.not-utf8", line: 2, offset: latin1.indexOf(0xe9) });
  const cut = Buffer.from(`${HEAD}\n${T0},52,5,お`).subarray(0, -1);
  expect(refusal(cut)).toEqual({ code: "cli.not-utf8", line: 2, offset: cut.length - 2 });
  for (const mark of ["\ufeff", ""])
    for (const content of [HEAD, "<gpx/>", "$GPRMC,100000.00,A,5206.000,N,00512.000,E,0.5,10.0,010624,,,A*60"])
      expect(refusal(Buffer.from(`${mark}${content}\n`, "utf16le"))).toEqual({
        code: "cli.not-utf8",
        line: 1,
        offset: 0,
      });
});

test("“µb” in a text is no frame of UBX, and a dollar no sentence of NMEA", () => {
  const text = `${HEAD}\n${T0},52,5,µblox paid $GPRMC`;
  expect(read(text)).toMatchObject({ format: "csv", points: 1 });
});

test("whatever the bytes are, they are read or refused with a code", () => {
  const starts = ["", HEAD, "<gpx>", "AXXX\nHFDTE010624\nB", "$GPRMC,", "\u00b5b"].map((s) => Buffer.from(s, "latin1"));
  const input = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
  fc.assert(
    fc.property(input, ([start, rest]) => {
      try {
        read(Buffer.concat([start, rest]));
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        expect(error.params.file).toBe("given");
      }
    }),
  );
});

test("a trace of more than 400 days is refused at the row that makes it so", () => {
  const rows = (days: number) => `time,lat,lon\n${T0},52,5\n${T0 + 1000},52,5\n${T0 + days * 86_400_000},52,5\n`;
  expect(read(rows(400)).points).toBe(3);
  expect(refusal(rows(401))).toEqual({ code: "trace.long-span", line: 4, days: 401, limit: 400 });
});
