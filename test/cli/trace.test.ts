import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { join, sentence } from "../gnss/streams.ts";
import { rideFile } from "../samples.ts";
import { CLI, jsonLines, omamori, type Ran } from "./cli.ts";

const HEAD = "timestamp,latitude,longitude,hAccM,speedMps";
const ROWS = [
  "2024-06-01T10:00:00.000Z,52.1000000,5.2000000,3.25,1.5",
  "2024-06-01T10:00:01.250Z,52.1001000,5.2000000,,",
];
const DAY = `${[HEAD, ...ROWS].join("\n")}\n`;

let cwd = "";
const run = (...args: string[]): Ran => omamori(args, { cwd });
const given = (name: string, content: string | Uint8Array) => writeFileSync(path.join(cwd, name), content);
const text = (name: string) => readFileSync(path.join(cwd, name), "utf8");

beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "omamori-trace-"));
  given("day.csv", DAY);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** Exit 2, nothing on stdout, one line of error with its code, perhaps a hint, and nothing new in the folder. */
function expectRefusal({ code, out, err }: Ran, named: string): void {
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^error: .*\n(hint: .*\n)?$/);
  expect(err).toContain(named);
}

test("info tells what a recording holds, for people and for programs", () => {
  expect(run("trace", "info", "day.csv").out).toMatch(/^points +2$/m);
  expect(JSON.parse(run("trace", "info", "day.csv", "--json").out)).toMatchObject({
    name: "day.csv",
    format: "csv",
    points: 2,
    from: "2024-06-01T10:00:00.000Z",
    spanS: 1.25,
    hasAccuracy: true,
  });
});

test("info has a word for everything, in both languages", () => {
  const rmc = (date: string) => sentence(`GPRMC,100000.00,A,5206.000,N,00512.000,E,0.5,10.0,${date},,,A`);
  given(
    "odd.nmea",
    join(rmc("060180"), sentence("GPGGA,100001.00,5206.0,N,00512.0,E,1,08,1.0,1,M,1,M,,"), rmc("010624")),
  );
  for (const lang of ["en", "ja"])
    for (const file of ["day.csv", "odd.nmea"]) {
      const { code, out } = run("--lang", lang, "trace", "info", file);
      expect(code).toBe(0);
      expect(out).not.toMatch(/info\.|notice\./);
    }
});

test("a name cannot steer the terminal", () => {
  const name = "new\nline\u001b[31m\u202edesrever.csv";
  given(name, DAY);
  const { out } = run("trace", "info", name);
  expect(out).toContain("new\\u{a}line\\u{1b}[31m\\u{202e}desrever.csv");
  expect(out).not.toContain("\u001b");
});

test.each(["csv", "gpx", "cbor"])("convert to %s and back changes nothing", (format) => {
  expect(run("trace", "convert", "day.csv", "-o", `day2.${format}`)).toMatchObject({
    code: 0,
    out: "",
    err: `wrote day2.${format}\n`,
  });
  expect(run("trace", "convert", `day2.${format}`, "--to", "csv").out).toBe(DAY);
});

test("convert to GeoJSON writes a Feature with times", () => {
  const feature = JSON.parse(run("trace", "convert", "day.csv", "--to", "geojson").out);
  expect(feature.geometry.coordinates).toEqual([
    [5.2, 52.1],
    [5.2, 52.1001],
  ]);
  expect(feature.properties).toMatchObject({ hAccM: [3.25, null], speedMps: [1.5, null] });
});

test("a dash is standard input and output", () => {
  expect(omamori(["trace", "convert", "-", "--to", "csv", "-o", "-"], { cwd, input: DAY })).toEqual({
    code: 0,
    out: DAY,
    err: "",
  });
  expect(readdirSync(cwd)).not.toContain("-");
  expectRefusal(omamori(["trace", "info", "-"], { cwd, input: `${HEAD}\nx,1,2,3,4\n` }), "stdin:2: ");
});

