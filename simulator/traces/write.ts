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

export function toGpx(trace: Trace): string {
  const rows = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="omamori" xmlns="http://www.topografix.com/GPX/1/1">',
    `<trk><name>${escapeXml(trace.name)}</name><trkseg>`,
  ];
  for (let i = 0; i < trace.points; i++)
    rows.push(
      `<trkpt lat="${degrees(trace.latE7[i])}" lon="${degrees(trace.lonE7[i])}"><time>${iso(trace, i)}</time></trkpt>`,
    );
  return `${rows.join("\n")}\n</trkseg></trk></gpx>\n`;
}

/** A LineString with `coordTimes`, as the converters of GPX write it. */
export function toGeoJson(trace: Trace): string {
  const coordinates: number[][] = [];
  const coordTimes: string[] = [];
  for (let i = 0; i < trace.points; i++) {
    coordinates.push([trace.lonE7[i] / 1e7, trace.latE7[i] / 1e7]);
    coordTimes.push(iso(trace, i));
  }
  const geometry =
    trace.points > 1 ? { type: "LineString", coordinates } : { type: "Point", coordinates: coordinates[0] };
  return `${JSON.stringify({ type: "Feature", properties: { name: trace.name, coordTimes }, geometry })}\n`;
}

function iso(trace: Trace, row: number): string {
  return new Date(trace.timeMs[row]).toISOString();
}

function degrees(e7: number): string {
  return (e7 / 1e7).toFixed(7);
}

function known(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(Number(value.toFixed(3)));
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
