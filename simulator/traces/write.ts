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

/** A LineString with `coordTimes`, as the converters of GPX write it, and our own lists beside it; for maps, not read back. */
export function toGeoJson(trace: Trace): string {
  const coordinates: number[][] = [];
  const coordTimes: string[] = [];
  for (let i = 0; i < trace.points; i++) {
    coordinates.push([trace.lonE7[i] / 1e7, trace.latE7[i] / 1e7]);
    coordTimes.push(iso(trace, i));
  }
  const geometry =
    trace.points > 1 ? { type: "LineString", coordinates } : { type: "Point", coordinates: coordinates[0] };
  // JSON has no NaN: it writes null, which is what is meant.
  const properties = {
    name: trace.name,
    coordTimes,
    hAccM: trace.hAccM && Array.from(trace.hAccM),
    speedMps: trace.speedMps && Array.from(trace.speedMps),
  };
  return `${JSON.stringify({ type: "Feature", properties, geometry })}\n`;
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
