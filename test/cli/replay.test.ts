import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rideFile } from "../samples.ts";
import { jsonLines, omamori } from "./cli.ts";

let folder = "";
let zones = "";

/** A circle round the 425th point of the ride, and one that it never comes near. */
const ZONES = {
  type: "FeatureCollection",
  features: [
    {
      type: "Feature",
      properties: { id: "work", radiusM: 400, bufferM: 100 },
      geometry: { type: "Point", coordinates: [0, 0] },
    },
    { type: "Feature", properties: { id: "far", radiusM: 300 }, geometry: { type: "Point", coordinates: [10, 10] } },
  ],
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-cli-"));
  const rows = [...readFileSync(rideFile(), "utf8").matchAll(/<trkpt lat="([^"]+)" lon="([^"]+)"/g)];
  const middle = rows[425];
  ZONES.features[0].geometry.coordinates = [Number(middle[2]), Number(middle[1])];
  zones = path.join(folder, "zones.geojson");
  writeFileSync(zones, JSON.stringify(ZONES));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("replay prints alerts and ends with the summary", () => {
  const { code, out, err } = omamori(["replay", rideFile(), "--zones", zones, "--receiver", "ideal", "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  const lines = jsonLines(out);
  const alerts = lines.filter((l) => l.kind === "alert" && l.zone === "work");
  expect(alerts.length).toBeGreaterThan(0);
  expect(alerts[0]).toMatchObject({
    kind: "alert",
    zone: "work",
    t: expect.stringMatching(/^\d{4}-.*Z$/),
    lat: expect.any(Number),
    lon: expect.any(Number),
    state: expect.stringMatching(/entered|unconfirmed/),
  });
  const summary = lines.at(-1) as Record<string, unknown>;
  expect(summary).toMatchObject({ kind: "summary", missed: 0, late: 0, falseAlerts: 0 });
  for (const key of ["points", "spanS", "fixes", "fixAttempts", "gnssOnS", "chargeMah", "wallS"])
    expect(summary[key], key).toEqual(expect.any(Number));
  expect(summary.baseline).toMatchObject({
    fixes: expect.any(Number),
    gnssOnS: expect.any(Number),
    chargeMah: expect.any(Number),
  });
  const [visit] = summary.visits as Record<string, unknown>[];
  expect(visit).toMatchObject({
    zone: "work",
    late: false,
    beyondModel: false,
    entryAt: expect.any(String),
    exitAt: expect.any(String),
    stayS: expect.any(Number),
    detectedAt: expect.any(String),
  });
  expect(visit.delayS as number).toBeLessThanOrEqual(60);
});

test("both engines and a repeated seed give the same effects", () => {
  const hash = (...more: string[]) =>
    jsonLines(omamori(["replay", rideFile(), "--zones", zones, "--json", ...more]).out).at(-1)?.effectHash;
  const first = hash("--seed", "5");
  expect(first).toEqual(expect.any(String));
  expect(hash("--seed", "5")).toBe(first);
  expect(hash("--seed", "5", "--engine", "bundle")).toBe(first);
  expect(hash("--seed", "6")).not.toBe(first);
});

test("several traces end with one summary over all of them, and are told apart by their paths", () => {
  const twin = path.join(folder, path.basename(rideFile()));
  copyFileSync(rideFile(), twin);
  const files = [rideFile(), twin];
  const lines = jsonLines(omamori(["replay", ...files, "--zones", zones, "--json"]).out);
  expect(lines.filter((l) => l.kind === "trace").map((l) => l.file)).toEqual(files);
  expect(lines.filter((l) => l.kind === "summary")).toHaveLength(1);
  const name = path.basename(twin);
  expect(lines.at(-1)).toMatchObject({ traces: [name, name], files, receivers: ["realistic", "realistic"] });
  expect(lines.at(-1)).toMatchObject({ visits: files.map((file) => ({ file })) });
  for (const key of ["points", "spanS", "fixes", "gnssOnS", "missed", "late", "wallS"])
    expect(lines.at(-1)?.[key], key).toEqual(expect.any(Number));
  expect(omamori(["replay", ...files, "--zones", zones]).out).toMatch(/^all 2 traces:\n2 visits: /m);
});

test("of several traces a bad one is refused before any has run", () => {
  const bad = path.join(folder, "bad.csv");
  writeFileSync(bad, "timestamp,latitude,longitude\n1717236000,,5\n");
  const { code, out, err } = omamori(["replay", rideFile(), bad, "--zones", zones, "--json"]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("bad.csv:2");
});

test("a trace may come from standard input, once", () => {
  const input = readFileSync(rideFile());
  const { out } = omamori(["replay", "-", "--zones", zones, "--json"], { input });
  expect(jsonLines(out).at(-1)).toMatchObject({ kind: "summary", file: "stdin" });
  expect(omamori(["replay", "-", "-", "--zones", zones], { input }).err).toContain("[cli.stdin-twice]");
  expect(omamori(["replay", "-", "--zones", zones, "--report", "-"], { input }).err).toContain("[cli.page-to-stdout]");
});

test("what is unknown of an alert is null", () => {
  const { out } = omamori(["replay", rideFile(), "--zones", zones, "--json"]);
  const alerts = jsonLines(out).filter((l) => l.kind === "alert");
  for (const alert of alerts)
    for (const key of ["zone", "zoneKind", "state", "lat", "lon", "hAccM", "distanceM"])
      expect(alert).toHaveProperty(key);
});

test("out of a zone where he must stay, the story and the lines say so", () => {
  const { features } = ZONES;
  const file = path.join(folder, "stay.geojson");
  writeFileSync(file, JSON.stringify({ ...features[0], properties: { ...features[0].properties, kind: "inclusion" } }));
  const told = omamori(["replay", rideFile(), "--zones", file, "--receiver", "ideal"]).out;
  expect(told).toMatch(/left work \(must stay\) for \d+ min; detected after \d+ s$/m);
  const lines = jsonLines(omamori(["replay", rideFile(), "--zones", file, "--json"]).out);
  expect(lines.at(-1)).toHaveProperty("visits[0].zoneKind", "inclusion");
});

test("a report never replaces an input, and a folder that is missing is noticed before the run", () => {
  const trace = path.join(folder, "mine.gpx");
  copyFileSync(rideFile(), trace);
  for (const report of [trace, zones]) {
    const { code, err } = omamori(["replay", trace, "--zones", zones, "--report", report, "--force"]);
    expect(code).toBe(2);
    expect(err).toContain("[cli.same-file]");
  }
  expect(readFileSync(trace)).toEqual(readFileSync(rideFile()));
  const missing = omamori(["replay", trace, "--zones", zones, "--report", path.join(folder, "none", "r.html")]);
  expect(missing).toMatchObject({ code: 2, out: "" });
  const two = omamori(["replay", trace, trace, "--zones", zones, "--report", path.join(folder, "two.html")]);
  expect(two.err).toContain("[replay.one-report]");
});

test("an order whose H is shorter than its D is itself to blame", () => {
  const order = path.join(folder, "order.json");
  writeFileSync(order, JSON.stringify({ id: "o", from: "2010-01-01T00:00:00Z", delayS: 600, heartbeatS: 60 }));
  const { code, err } = omamori(["replay", rideFile(), "--zones", zones, "--order", order]);
  expect(code).toBe(2);
  expect(err).toContain("order.json:1: ");
  expect(err).toContain("[order.bad-field]");
  const mended = omamori(["replay", rideFile(), "--zones", zones, "--order", order, "--heartbeat-s", "900"]);
  expect(mended.code).toBe(0);
});

test("an order that is never in force while the trace runs is remarked upon", () => {
  const order = path.join(folder, "past.json");
  writeFileSync(order, JSON.stringify({ id: "o", from: "1995-01-01T00:00:00Z", to: "1996-01-01T00:00:00Z" }));
  const { code, err } = omamori(["replay", rideFile(), "--zones", zones, "--order", order]);
  expect(code).toBe(0);
  expect(err).toContain("[replay.order-elsewhen]");
});

test("a report is written whole, and never over another without --force", () => {
  const report = path.join(folder, "ride.html");
  expect(omamori(["replay", rideFile(), "--zones", zones, "--report", report]).code).toBe(0);
  const written = readFileSync(report, "utf8");
  expect(written).toContain("</html>");
  const again = omamori(["replay", rideFile(), "--zones", zones, "--report", report]);
  expect(again.code).toBe(2);
  expect(again.err).toContain("[cli.output-exists]");
  expect(omamori(["replay", rideFile(), "--zones", zones, "--report", report, "--force"]).code).toBe(0);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a promise that was missed is exit code 11", () => {
  // He wakes up in the zone, and a cold start with its second look takes longer than the 30 s asked for.
  const rows = [...readFileSync(rideFile(), "utf8").matchAll(/<trkpt lat="([^"]+)" lon="([^"]+)"/g)];
  const home = {
    type: "Feature",
    properties: { id: "home", radiusM: 150 },
    geometry: { type: "Point", coordinates: [Number(rows[40][2]), Number(rows[40][1])] },
  };
  const file = path.join(folder, "home.geojson");
  writeFileSync(file, JSON.stringify(home));
  const { out, code } = omamori([
    "replay",
    rideFile(),
    "--zones",
    file,
    "--delay-s",
    "30",
    "--receiver",
    "realistic",
    "--json",
  ]);
  expect(jsonLines(out).at(-1)).toMatchObject({ missed: 0, late: 1 });
  expect(code).toBe(11);
});

test.each([
  [["--delay-s", "abc"], "--delay-s"],
  [["--heartbeat-s", "1"], "--heartbeat-s"],
  [["--seed", "-3"], "--seed"],
  [["--delay-s", "300", "--heartbeat-s", "120"], "shorter"],
  [["--zones", "other.geojson"], "--zones is given twice"],
  [["--seed", "1", "--seed", "1"], "--seed is given twice"],
  [["--report", ""], "--report needs a value"],
])("nonsense in %j is a usage error", (more, word) => {
  const { code, out, err } = omamori(["replay", rideFile(), "--zones", zones, ...more]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(word);
});

test("unknown commands and options are usage errors, help is not", () => {
  expect(omamori(["replay"]).code).toBe(2);
  expect(omamori(["bogus"]).code).toBe(2);
  expect(omamori(["replay", "--bogus"]).code).toBe(2);
  const help = omamori(["replay", "--help"]);
  expect(help.code).toBe(0);
  expect(help.out).toContain("Examples:");
  expect(omamori(["--version"]).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("Japanese where asked, by option and by locale", () => {
  expect(omamori(["--lang", "ja", "trace", "info", "missing.csv"]).err).toContain("読めません");
  expect(omamori(["trace", "info", "missing.csv"], { env: { LANG: "ja_JP.UTF-8" } }).err).toContain("読めません");
});
