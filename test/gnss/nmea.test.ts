import { expect, test } from "vitest";
import type { Fix } from "../../protocol/messages/fix.ts";
import { join, reportsOf, sentence } from "./streams.ts";

function fixesOf(...bodies: string[]): Fix[] {
  return reportsOf(join(...bodies.map(sentence))).flatMap((r) => (r.kind === "fix" ? [r.fix] : []));
}

const RMC = "GPRMC,090000.250,A,3540.8600,N,13946.0200,E,19.438,84.4,241126,,,A";

test("RMC, GGA, GSA and GST of one moment become one fix", () => {
  const [fix] = fixesOf(
    RMC,
    "GPGGA,090000.250,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,",
    "GPGSA,A,3,01,02,03,,,,,,,,,,1.8,1.1,1.4",
    "GPGST,090000.250,5.0,,,,3.0,4.0,6.0",
  );
  expect(fix).toEqual({
    timeMs: Date.UTC(2026, 10, 24, 9, 0, 0, 250),
    latE7: 356810000,
    lonE7: 1397670000,
    dimensions: 3,
    hAccMm: 5000,
    speedMmps: 10_000,
    courseCdeg: 8440,
    satellites: 8,
  });
});

test.each(["GP", "GN", "GL", "GA", "GB", "BD", "GQ", "IN", "QZ"])("talker %s is read", (talker) => {
  expect(fixesOf(RMC.replace("GP", talker))).toHaveLength(1);
});

test("south and west are negative", () => {
  const [fix] = fixesOf("GPRMC,090000,A,3540.8600,S,13946.0200,W,,,241126,,");
  expect([fix.latE7, fix.lonE7]).toEqual([-356810000, -1397670000]);
});

test("HDOP never stands in for accuracy", () => {
  const [fix] = fixesOf(RMC, "GPGGA,090000.250,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,");
  expect(fix.hAccMm).toBe(undefined);
});

test("a fix without a date has no time, until a date comes by RMC or ZDA", () => {
  const gga = (time: string) => `GPGGA,${time},3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,`;
  const bodies = [gga("085959"), gga("090000"), "GPZDA,090000,24,11,2026,,", gga("090001")];
  const times = fixesOf(...bodies).map((fix) => fix.timeMs);
  expect(times).toEqual([undefined, Date.UTC(2026, 10, 24, 9), Date.UTC(2026, 10, 24, 9, 0, 1)]);
});

test("a ZDA of the whole second does not split an epoch at .20", () => {
  const [fix, ...more] = fixesOf(
    "GPGGA,090000.20,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,",
    "GPZDA,090000,24,11,2026,,",
    "GPRMC,090000.20,A,3540.8600,N,13946.0200,E,19.438,84.4,241126,,,A",
    "GPGST,090000.20,5.0,,,,3.0,4.0,6.0",
  );
  expect(more).toEqual([]);
  expect([fix.satellites, fix.speedMmps, fix.hAccMm]).toEqual([8, 10_000, 5_000]);
});

test.each([
  ["before", "235959", "24", Date.UTC(2026, 10, 25, 0, 0, 0, 200), "000000.20"],
  ["after", "000000", "25", Date.UTC(2026, 10, 24, 23, 59, 59, 800), "235959.80"],
])("a ZDA %s the midnight that the epoch lies on the other side of dates it rightly", (_, time, day, timeMs, epoch) => {
  const gga = `GPGGA,${epoch},3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,`;
  expect(fixesOf(gga, `GPZDA,${time},${day},11,2026,,`).map((fix) => fix.timeMs)).toEqual([timeMs]);
});

test("midnight moves the date on before the next RMC says so", () => {
  const gga = "GPGGA,000000,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,";
  const times = fixesOf(
    "GPRMC,235959,A,3540.8600,N,13946.0200,E,,,311226,,",
    gga,
    "GPRMC,000000,A,3540.8600,N,13946.0200,E,,,010127,,",
  ).map((f) => f.timeMs);
  expect(times).toEqual([Date.UTC(2026, 11, 31, 23, 59, 59), Date.UTC(2027, 0, 1)]);
});

test.each(["180000", "233000"])("a clock not yet set, 000001 after %s, does not move the date on", (time) => {
  const gga = `GPGGA,${time.slice(0, 5)}2,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,`;
  const times = fixesOf(`GPRMC,${time},A,3540.8600,N,13946.0200,E,,,241126,,`, "GPRMC,000001,V,,,,,,,,,,N", gga);
  expect(times.map((fix) => new Date(fix.timeMs ?? 0).getUTCDate())).toEqual([24, 24]);
});

test("years of two digits: 80 to 99 are of the last century", () => {
  const years = ["010180", "311299", "010100", "311279"].map((date) =>
    new Date(fixesOf(`GPRMC,000000,A,3540.8,N,13946.0,E,,,${date},,`)[0].timeMs ?? 0).getUTCFullYear(),
  );
  expect(years).toEqual([1980, 1999, 2000, 2079]);
});

