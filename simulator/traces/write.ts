import type { Trace } from "./trace.ts";

/** A trace in the formats that other tools read. */

export function toCsv(trace: Trace): string {
  const rows = ["timestamp,latitude,longitude,hAccM,speedMps"];
  for (let i = 0; i < trace.points; i++)
    rows.push(
      [
        iso(trace, i),
        degrees(trace.latE7[i]),
        degrees(trace.lonE7[i]),
        known(trace.hAccM?.[i]),
        known(trace.speedMps?.[i]),
      ].join(","),
    );
  return `${rows.join("\n")}\n`;
}

/** GPX 1.1 has no place for accuracy and speed; they stand in our own namespace. */
const NAMESPACE = "urn:omamori:trace";

export function toGpx(trace: Trace): string {
  const rows = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<gpx version="1.1" creator="omamori" xmlns="http://www.topografix.com/GPX/1/1" xmlns:omamori="${NAMESPACE}">`,
    `<trk><name>${escapeXml(trace.name)}</name><trkseg>`,
  ];
  for (let i = 0; i < trace.points; i++) {
    const place = `lat="${degrees(trace.latE7[i])}" lon="${degrees(trace.lonE7[i])}"`;
    const more = element("hAccM", known(trace.hAccM?.[i])) + element("speedMps", known(trace.speedMps?.[i]));
    const extensions = more === "" ? "" : `<extensions>${more}</extensions>`;
    rows.push(`<trkpt ${place}><time>${iso(trace, i)}</time>${extensions}</trkpt>`);
  }
  return `${rows.join("\n")}\n</trkseg></trk></gpx>\n`;
}

function element(name: string, content: string): string {
  return content === "" ? "" : `<omamori:${name}>${content}</omamori:${name}>`;
}

/** A position of a line; where a line is cut there is no row, and nothing known but when it was crossed. */
interface Station {
  lon: number;
  lat: number;
  timeMs: number;
  hAccM: number;
  speedMps: number;
}

/**
 * A LineString with `coordTimes`, as the converters of GPX write it, and our own lists beside it; for maps, not read back. Over the
 * antimeridian it is a MultiLineString cut there (RFC 7946 §3.1.9), and each list is one of lists.
 */
export function toGeoJson(trace: Trace): string {
  const lines = linesOf(trace);
  const list = <T>(value: (station: Station) => T) => {
    const lists = lines.map((line) => line.map(value));
    return lists.length === 1 ? lists[0] : lists;
  };
  const coordinates = list(({ lon, lat }) => [lon, lat]);
  const type = lines.length === 1 ? "LineString" : "MultiLineString";
  const geometry = trace.points > 1 ? { type, coordinates } : { type: "Point", coordinates: coordinates[0] };
  // JSON has no NaN: it writes null, which is what is meant.
  const properties = {
    name: trace.name,
    coordTimes: list(({ timeMs }) => new Date(timeMs).toISOString()),
    hAccM: trace.hAccM && list(({ hAccM }) => hAccM),
    speedMps: trace.speedMps && list(({ speedMps }) => speedMps),
  };
  return `${JSON.stringify({ type: "Feature", properties, geometry })}\n`;
}

function linesOf(trace: Trace): Station[][] {
  let line: Station[] = [];
  const lines = [line];
  for (let row = 0; row < trace.points; row++) {
    const here = stationOf(trace, row);
    const before = line.at(-1);
    if (before !== undefined && Math.abs(here.lon - before.lon) > 180) {
      const cut = crossing(before, here);
      line.push(cut);
      line = [{ ...cut, lon: -cut.lon }];
      lines.push(line);
    }
    line.push(here);
  }
  return lines;
}

function stationOf({ lonE7, latE7, timeMs, hAccM, speedMps }: Trace, row: number): Station {
  return {
    lon: lonE7[row] / 1e7,
    lat: latE7[row] / 1e7,
    timeMs: timeMs[row],
    hAccM: hAccM?.[row] ?? Number.NaN,
    speedMps: speedMps?.[row] ?? Number.NaN,
  };
}

/** Where the short way between two positions meets ±180°, on the side it comes from. */
function crossing(from: Station, to: Station): Station {
  const lon = from.lon < 0 ? -180 : 180;
  const toEdge = lon - from.lon;
  // From edge to edge it is no way at all.
  const part = toEdge / (toEdge + to.lon + lon) || 0;
  return {
    lon,
    lat: Math.round((from.lat + part * (to.lat - from.lat)) * 1e7) / 1e7,
    timeMs: Math.round(from.timeMs + part * (to.timeMs - from.timeMs)),
    hAccM: Number.NaN,
    speedMps: Number.NaN,
  };
}

function iso(trace: Trace, row: number): string {
  return new Date(trace.timeMs[row]).toISOString();
}

function degrees(e7: number): string {
  return (e7 / 1e7).toFixed(7);
}

function known(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(value);
}

/** Control characters, which a file's name may hold, have no place in XML 1.0 even escaped. */
function escapeXml(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, " ").replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
