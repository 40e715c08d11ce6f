import { roundStep } from "./charts.ts";
import { drawLine, withinSpans } from "./line.ts";
import { drawnAlerts, spot } from "./marks.ts";
import type { ReportData, ReportZone } from "./report-data.ts";
import { clockText, escapeHtml, type Strings } from "./strings.ts";
import { thinTrack } from "./thin.ts";

const SIZE = 1000;
const METRES_PER_DEGREE = 111_195;
/** Zones this much of the track's extent beyond it are left out of the first view, not of the map. */
const VIEW_MARGIN = 0.08;
const LEAST_VIEW_M = 300;

interface Projection {
  x(lon: number): number;
  y(lat: number): number;
  /** Drawing units in a metre. */
  scale: number;
}

/** The track in its surroundings, north up, on a plane through its middle. */
export function drawMap(data: ReportData, words: Strings): string {
  const project = projectionOf(data.track);
  const { lat, lon } = data.track;
  const visited = new Set(data.visits.map(({ zone }) => zone));
  const named = [...data.zones].sort((a, b) => Number(visited.has(b.id)) - Number(visited.has(a.id)));
  const body = [
    `<g class="buffers">${data.zones.map((zone, i) => drawBuffer(zone, i, project)).join("")}</g>`,
    `<g class="zones">${data.zones.map((zone) => drawZone(zone, project, words)).join("")}</g>`,
    drawTrack(data, project),
    `<g class="names">${named.map((zone) => nameZone(zone, project)).join("")}</g>`,
    `<g class="fixes">${data.fixes.map((fix) => drawFix(fix, project, words)).join("")}</g>`,
    `<g class="alerts">${drawAlerts(data, project, words)}</g>`,
    spot("cursor", project.x(lon[0] ?? 0), project.y(lat[0] ?? 0), '<circle r="7"/>', ' id="cursor"'),
  ].join("");
  return `<svg id="map" class="map" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${words.map}" tabindex="0" preserveAspectRatio="xMidYMid meet"><g id="world">${body}</g>${scaleBar(project.scale)}</svg>`;
}

/** `[x, y]` on the map of the moments that the time line shows: both pictures speak of the same ones. */
export function placesOf({ track, distance }: ReportData): [number, number][] {
  const project = projectionOf(track);
  const round = (value: number) => Math.round(value * 10) / 10;
  return Array.from(distance.timeMs, (_, i) => [round(project.x(distance.lon[i])), round(project.y(distance.lat[i]))]);
}

function drawTrack({ track, holes }: ReportData, project: Projection): string {
  const xs = Array.from(track.lon, project.x);
  const ys = Array.from(track.lat, project.y);
  const ends = new Set(holes.flatMap(({ fromMs, toMs }) => [fromMs, toMs]));
  const rows = thinTrack(xs, ys, 0.6, (row) => ends.has(track.timeMs[row]));
  const points = rows.map((row): [number, number] => [xs[row], ys[row]]);
  return drawLine("track", points, withinSpans(track.timeMs, rows, holes));
}

function projectionOf({ lat, lon }: ReportData["track"]): Projection {
  const origin = lon[0] ?? 0;
  const turn = (value: number) => origin + ((((value - origin + 180) % 360) + 360) % 360) - 180;
  let [south, north, west, east] = [90, -90, 540, -540];
  for (let i = 0; i < lat.length; i++) {
    const l = turn(lon[i]);
    [south, north, west, east] = [
      Math.min(south, lat[i]),
      Math.max(north, lat[i]),
      Math.min(west, l),
      Math.max(east, l),
    ];
  }
  if (lat.length === 0) [south, north, west, east] = [0, 0, 0, 0];
  const midLat = (south + north) / 2;
  const midLon = (west + east) / 2;
  const shrink = Math.cos((midLat * Math.PI) / 180);
  const extentM =
    Math.max((north - south) * METRES_PER_DEGREE, (east - west) * METRES_PER_DEGREE * shrink, LEAST_VIEW_M) *
    (1 + 2 * VIEW_MARGIN);
  const scale = SIZE / extentM;
  return {
    x: (value) => SIZE / 2 + (turn(value) - midLon) * METRES_PER_DEGREE * shrink * scale,
    y: (value) => SIZE / 2 - (value - midLat) * METRES_PER_DEGREE * scale,
    scale,
  };
}