test("status V, quality 0 and dead reckoning are no fix", () => {
  expect(reportsOf(sentence("GPRMC,090000,V,,,,,,,241126,,"))).toEqual([{ kind: "no-fix" }]);
  for (const quality of [0, 6, 7, 8])
    expect(fixesOf(`GPGGA,090000,3540.8600,N,13946.0200,E,${quality},08,1.1,10.0,M,36.0,M,,`)).toEqual([]);
});

const GGA = "GPGGA,090000.250,3540.8600,N,13946.0200,E,1,08,1.1,10.0,M,36.0,M,,";
const GSA = "GPGSA,A,3,01,02,03,,,,,,,,,,1.8,1.1,1.4";

test.each([
  ["status V", RMC, RMC.replace(",A,", ",V,")],
  ...["E", "M", "S", "N"].map((mode) => [`mode ${mode}`, RMC, RMC.replace(/A$/, mode)]),
  ...["0", "6", "7", "8"].map((quality) => [`quality ${quality}`, GGA, GGA.replace(",E,1,", `,E,${quality},`)]),
  ["GSA 1", GSA, "GPGSA,A,1,,,,,,,,,,,,,,,"],
])("one word against an epoch is enough, in whatever order its sentences come: %s", (_, good, bad) => {
  const bodies = [RMC, GGA, GSA].map((body) => (body === good ? bad : body));
  const orders = [bodies, [bodies[1], bodies[2], bodies[0]], [bodies[0], bodies[2], bodies[1]]];
  for (const order of orders) expect(reportsOf(join(...order.map(sentence)))).toEqual([{ kind: "no-fix" }]);
  expect(fixesOf(RMC, GGA, GSA)).toHaveLength(1);
});

test("each system sends its own GSA: one without satellites does not unmake the other's fix", () => {
  expect(fixesOf(RMC, "GPGSA,A,1,,,,,,,,,,,,,,,", "GLGSA,A,3,65,66,67,,,,,,,,,,1.8,1.1,1.4")[0].dimensions).toBe(3);
});

test("dimensions hold for the epoch that told them, and are not known ever after", () => {
  const next = (time: string, satellites: string) =>
    `GPGGA,${time},3540.8600,N,13946.0200,E,1,${satellites},1.1,10.0,M,36.0,M,,`;
  const fixes = fixesOf(RMC, GGA, GSA, next("090001", "03"), next("090002", "04"), RMC.replace("090000.250", "090003"));
  expect(fixes.map((fix) => fix.dimensions)).toEqual([3, 2, 3, 2]);
});

test.each([
  ["RMC alone", [RMC]],
  ["RMC and ZDA", [RMC, "GPZDA,090000,24,11,2026,,"]],
  ["GGA without a count", ["GPGGA,090000,3540.8600,N,13946.0200,E,2,,,,,,,,"]],
])("a receiver that never tells dimensions is taken at its word: %s", (_, bodies) => {
  expect(fixesOf(...bodies)[0].dimensions).toBe(3);
});

test("a GGA that leaves its quality empty speaks neither for a fix nor against it", () => {
  const empty = GGA.replace(",E,1,", ",E,,");
  expect(fixesOf(RMC, empty)).toHaveLength(1);
  expect(reportsOf(sentence(empty))).toEqual([{ kind: "no-fix" }]);
});

test("a maker's own sentence is not read as the known one that it ends like", () => {
  expect(reportsOf(sentence(RMC.replace("GPRMC", "PGRMC")))).toEqual([]);
});

test("more satellites than a record can hold are as many as it can", () => {
  expect(fixesOf(GGA.replace(",08,", ",300,"))[0].satellites).toBe(255);
});

test("a sentence with a wrong checksum, or none, is not believed", () => {
  const good = Buffer.from(sentence(RMC)).toString("latin1");
  expect(reportsOf(Buffer.from(good.replace("3540", "3541"), "latin1"))).toEqual([]);
  expect(reportsOf(Buffer.from(`$${RMC}\r\n`, "latin1"))).toEqual([]);
});

test("a line that was cut off does not take the next one with it", () => {
  const cut = sentence(RMC).subarray(0, 30);
  expect(reportsOf(join(cut, sentence(RMC))).filter((r) => r.kind === "fix")).toHaveLength(1);
});

test("the last sentence needs no line end", () => {
  expect(reportsOf(sentence(RMC).subarray(0, -2)).filter((r) => r.kind === "fix")).toHaveLength(1);
});

test.each([
  "GPRMC,250000,A,3540.8,N,13946.0,E,,,241126,,",
  "GPRMC,090000,A,9140.8,N,13946.0,E,,,241126,,",
  "GPRMC,090000,A,3540.8,N,18146.0,E,,,241126,,",
  "GPRMC,090000,A,35x0.8,N,13946.0,E,,,241126,,",
  "GPRMC,090000,A,3540.8,X,13946.0,E,,,241126,,",
  "GPRMC,090000,A,3560.8,N,13946.0,E,,,241126,,",
])("nonsense is no fix: %s", (body) => {
  expect(fixesOf(body)).toEqual([]);
});
