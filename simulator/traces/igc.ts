import { ToolError } from "../../protocol/errors.ts";
import { createBuilder, LATEST_MS, type Trace } from "./trace.ts";

/**
 * Flight recorders' IGC files: B records with the date of the HFDTE record; past midnight the day moves on.
 * Source: FAI IGC technical specification, A4.1. Read by hand, for the packages that read it drop lines and places.
 */
const DAY_MS = 86_400_000;
const DATE = /^HFDTE(?:DATE:)?\s*(\d{2})(\d{2})(\d{2})/;
const TIME = "([01]\\d|2[0-3])([0-5]\\d)([0-5]\\d)";
/** Degrees, and thousandths of minutes. */
const LATITUDE = "(\\d{2})([0-5]\\d{4})([NS])";
const LONGITUDE = "(\\d{3})([0-5]\\d{4})([EW])";
const FIX = new RegExp(`^B${TIME}${LATITUDE}${LONGITUDE}([AV])`);

export function readIgc(text: string, file: string, latestMs = LATEST_MS): Trace {
  const builder = createBuilder(file, "igc", latestMs);
  let dayMs: number | undefined;
  let lastMs = -1;
  text.split(/\r\n|\r|\n/).forEach((row, i) => {
    const at = { file, line: i + 1 };
    const date = DATE.exec(row);
    if (date) {
      dayMs = dayOf(Number(date[3]), Number(date[2]), Number(date[1]));
      if (dayMs === undefined) throw new ToolError("trace.mis-dated", { ...at, detail: row.slice(0, 40) });
    }
    if (!row.startsWith("B")) return;
    const fix = FIX.exec(row);
    if (!fix) throw new ToolError("trace.bad-igc", { ...at, detail: row.slice(0, 40) });
    if (dayMs === undefined) throw new ToolError("trace.no-date", at);
    let timeMs = dayMs + ((Number(fix[1]) * 60 + Number(fix[2])) * 60 + Number(fix[3])) * 1000;
    if (timeMs < lastMs - DAY_MS / 2) {
      dayMs += DAY_MS;
      timeMs += DAY_MS;
    }
    if (fix[10] === "V") builder.notice("flatFixes");
    lastMs = timeMs;
    builder.add(timeMs, angle(fix[4], fix[5], fix[6] === "S"), angle(fix[7], fix[8], fix[9] === "W"), at);
  });
  return builder.finish();
}

/** `undefined`: no such day. The years of two digits are 1980 to 2079. */
function dayOf(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(year < 80 ? 2000 + year : 1900 + year, month - 1, day);
  return new Date(ms).getUTCMonth() === month - 1 ? ms : undefined;
}

function angle(degrees: string, minutes: string, negative: boolean): number {
  const value = Number(degrees) + Number(minutes) / 60_000;
  return negative ? -value : value;
}
