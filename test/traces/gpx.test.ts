import { expect, test } from "vitest";
import { ride } from "../samples.ts";
import { read, refusal, rowsOf, T0 } from "./given.ts";

const TIME = "<time>2024-06-01T10:00:00Z</time>";

function gpx(...points: string[]): string {
  return `<?xml version="1.0"?>\n<gpx version="1.1" creator="test">\n<trk><trkseg>\n${points.join("\n")}\n</trkseg></trk></gpx>`;
}

function point(inside: string, place = 'lat="52.1" lon="5.2"'): string {
  return `<trkpt ${place}>${inside}</trkpt>`;
}

test("a real ride is read", () => {
  const trace = ride();
  expect(trace.format).toBe("gpx");
  expect(trace.points).toBeGreaterThan(800);
});

test("points of all segments follow one another, with the speed of GPX 1.0", () => {
  const later = "<time>2024-06-01T12:00:01+02:00</time><speed>1.5</speed>";
  const trace = read(gpx(point(TIME), `</trkseg><trkseg>${point(later)}`));
  expect(rowsOf(trace)).toEqual([
    [T0, 521_000_000, 52_000_000, null, null],
    [T0 + 1000, 521_000_000, 52_000_000, null, 1.5],
  ]);
});

test.each([
  ["line ends of Windows", gpx(point(TIME)).replaceAll("\n", "\r\n")],
  ["a byte order mark", `\ufeff${gpx(point(TIME))}`],
  ["prefixes, even undeclared", gpx(point(TIME)).replace(/<(\/?)(\w)/g, "<$1gpx:$2")],
  ["a comment in a time", gpx(point("<time>2024-06-01<!-- x -->T10:00:00Z</time>"))],
  ["a time in CDATA", gpx(point("<time><![CDATA[2024-06-01T10:00:00Z]]></time>"))],
  ["a foreign time in extensions", gpx(point(`${TIME}<extensions><x:time>99</x:time></extensions>`))],
  [
    "a waypoint in extensions",
    gpx(point(`${TIME}<extensions><wpt><time>2001-01-01T00:00:00Z</time></wpt></extensions>`)),
  ],
  ["a foreign point in extensions", gpx(point(`${TIME}<extensions><trkpt lat="1" lon="1"/></extensions>`))],
  ["“µb” in a name", gpx(point(TIME)).replace("test", "µblox")],
])("%s makes no difference", (_, text) => {
  expect(rowsOf(read(text))).toEqual([[T0, 521_000_000, 52_000_000, null, null]]);
});

test("Garmin's speed counts, a foreign one does not", () => {
  const garmin =
    "<extensions><gpxtpx:TrackPointExtension><gpxtpx:speed>2.5</gpxtpx:speed></gpxtpx:TrackPointExtension></extensions>";
  expect(rowsOf(read(gpx(point(TIME + garmin))))[0][4]).toBe(2.5);
  expect(rowsOf(read(gpx(point(`${TIME}<extensions><wind><speed>9</speed></wind></extensions>`))))[0][4]).toBeNull();
});

test("an entity bomb does not go off, and deep nesting is survived", () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>${gpx(point(`${TIME}<name>&b;</name>`)).slice(22)}`;
  expect(refusal(bomb)).toMatchObject({ code: "trace.bad-xml" });
  const deep = gpx(point(`${TIME}${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`));
  expect(read(deep).points).toBe(1);
});

test.each([
  [gpx(point("<time>2024-02-30T00:00:00Z</time>")), { code: "trace.bad-time", line: 4 }],
  [gpx(point("<time>1717236002</time>")), { code: "trace.bad-time", line: 4 }],
  [gpx(point(TIME), point("")), { code: "trace.no-times", line: 5 }],
  [gpx(point("<time>1970-01-01T00:00:00Z</time>")), { code: "trace.mis-dated", line: 4 }],
  [gpx(point(TIME, 'lat="abc" lon="2"')), { code: "trace.bad-number", line: 4, what: "lat" }],
  [gpx(point(TIME, 'lon="2"')), { code: "trace.bad-number", line: 4, what: "lat" }],
  [gpx(point(TIME, 'lat="91" lon="2"')), { code: "trace.out-of-range", line: 4 }],
  [gpx(point(`${TIME}<speed>fast</speed>`)), { code: "trace.bad-number", line: 4, what: "speed" }],
  [gpx(point(TIME)).slice(0, -10), { code: "trace.bad-xml", line: 5 }],
  [gpx(point(`${TIME}<speed>-1</speed>`)), { code: "trace.bad-value", line: 4, what: "speed" }],
  ["<html><body>404<br></body></html>", { code: "trace.not-gpx", line: 1, detail: "html" }],
  ["<!DOCTYPE html>\n<html><body/></html>", { code: "trace.not-gpx", detail: "html" }],
  ["<!doctype html>\n<meta charset=utf-8>", { code: "trace.not-gpx", detail: "html" }],
  ["<kml/>", { code: "trace.not-gpx", line: 1, detail: "kml" }],
  [`<trkseg>${point(TIME)}</trkseg>`, { code: "trace.not-gpx", line: 1, detail: "trkseg" }],
  ["<gpx/>", { code: "trace.no-positions" }],
])("%j is refused with its line", (text, expected) => {
  expect(refusal(text)).toMatchObject(expected);
});
