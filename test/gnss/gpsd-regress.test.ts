import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Fix } from "../../protocol/messages/fix.ts";
import { eachFix } from "../../simulator/traces/recording.ts";
import { sharedFolder } from "../shared.ts";
import { DIFFERENCES, type Difference } from "./gpsd-differences.ts";

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
  tpvs: { timeMs: number; lat: number; lon: number }[];
}

/** The NMEA and UBX logs, told by what is in them. */
function* logs(folder: string): Generator<Log> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".log"))) {
    const bytes = readFileSync(path.join(folder, name));
    const text = bytes.toString("latin1");
    if (!/\xb5\x62/.test(text) && !/(^|[^ -~])\$[A-Z]{2}[A-Z]{3},/.test(text)) continue;
    const ours: Fix[] = [];
    eachFix(bytes, (fix) => ours.push(fix));
    yield { name, bytes, text, ours, tpvs: tpvsOf(path.join(folder, `${name}.chk`)) };
  }
}

function tpvsOf(file: string): Log["tpvs"] {
  const rows = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith('{"class":"TPV"'));
  return rows.flatMap((line) => {
    const { mode, time, lat, lon } = JSON.parse(line) as Tpv;
    return mode >= 2 && time !== undefined && lat !== undefined && lon !== undefined
      ? [{ timeMs: Date.parse(time), lat, lon }]
      : [];
  });
}

function near(fix: Fix, lat: number, lon: number): boolean {
  return Math.abs(fix.latE7 / 1e7 - lat) <= AGREES_DEG && Math.abs(fix.lonE7 / 1e7 - lon) <= AGREES_DEG;
}

/** Why this position of gpsd's is not among ours, if the explanation holds for the bytes. */
function explains(kind: Difference, log: Log, tpv: Log["tpvs"][number]): boolean {
  const frame = (cls: number, id: number) => log.text.includes(`\xb5\x62${String.fromCharCode(cls, id)}`);
  switch (kind) {
    case "gll":
      return gllPositions(log.text).some(
        (p) => Math.abs(p.lat - tpv.lat) <= AGREES_DEG && Math.abs(p.lon - tpv.lon) <= AGREES_DEG,
      );
    case "gpsd-rolled-the-week": {
      const rollMs = 1024 * 7 * 86_400_000;
      return log.ours.some(
        (fix) => fix.timeMs !== undefined && (tpv.timeMs - fix.timeMs) % rollMs === 0 && near(fix, tpv.lat, tpv.lon),
      );
    }
    case "earth-centred":
      return (frame(1, 6) || frame(1, 1)) && !frame(1, 7) && !(frame(1, 2) && frame(1, 6));
    case "time-only":
      return log.ours.length === 0 && (frame(1, 7) || frame(0x0d, 1));
    case "high-rate":
      return frame(0x28, 0);
  }
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
  console.log(`gpsd: ${JSON.stringify(counts)}`);
  expect(unexplained).toEqual([]);
  expect(
    Object.keys(DIFFERENCES).filter((name) => !used.has(name)),
    "explanations that explain nothing",
  ).toEqual([]);
  expect(counts.agreed).toBeGreaterThan(2500);
});

function groupByTime(fixes: Fix[]): Map<number | undefined, Fix[]> {
  const byTime = new Map<number | undefined, Fix[]>();
  for (const fix of fixes) byTime.set(fix.timeMs, [...(byTime.get(fix.timeMs) ?? []), fix]);
  return byTime;
}
