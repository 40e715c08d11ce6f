import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Fix } from "../../protocol/messages/fix.ts";
import { eachFix } from "../../simulator/traces/recording.ts";
import { sharedFolder } from "../shared.ts";
import { DIFFERENCES, type Difference, type OursOnly } from "./gpsd-differences.ts";

const FOLDER = sharedFolder("data/gnss/gpsd-regress");
/** A millionth of a degree, and the rounding of gpsd's nine places. */
const AGREES_DEG = 1e-6 + 1e-9;

interface Tpv {
  class: string;
  mode: number;
  time: string | undefined;
  lat: number | undefined;
  lon: number | undefined;
}

export interface Log {
  name: string;
  bytes: Uint8Array;
  text: string;
  ours: Fix[];
  tpvs: Position[];
  /** Positions that gpsd gave without a time. */
  undated: { lat: number; lon: number }[];
}

interface Position {
  timeMs: number;
  lat: number;
  lon: number;
}

/** The NMEA and UBX logs, told by what is in them. */
function* logs(folder: string): Generator<Log> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".log"))) {
    const bytes = readFileSync(path.join(folder, name));
    const text = bytes.toString("latin1");
    if (!/\xb5\x62/.test(text) && !/(^|[^ -~])\$[A-Z]{2}[A-Z]{3},/.test(text)) continue;
    const ours: Fix[] = [];
    eachFix(bytes, (fix) => ours.push(fix));
    yield { name, bytes, text, ours, ...tpvsOf(path.join(folder, `${name}.chk`)) };
  }
}

function tpvsOf(file: string): Pick<Log, "tpvs" | "undated"> {
  const tpvs: Log["tpvs"] = [];
  const undated: Log["undated"] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (!line.startsWith('{"class":"TPV"')) continue;
    const { mode, time, lat, lon } = JSON.parse(line) as Tpv;
    if (mode < 2 || lat === undefined || lon === undefined) continue;
    if (time === undefined) undated.push({ lat, lon });
    else tpvs.push({ timeMs: Date.parse(time), lat, lon });
  }
  return { tpvs, undated };
}

function near(fix: Fix, lat: number, lon: number): boolean {
  return Math.abs(fix.latE7 / 1e7 - lat) <= AGREES_DEG && Math.abs(fix.lonE7 / 1e7 - lon) <= AGREES_DEG;
}

/** Why this position of gpsd's is not among ours, if the explanation holds for the bytes. */
function explains(kind: Difference, log: Log, tpv: Position): boolean {
  const frame = (cls: number, id: number) => hasFrame(log, cls, id);
  switch (kind) {
    case "gll":
      return gllPositions(log.text).some(
        (p) => Math.abs(p.lat - tpv.lat) <= AGREES_DEG && Math.abs(p.lon - tpv.lon) <= AGREES_DEG,
      );
    case "gpsd-rolled-the-week":
      return log.ours.some((fix) => isRolledWeek(fix, tpv));
    case "earth-centred":
      return (frame(1, 6) || frame(1, 1)) && !frame(1, 7) && !(frame(1, 2) && frame(1, 6));
    case "time-only":
      return log.ours.length === 0 && (frame(1, 7) || frame(0x0d, 1));
    case "high-rate":
      return frame(0x28, 0);
  }
}

function hasFrame(log: Log, cls: number, id: number): boolean {
  return log.text.includes(`\xb5\x62${String.fromCharCode(cls, id)}`);
}

function isRolledWeek(fix: Fix, tpv: Position): boolean {
  const rollMs = 1024 * 7 * 86_400_000;
  return fix.timeMs !== undefined && (tpv.timeMs - fix.timeMs) % rollMs === 0 && near(fix, tpv.lat, tpv.lon);
}

/** Why gpsd has no such position, as far as the bytes show it. */
function explainOurs(log: Log, fix: Fix, index: number): OursOnly | undefined {
  const { tpvs } = log;
  const { timeMs } = fix;
  if (log.undated.some((p) => near(fix, p.lat, p.lon))) return "without-time";
  if (tpvs.some((p) => isRolledWeek(fix, p))) return "gpsd-rolled-the-week";
  if (timeMs === undefined) return undefined;
  if (tpvs.some((p) => p.timeMs === timeMs)) return hasFrame(log, 0x28, 0) ? "high-rate" : undefined;
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19).replaceAll(":", "");
  const sentence = (name: string, ms: number) => new RegExp(`\\$..${name},[^\n]*\\b${clock(ms)}`).test(log.text);
  const gllMs = endingGllMs(log.text, clock(timeMs), timeMs);
  if (gllMs > timeMs && tpvs.some((p) => p.timeMs === gllMs && near(fix, p.lat, p.lon))) return "late-gll";
  // The last may have been rolled by gpsd, so it is the last of ours that counts.
  if (index === log.ours.length - 1) return "last-cycle";
  if (index < 3) return "first-cycles";
  return sentence("RMC", timeMs) && !sentence("GGA", timeMs) && fix.dimensions === 2 ? "half-epoch" : undefined;
}