/** A band outside the boundary: of a polygon, the outer half of a stroke twice as wide. */
function drawBuffer(zone: ReportZone, index: number, project: Projection): string {
  const width = zone.bufferM * project.scale;
  if (width === 0) return "";
  if (!zone.circle) {
    const d = outline(zone, project);
    const outside = `<clipPath id="outside-${index}"><path clip-rule="evenodd" d="M-1e5-1e5H1e5V1e5H-1e5Z${d}"/></clipPath>`;
    return `${outside}<path class="buffer" clip-path="url(#outside-${index})" stroke-width="${(2 * width).toFixed(2)}" d="${d}"/>`;
  }
  const { lat, lon, radiusM } = zone.circle;
  const r = radiusM * project.scale + width / 2;
  return `<circle class="buffer" stroke-width="${width.toFixed(2)}" cx="${project.x(lon).toFixed(1)}" cy="${project.y(lat).toFixed(1)}" r="${r.toFixed(2)}"/>`;
}

function drawZone(zone: ReportZone, project: Projection, words: Strings): string {
  const title = `<title>${escapeHtml(zone.id)} (${zone.kind === "exclusion" ? words.exclusion : words.inclusion})</title>`;
  if (!zone.circle)
    return `<path class="zone ${zone.kind}" fill-rule="evenodd" d="${outline(zone, project)}">${title}</path>`;
  const { lat, lon, radiusM } = zone.circle;
  const r = radiusM * project.scale;
  return `<circle class="zone ${zone.kind}" cx="${project.x(lon).toFixed(1)}" cy="${project.y(lat).toFixed(1)}" r="${r.toFixed(2)}">${title}</circle>`;
}

function outline({ polygons = [] }: ReportZone, project: Projection): string {
  const point = ([lon, lat]: [number, number]) => `${project.x(lon).toFixed(1)} ${project.y(lat).toFixed(1)}`;
  return polygons
    .flat()
    .map((ring) => `M${ring.map(point).join("L")}Z`)
    .join("");
}

/** The name stands above the zone's northernmost point. */
function nameZone(zone: ReportZone, project: Projection): string {
  const { circle } = zone;
  const points = (zone.polygons ?? []).flat(2);
  const [lon, lat] = circle
    ? [circle.lon, circle.lat]
    : points.reduce((top, at) => (at[1] > top[1] ? at : top), points[0] ?? [0, 0]);
  const y = project.y(lat) - (circle ? circle.radiusM * project.scale : 0);
  return spot(`name ${zone.kind}`, project.x(lon), y, `<text y="-5">${escapeHtml(zone.id)}</text>`);
}

/** A dot is a line of no length with round ends: a stroke's width can be told not to grow with the map. */
function drawFix(fix: ReportData["fixes"][number], project: Projection, words: Strings): string {
  const d = `M${project.x(fix.lon).toFixed(1)} ${project.y(fix.lat).toFixed(1)}h0`;
  const title = clockText(fix.timeMs);
  if (fix.accepted) return `<path d="${d}"><title>${title}</title></path>`;
  const why = escapeHtml(`${title} · ${words.rejected}: ${fix.reason ?? ""}`);
  return `<path class="rejected" d="${d}"><title>${why}</title></path><path class="hollow" d="${d}"/>`;
}

function drawAlerts(data: ReportData, project: Projection, words: Strings): string {
  return drawnAlerts(data, words)
    .map(({ alert: { lat, lon }, name, body }) =>
      lat === undefined || lon === undefined ? "" : spot(name, project.x(lon), project.y(lat), body),
    )
    .join("");
}

/** A round length of about a fifth of the view; the script draws it anew at each zoom. */
function scaleBar(scale: number): string {
  const metres = roundStep(SIZE / 5 / scale);
  const label = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  return `<g class="scale" data-unit="${1 / scale}"><path d="M24 ${SIZE - 34}v10h${(metres * scale).toFixed(1)}v-10"/>${spot("", 30, SIZE - 32, `<text>${label}</text>`)}</g>`;
}
