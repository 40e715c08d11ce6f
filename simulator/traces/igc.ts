import { ToolError } from "../../protocol/errors.ts";
import { createBuilder, type Trace } from "./trace.ts";

/**
 * Flight recorders' IGC files: B records with the date of the HFDTE record; past midnight the day moves on.
 * Source: FAI IGC technical specification, A4.1. Read by hand, for the packages that read it drop lines and places.
 */
const DAY_MS = 86_400_000;
const DATE = /^HFDTE(?:DATE:)?\s*(\d{2})(\d{2})(\d{2})/;
const FIX = /^B(\d{2})(\d{2})(\d{2})(\d{2})(\d{5})([NS])(\d{3})(\d{5})([EW])([AV])/;

export function readIgc(text: string, file: string): Trace {
  const builder = createBuilder(file, "igc");
  let dayMs: number | undefined;
  let lastMs = -1;
  text.split(/\r?\n/).forEach((row, i) => {
    const at = { file, line: i + 1 };
    const date = DATE.exec(row);
    if (date) {
      const [day, month, year] = [Number(date[1]), Number(date[2]), Number(date[3])];
      dayMs = Date.UTC(year < 80 ? 2000 + year : 1900 + year, month - 1, day);
      if (new Date(dayMs).getUTCMonth() !== month - 1)
        throw new ToolError("trace.mis-dated", { ...at, detail: row.slice(0, 40) });
    }
    if (!row.startsWith("B")) return;
    const fix = FIX.exec(row);
    if (!fix) throw new ToolError("trace.bad-igc", { ...at, detail: row.slice(0, 40) });
    if (dayMs === undefined)
      throw new ToolError("trace.mis-dated", { ...at, detail: "no HFDTE record before the first position" });
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

/** Degrees, and thousandths of minutes. */
function angle(degrees: string, minutes: string, negative: boolean): number {
  const value = Number(degrees) + Number(minutes) / 60_000;
  return negative ? -value : value;
}