/** The time of the first GLL after the GGA of `hhmmss`; the same day's. NaN without one. */
function endingGllMs(text: string, hhmmss: string, timeMs: number): number {
  const gga = text.indexOf(`GGA,${hhmmss}`);
  const time = /\$..GLL,[^\n]*?,(\d\d)(\d\d)(\d\d)/.exec(gga < 0 ? "" : text.slice(gga));
  if (time === null) return Number.NaN;
  return Math.floor(timeMs / 86_400_000) * 86_400_000 + Date.UTC(1970, 0, 1, +time[1], +time[2], +time[3]);
}

function gllPositions(text: string): { lat: number; lon: number }[] {
  const angle = (value: string, side: string) => {
    const number = Number(value);
    const degrees = Math.floor(number / 100) + (number % 100) / 60;
    return side === "S" || side === "W" ? -degrees : degrees;
  };
  return [...text.matchAll(/\$..GLL,([\d.]+),([NS]),([\d.]+),([EW]),/g)].map((m) => ({
    lat: angle(m[1], m[2]),
    lon: angle(m[3], m[4]),
  }));
}

test.skipIf(FOLDER === undefined)("fixes agree with gpsd's positions, and every difference is explained", () => {
  const counts: Record<string, number> = { files: 0, positions: 0, agreed: 0 };
  const unexplained: string[] = [];
  const used = new Set<string>();
  for (const log of logs(FOLDER as string)) {
    counts.files += 1;
    const byTime = groupByTime(log.ours);
    for (const tpv of log.tpvs) {
      counts.positions += 1;
      if (byTime.get(tpv.timeMs)?.some((fix) => near(fix, tpv.lat, tpv.lon))) {
        counts.agreed += 1;
        continue;
      }
      const kind = DIFFERENCES[log.name]?.kind;
      if (kind !== undefined && explains(kind, log, tpv)) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        used.add(log.name);
      } else unexplained.push(`${log.name} ${new Date(tpv.timeMs).toISOString()} ${tpv.lat} ${tpv.lon}`);
    }
  }
  console.log(`gpsd's positions: ${JSON.stringify(counts)}`);
  expect(unexplained).toEqual([]);
  expect(
    Object.keys(DIFFERENCES).filter((name) => !used.has(name)),
    "explanations that explain nothing",
  ).toEqual([]);
  expect(counts.agreed).toBeGreaterThan(2500);
});

test.skipIf(FOLDER === undefined)("and the other way round: no fix of ours that gpsd lacks goes unexplained", () => {
  const counts: Record<string, number> = { fixes: 0, agreed: 0 };
  const unexplained: string[] = [];
  for (const log of logs(FOLDER as string)) {
    const tpvs = new Map<number, Position[]>();
    for (const tpv of log.tpvs) tpvs.set(tpv.timeMs, [...(tpvs.get(tpv.timeMs) ?? []), tpv]);
    for (const [index, fix] of log.ours.entries()) {
      counts.fixes += 1;
      const same = fix.timeMs === undefined ? undefined : tpvs.get(fix.timeMs);
      const kind = same?.some((p) => near(fix, p.lat, p.lon)) ? "agreed" : explainOurs(log, fix, index);
      if (kind === undefined) unexplained.push(`${log.name} #${index} ${JSON.stringify(fix)}`);
      else counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  console.log(`our fixes: ${JSON.stringify(counts)}`);
  expect(unexplained).toEqual([]);
  expect(counts.agreed / counts.fixes).toBeGreaterThan(0.93);
});

function groupByTime(fixes: Fix[]): Map<number | undefined, Fix[]> {
  const byTime = new Map<number | undefined, Fix[]>();
  for (const fix of fixes) byTime.set(fix.timeMs, [...(byTime.get(fix.timeMs) ?? []), fix]);
  return byTime;
}
