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
  const xs = Array.from(lon, project.x);
  const ys = Array.from(lat, project.y);
  const track = thinTrack(xs, ys, 0.6).map((i) => `${xs[i].toFixed(1)},${ys[i].toFixed(1)}`);
  const body = [
    `<g class="zones">${data.zones.map((zone) => drawZone(zone, project, words)).join("")}</g>`,
    `<polyline class="track" points="${track.join(" ")}"/>`,
    `<g class="names">${data.zones.map((zone) => nameZone(zone, project)).join("")}</g>`,
    `<g class="fixes">${data.fixes.map((fix) => mark("circle", fix.accepted ? "fix" : "fix rejected", project.x(fix.lon), project.y(fix.lat), `${fix.accepted ? words.fix : `${words.rejected}: ${fix.reason ?? ""}`} ${clockText(fix.timeMs)}`)).join("")}</g>`,
    `<g class="alerts">${data.alerts
      .filter((a) => a.lat !== undefined && a.lon !== undefined)
      .map((a) =>
        mark(
          "path",
          `alert ${a.state ?? a.about}`,
          project.x(a.lon ?? 0),
          project.y(a.lat ?? 0),
          `${words.alert}: ${a.zone ?? a.about} ${a.state ?? ""} ${clockText(a.timeMs)}`,
        ),
      )
      .join("")}</g>`,
    `<circle id="cursor" class="cursor" r="7" cx="${xs[0]?.toFixed(1) ?? 0}" cy="${ys[0]?.toFixed(1) ?? 0}"/>`,
  ].join("");
  return `<svg id="map" class="map" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${words.map}" tabindex="0" preserveAspectRatio="xMidYMid meet"><g id="world">${body}</g>${scaleBar(project.scale)}</svg>`;
}

/** Where the hover read-out finds the body: `[timeMs, x, y]` rows. */
export function trackForScript(data: ReportData, rows: number): number[][] {
  const project = projectionOf(data.track);
  const { timeMs, lat, lon } = data.track;
  const step = Math.max(1, Math.ceil(timeMs.length / rows));
  const out: number[][] = [];
  for (let i = 0; i < timeMs.length; i += step)
    out.push([timeMs[i], Math.round(project.x(lon[i]) * 10) / 10, Math.round(project.y(lat[i]) * 10) / 10]);
  return out;
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

function drawZone(zone: ReportZone, project: Projection, words: Strings): string {
  const title = `<title>${escapeHtml(zone.id)} (${zone.kind === "exclusion" ? words.exclusion : words.inclusion})</title>`;
  if (zone.circle) {
    const { lat, lon, radiusM } = zone.circle;
    const at = `cx="${project.x(lon).toFixed(1)}" cy="${project.y(lat).toFixed(1)}"`;
    const buffer =
      zone.bufferM > 0
        ? `<circle class="buffer" ${at} r="${((radiusM + zone.bufferM) * project.scale).toFixed(2)}"/>`
        : "";
    return `${buffer}<circle class="zone ${zone.kind}" ${at} r="${(radiusM * project.scale).toFixed(2)}">${title}</circle>`;
  }
  const rings = (zone.polygons ?? [])
    .flat()
    .map(
      (ring) => `M${ring.map(([lon, lat]) => `${project.x(lon).toFixed(1)} ${project.y(lat).toFixed(1)}`).join("L")}Z`,
    );
  return `<path class="zone ${zone.kind}" fill-rule="evenodd" d="${rings.join("")}">${title}</path>`;
}

/** The name stands above the zone's northernmost point. */
function nameZone(zone: ReportZone, project: Projection): string {
  const { circle } = zone;
  const outline = (zone.polygons ?? []).flat(2);
  const [lon, lat] = circle
    ? [circle.lon, circle.lat]
    : outline.reduce((top, at) => (at[1] > top[1] ? at : top), outline[0] ?? [0, 0]);
  const y = project.y(lat) - (circle ? circle.radiusM * project.scale : 0) - 6;
  return `<text class="name ${zone.kind}" x="${project.x(lon).toFixed(1)}" y="${y.toFixed(1)}">${escapeHtml(zone.id)}</text>`;
}

/** Fixes are dots, alerts are diamonds: shape tells them apart where colour cannot. */
function mark(shape: "circle" | "path", name: string, x: number, y: number, title: string): string {
  const place =
    shape === "circle"
      ? `cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"`
      : `d="M${x.toFixed(1)} ${(y - 9).toFixed(1)}l9 9l-9 9l-9 -9z"`;
  return `<${shape} class="${name}" ${place}><title>${escapeHtml(title)}</title></${shape}>`;
}

/** A round length of about a fifth of the view. */
function scaleBar(scale: number): string {
  const wanted = SIZE / 5 / scale;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= wanted) ?? power;
  const label = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  const width = metres * scale;
  return `<g class="scale" data-metres="${metres}"><path d="M24 ${SIZE - 34}v10h${width.toFixed(1)}v-10"/><text x="32" y="${SIZE - 34}">${label}</text></g>`;
}
