import { ToolError } from "../../protocol/errors.ts";
import { createBuilder, type Trace } from "./trace.ts";

/**
 * Comma-, semicolon- or tab-separated positions. The header names the columns, in any order and among others:
 *
 *   time       `timestamp`, `time` or `t`: ISO 8601 with `Z` or an offset, or a number: Unix seconds, or milliseconds from 10¹¹ on
 *   place      `latitude` or `lat`; `longitude`, `lon` or `lng`: degrees
 *   optional   `hAccM` or `accuracy` (metres), `speedMps` or `speed` (metres per second), `user_id`: all rows must agree
 */
const COLUMNS = {
  time: ["timestamp", "time", "t"],
  lat: ["latitude", "lat"],
  lon: ["longitude", "lon", "lng"],
  hAcc: ["haccm", "accuracy"],
  speed: ["speedmps", "speed"],
  user: ["user_id"],
};

type Column = keyof typeof COLUMNS;

export function readCsv(text: string, file: string): Trace {
  const builder = createBuilder(file, "csv");
  let separator = ",";
  let columns: Record<Column, number> | undefined;
  let user: string | undefined;
  let line = 0;
  let width = 0;
  for (const row of rowsOf(text)) {
    line += 1;
    if (row.trim() === "") continue;
    if (columns === undefined) {
      separator = separatorOf(row);
      const header = cellsOf(row, separator);
      width = header.length;
      columns = columnsOf(header, file, line);
      continue;
    }
    const cells = row.includes('"') ? cellsOf(row, separator) : row.split(separator);
    const at = { file, line };
    if (cells.length !== width)
      throw new ToolError("trace.bad-row", { ...at, detail: `${cells.length} of ${width} columns` });
    const cell = (column: Column) => (columns![column] < 0 ? undefined : cells[columns![column]]?.trim());
    const timeMs = parseTime(cell("time") ?? "", at);
    const lat = parseNumber(cell("lat"), "latitude", at);
    const lon = parseNumber(cell("lon"), "longitude", at);
    const name = cell("user");
    user ??= name;
    if (name !== user) throw new ToolError("trace.several-users", { ...at, detail: `${user}, ${name}` });
    builder.add(timeMs, lat, lon, at, optional(cell("hAcc")), optional(cell("speed")));
  }
  if (columns === undefined) throw new ToolError("trace.empty", { file });
  return builder.finish();
}

function* rowsOf(text: string): Generator<string> {
  let from = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (from < text.length) {
    let to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    yield text.charCodeAt(to - 1) === 13 ? text.slice(from, to - 1) : text.slice(from, to);
    from = to + 1;
  }
}

function separatorOf(header: string): string {
  return [",", ";", "\t"].reduce((best, s) => (header.split(s).length > header.split(best).length ? s : best));
}

/** Cells of one row, quoted ones unquoted. A quoted line break is not part of this format. */
function cellsOf(row: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < row.length; i++) {
    const c = row[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (row[i + 1] === '"') cell += row[i++];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === separator) {
      cells.push(cell);
      cell = "";
    } else cell += c;
  }
  cells.push(cell);
  return cells;
}

function columnsOf(header: string[], file: string, line: number): Record<Column, number> {
  const names = header.map((h) => h.trim().toLowerCase());
  const find = (column: Column) => names.findIndex((n) => COLUMNS[column].includes(n));
  const columns = {
    time: find("time"),
    lat: find("lat"),
    lon: find("lon"),
    hAcc: find("hAcc"),
    speed: find("speed"),
    user: find("user"),
  };
  for (const needed of ["time", "lat", "lon"] as const) {
    if (columns[needed] < 0)
      throw new ToolError("trace.missing-column", { file, line, detail: COLUMNS[needed].join(" | ") });
  }
  return columns;
}

type Place = { file: string; line: number };

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
/** Numbers from here on are milliseconds: as seconds they would be past the year 5000. */
const MILLISECONDS_FROM = 1e11;

export function parseTime(text: string, at: Place): number {
  if (ISO.test(text)) {
    const ms = Date.parse(text.replace(" ", "T"));
    if (!Number.isNaN(ms)) return ms;
  } else if (text !== "" && Number.isFinite(Number(text))) {
    const value = Number(text);
    return Math.round(value >= MILLISECONDS_FROM ? value : value * 1000);
  }
  throw new ToolError("trace.bad-time", { ...at, detail: text.slice(0, 40) });
}

function parseNumber(text: string | undefined, what: string, at: Place): number {
  const value = Number(text);
  if (text === undefined || text === "" || !Number.isFinite(value))
    throw new ToolError("trace.bad-number", { ...at, detail: `${what} ${(text ?? "").slice(0, 40)}` });
  return value;
}

function optional(text: string | undefined): number {
  return text === undefined || text === "" ? Number.NaN : Number(text);
}
