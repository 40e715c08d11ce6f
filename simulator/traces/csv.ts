import { ToolError } from "../../protocol/errors.ts";
import { parseDecimal } from "./decimal.ts";
import { parseInstant } from "./instant.ts";
import { createBuilder, LATEST_MS, type RowPlace, type Trace } from "./trace.ts";

/**
 * Comma-, semicolon- or tab-separated positions. The header names the columns, in any order and among others:
 *
 *   time       `timestamp`, `time` or `t`: ISO 8601 with `Z` or an offset, or a number: Unix seconds, or milliseconds from 10¹¹ on
 *   place      `latitude` or `lat`; `longitude`, `lon` or `lng`: degrees
 *   optional   `hAccM` or `accuracy` (metres), `speedMps` or `speed` (metres per second), `user_id`: all rows must agree
 *
 * Decimals have a point. A row may be empty; one of another width than the header's is refused, as is what a column cannot hold, and a second column
 * of one meaning.
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

/** Where each column is, and what the header calls it. */
type Layout = Record<Column, { index: number; name: string }>;

export function readCsv(text: string, file: string, latestMs = LATEST_MS): Trace {
  const builder = createBuilder(file, "csv", latestMs);
  let separator = ",";
  let width = 0;
  let layout: Layout | undefined;
  let user: string | undefined;
  let line = 0;
  for (const row of rowsOf(text)) {
    line += 1;
    if (row.trim() === "") continue;
    const at = { file, line };
    if (layout === undefined) {
      separator = separatorOf(row);
      const header = cellsOf(row, separator, at);
      width = header.length;
      layout = layoutOf(header, at);
      continue;
    }
    const cells = row.includes('"') ? cellsOf(row, separator, at) : row.split(separator);
    if (cells.length !== width) throw new ToolError("trace.bad-row", { ...at, cells: cells.length, width });
    const columns = layout;
    const cell = (column: Column) => cells[columns[column].index]?.trim();
    const number = (column: Column) => parseNumber(cell(column) ?? "", columns[column].name, at);
    const optional = (column: Column) => ((cell(column) ?? "") === "" ? Number.NaN : number(column));
    const name = cell("user");
    user ??= name;
    if (name !== user) throw new ToolError("trace.several-users", { ...at, detail: `${user}, ${name}` });
    const timeMs = parseTime(cell("time") ?? "", at);
    const names = { hAcc: columns.hAcc.name, speed: columns.speed.name };
    builder.add(timeMs, number("lat"), number("lon"), at, optional("hAcc"), optional("speed"), names);
  }
  if (layout === undefined) throw new ToolError("trace.empty", { file });
  return builder.finish();
}

/** Lines end as on Unix, Windows, or the old Macintosh. */
function* rowsOf(text: string): Generator<string> {
  const lineEnd = text.includes("\n") ? "\n" : "\r";
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf(lineEnd, from);
    if (to < 0) to = text.length;
    yield text.charCodeAt(to - 1) === 13 ? text.slice(from, to - 1) : text.slice(from, to);
    from = to + 1;
  }
}

function separatorOf(header: string): string {
  return [",", ";", "\t"].reduce((best, s) => (header.split(s).length > header.split(best).length ? s : best));
}

/** Cells of one row, quoted ones unquoted. A quoted line break is not part of this format. */
function cellsOf(row: string, separator: string, at: RowPlace): string[] {
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
  if (quoted) throw new ToolError("trace.open-quote", at);
  cells.push(cell);
  return cells;
}

function layoutOf(header: string[], at: RowPlace): Layout {
  const names = header.map((h) => h.trim());
  const find = (column: Column) => {
    const isIt = (name: string) => COLUMNS[column].includes(name.toLowerCase());
    const same = names.filter(isIt);
    if (same.length > 1) throw new ToolError("trace.two-columns", { ...at, detail: same.join(", ") });
    return { index: names.findIndex(isIt), name: same[0] };
  };
  for (const needed of ["time", "lat", "lon"] as const) {
    if (find(needed).index < 0)
      throw new ToolError("trace.missing-column", { ...at, detail: COLUMNS[needed].join(" | ") });
  }
  return {
    time: find("time"),
    lat: find("lat"),
    lon: find("lon"),
    hAcc: find("hAcc"),
    speed: find("speed"),
    user: find("user"),
  };
}

/** Numbers from here on are milliseconds: as seconds they would be past the year 5000. */
const MILLISECONDS_FROM = 1e11;

function parseTime(text: string, at: RowPlace): number {
  const instantMs = parseInstant(text);
  if (instantMs !== undefined) return instantMs;
  const value = parseDecimal(text);
  if (value === undefined) throw new ToolError("trace.bad-time", { ...at, detail: text.slice(0, 40) });
  return Math.round(value >= MILLISECONDS_FROM ? value : value * 1000);
}

export function parseNumber(text: string, what: string, at: RowPlace): number {
  const value = parseDecimal(text);
  if (value === undefined) throw new ToolError("trace.bad-number", { ...at, what, detail: text.slice(0, 40) });
  return value;
}