test.runIf(process.platform !== "win32")("what is read through a dash is an input too", () => {
  given("mine.csv", DAY);
  const command = `"$0" "$1" trace convert - -o mine.csv --force < mine.csv`;
  const { stderr, status } = spawnSync("sh", ["-c", command, process.execPath, CLI], { cwd, encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain("[cli.same-file]");
  expect(text("mine.csv")).toBe(DAY);
});

test("a name that says another format is remarked upon", () => {
  const { code, err } = run("trace", "convert", "day.csv", "--to", "gpx", "-o", "wrong.csv");
  expect(code).toBe(0);
  expect(err).toContain("[cli.other-extension]");
  expect(text("wrong.csv")).toContain("<gpx");
});

test("anonymise hides names, places and times, and repeats with a seed", () => {
  const secret = `<?xml version="1.0"?><gpx creator="Anna"><metadata><author><name>Anna</name></author></metadata><trk><name>to work</name><trkseg>
<trkpt lat="52" lon="5"><time>2024-01-01T08:31:22.345Z</time><name>home</name></trkpt></trkseg></trk></gpx>`;
  given("Anna home.gpx", secret);
  for (const name of ["a.gpx", "b.GPX"]) expect(run("trace", "anonymise", "Anna home.gpx", "-o", name).code).toBe(0);
  expect(text("a.gpx")).not.toMatch(/Anna|home|work|2024|08:31|345|lat="52\.0/);
  expect(text("a.gpx")).not.toBe(text("b.GPX"));
  const repeated = () => run("trace", "anonymise", "Anna home.gpx", "--to", "csv", "--seed", "7").out;
  expect(repeated()).toBe(repeated());
});

test.each(["", "abc", "-1", "1.5", "4294967296"])("anonymise refuses the seed “%s”", (seed) => {
  expectRefusal(run("trace", "anonymise", "day.csv", "--to", "csv", "--seed", seed), "--seed");
});

test("fixes gives every fix with its verdict, or how many of each", () => {
  given("walk.csv", `${HEAD}\n${ROWS[0]}\n2024-06-01T10:00:01Z,52.1,5.2,9999,1\n`);
  expect(jsonLines(run("trace", "fixes", "walk.csv", "--json").out)).toEqual([
    {
      kind: "fix",
      t: "2024-06-01T10:00:00.000Z",
      lat: 52.1,
      lon: 5.2,
      hAccM: 3.25,
      speedMps: 1.5,
      accepted: true,
      reason: null,
    },
    {
      kind: "fix",
      t: "2024-06-01T10:00:01.000Z",
      lat: 52.1,
      lon: 5.2,
      hAccM: 9999,
      speedMps: 1,
      accepted: false,
      reason: "gate.implausible-accuracy",
    },
  ]);
  expect(run("trace", "fixes", "walk.csv").out).toMatch(
    /^accepted +1\nan accuracy .+ \[gate\.implausible-accuracy\] +1\n$/,
  );
  expect(run("--lang", "ja", "trace", "fixes", "walk.csv").out).toMatch(/精度 \[gate\.implausible-accuracy\] +1\n$/);
});

const GOOD = sentence("GPRMC,100000.00,A,5206.000,N,00512.000,E,0.5,10.0,010624,,,A");

test("fixes of a log that is cut off are given, and it is said", () => {
  given("cut.nmea", join(GOOD, GOOD.subarray(0, 30)));
  const { code, out, err } = run("trace", "fixes", "cut.nmea", "--json");
  expect(code).toBe(0);
  expect(jsonLines(out)).toHaveLength(1);
  expect(err).toContain("cut.nmea: ends in the middle");
});

const CURRENT_YEAR = new Date().getUTCFullYear();

test.each<[string, string | Uint8Array, string, string]>([
  ["empty.csv", "", "empty.csv is empty", "trace.empty"],
  ["truncated.csv", `${DAY}2024-06-01T10:00:02Z,52.1`, "truncated.csv:4: ", "trace.bad-row"],
  ["truncated.gpx", '<gpx><trk><trkseg><trkpt lat="1" lon="2">', "truncated.gpx:1: ", "trace.bad-xml"],
  ["truncated.nmea", join(GOOD, GOOD.subarray(0, 30)), `truncated.nmea, byte ${GOOD.length}: `, "trace.cut-off"],
  [
    "garbage.bin",
    Uint8Array.from({ length: 3000 }, (_, i) => (i * i * 7 + 128) & 255),
    "garbage.bin is no trace",
    "trace.unknown-format",
  ],
  ["latin1.csv", Buffer.from(`${HEAD},naam\n${ROWS[0]},Ren\u00e9\n`, "latin1"), "latin1.csv:2, byte ", "cli.not-utf8"],
  ["misdated.csv", `${HEAD}\n1970-01-01T00:00:00Z,52,5,,\n`, "misdated.csv:2: ", "trace.mis-dated"],
  ["future.csv", `${HEAD}\n${CURRENT_YEAR + 1}-12-31T00:00:00Z,52,5,,\n`, "future.csv:2: ", "trace.mis-dated"],
  [
    "misdated.nmea",
    Buffer.from(GOOD.toString().replace("010624", "010680").replace(/\*../, "*69")),
    "misdated.nmea",
    "trace.",
  ],
  ["packed.zip", Buffer.from("PK\u0003\u0004 and more"), "packed.zip is compressed", "trace.compressed"],
])("%s is refused by every command, and nothing is written", (name, content, place, code) => {
  given(name, content);
  const before = readdirSync(cwd);
  const commands = [
    ["info"],
    ["fixes", "--json"],
    ["convert", "--to", "csv", "-o", "out.csv"],
    ["anonymise", "-o", "out.gpx"],
  ];
  for (const [command, ...more] of name === "truncated.nmea" ? commands.filter(([c]) => c !== "fixes") : commands) {
    const ran = run("trace", command, name, ...more);
    expectRefusal(ran, place);
    expect(ran.err).toContain(`[${code}`);
  }
  expect(readdirSync(cwd)).toEqual(before);
});

test.each([
  [["convert", "day.csv"], "[cli.no-format]"],
  [["convert", "day.csv", "--to", "kml"], "csv, gpx, geojson, cbor"],
  [["anonymise", "day.csv", "-o", "out.txt"], "[cli.no-format]"],
  [["info"], "[cli.missing-argument]"],
  [["info", "day.csv", "day.csv"], "[cli.too-many-arguments]"],
  [["info", "--jsn", "day.csv"], "did you mean --json?"],
  [["inform", "day.csv"], "did you mean info?"],
  [["info", "missing.csv"], "no such file or folder"],
  [["info", "."], "it is a folder"],
  [["help", "nope"], "unknown command nope"],
  [["help", "info", "nope"], "unknown command nope"],
  [["convert", "day.csv", "--to", "csv", "--to", "gpx"], "--to is given twice"],
  [["convert", "day.csv", "--to", "csv", "-o", ""], "--output needs a value"],
  [["convert", "day.csv", "--to", "csv", "-o", "none/"], "it is a folder"],
])("trace %j is a usage error", (args, named) => {
  expectRefusal(run("trace", ...args), named);
});

test("help of a command is that command's own", () => {
  expect(omamori(["help", "trace", "info"])).toEqual(omamori(["trace", "info", "--help"]));
  expect(run("trace", "help", "info").out).toBe(run("trace", "info", "--help").out);
  expectRefusal(run("help", "nope"), "unknown command nope");
});

test("trace alone shows its help and fails, --help shows it and does not", () => {
  expect(run("trace")).toMatchObject({ code: 2, out: "" });
  expect(run("trace", "--help").code).toBe(0);
});

test("every command has examples, defaults and its texts in both languages", () => {
  const commands = [
    [],
    ["replay"],
    ["story"],
    ["trace", "info"],
    ["trace", "convert"],
    ["trace", "anonymise"],
    ["trace", "fixes"],
  ];
  for (const command of commands) {
    const en = run(...command, "--help").out;
    const ja = run("--lang", "ja", ...command, "--help").out;
    expect(en).toContain("Examples:\n  omamori ");
    expect(ja).toContain("例:\n  omamori ");
    expect(ja).not.toMatch(/Usage|Options|display help|default|help\./);
  }
  expect(run("trace", "convert", "--help").out).toContain("default: stdout");
});

test("an empty variable of the locale is one that is not set", () => {
  const env = { LC_ALL: "", LANG: "ja_JP.UTF-8" };
  expect(omamori(["trace", "info", "missing.csv"], { cwd, env }).err).toContain("読めません");
  expect(omamori(["trace", "--bogus"], { cwd, env }).err).toContain("知らないオプション");
});

test("a real ride goes through every command", () => {
  expect(run("trace", "convert", rideFile(), "-o", "ride.cbor").code).toBe(0);
  expect(run("trace", "fixes", "ride.cbor").code).toBe(0);
});
