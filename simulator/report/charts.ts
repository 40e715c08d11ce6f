import { drawLine, withinSpans } from "./line.ts";
import { drawnAlerts } from "./marks.ts";
import type { ReportData, Span } from "./report-data.ts";
import { clockText, type Strings } from "./strings.ts";

/** A picture is drawn twice, for a desk and for a telephone: letters that shrink with the picture cannot be read. */
export type Size = "broad" | "narrow";

const WIDTHS: Record<Size, number> = { broad: 1000, narrow: 380 };
/** More labels than these run into one another. */
const MOST_LABELS: Record<Size, number> = { broad: 8, narrow: 4 };
const LEFT = 62;
const RIGHT = 12;
const BOTTOM = 30;
/** Linear to here, logarithmic beyond: the boundary and 50 km on one scale. Metres. */
const LINEAR_M = 100;

interface Frame {
  size: Size;
  width: number;
  height: number;
  top: number;
  fromMs: number;
  toMs: number;
  x(ms: number): number;
}

function frameOf(timeMs: Float64Array, height: number, top: number, size: Size): Frame {
  const width = WIDTHS[size];
  const fromMs = timeMs[0] ?? 0;
  const toMs = Math.max(fromMs + 1000, timeMs[timeMs.length - 1] ?? 0);
  const x = (ms: number) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * (width - LEFT - RIGHT);
  return { size, width, height, top, fromMs, toMs, x };
}

/** Heights of the two rows of marks above the distance chart: about zones, and about lost locations. */
const ZONE_ROW = 12;
const LOST_ROW = 32;

/** Distance to the nearest boundary over time, fixes as ticks, alerts above it, stays shaded, and where nothing is in force grey. */
export function drawDistance(data: ReportData, words: Strings, size: Size): string {
  const { timeMs, metres } = data.distance;
  const frame = frameOf(timeMs, 340, LOST_ROW + 14, size);
  const { top, height, width } = frame;
  const finite = metres.filter(Number.isFinite);
  const most = bend(finite.reduce((a, b) => Math.max(a, b), LINEAR_M * 2));
  const least = bend(finite.reduce((a, b) => Math.min(a, b), -LINEAR_M));
  const y = (m: number) => top + ((most - bend(m)) / (most - least)) * (height - top - BOTTOM);
  const rows = Array.from(timeMs, (_, row) => row);
  const points = rows.map((row): [number, number] | undefined =>
    Number.isFinite(metres[row]) ? [frame.x(timeMs[row]), y(metres[row])] : undefined,
  );
  const levels = [-10_000, -1000, -100, 0, 100, 1000, 10_000, 100_000].filter(
    (m) => bend(m) <= most && bend(m) >= least,
  );
  const ticks = (accepted: boolean, length: number) =>
    data.fixes
      .filter((fix) => fix.accepted === accepted)
      .map((fix) => `M${frame.x(fix.timeMs).toFixed(1)} ${height - BOTTOM}v-${length}`)
      .join("");
  const body = [
    `<rect class="inside" x="${LEFT}" width="${width - LEFT - RIGHT}" y="${y(0).toFixed(1)}" height="${Math.max(0, height - BOTTOM - y(0)).toFixed(1)}"/>`,
    `<path class="stay" d="${data.visits.map(({ entryMs, exitMs }) => column(frame, { fromMs: entryMs, toMs: exitMs })).join("")}"/>`,
    `<path class="idle" d="${data.idle.map((span) => column(frame, span)).join("")}"><title>${words.idle}</title></path>`,
    ...data.idle.map((span) => idleNote(frame, span, words)),
    ...levels.map((m) => level(frame, y(m), Math.abs(m) >= 1000 ? `${m / 1000} km` : `${m} m`, m === 0)),
    drawLine("line", points, withinSpans(timeMs, rows, data.holes)),
    `<path class="tick" d="${ticks(true, 9)}"/>`,
    `<path class="tick rejected" d="${ticks(false, 5)}"/>`,
    alertMarks(data, words, frame),
    finite.length > 0
      ? `<text class="note" x="${width - RIGHT - 6}" y="${height - BOTTOM - 14}" text-anchor="end">${words.inside}</text>`
      : "",
    `<line class="when" y1="${top}" y2="${height - BOTTOM}" x1="${LEFT}" x2="${LEFT}"/>`,
    timeAxis(frame),
  ].join("");
  return `<svg class="chart distance ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.distance}" data-from="${frame.fromMs}" data-to="${frame.toMs}" data-left="${LEFT}" data-right="${width - RIGHT}">${body}</svg>`;
}

/** Full height; all of a kind are one path, so that what overlaps is not darker. */
function column(frame: Frame, { fromMs, toMs }: Span): string {
  const width = Math.max(1, frame.x(toMs) - frame.x(fromMs)).toFixed(1);
  return `M${frame.x(fromMs).toFixed(1)} ${frame.top}h${width}V${frame.height - BOTTOM}h-${width}z`;
}

/** Width of the words, and a little. */
const IDLE_NOTE = 140;

function idleNote(frame: Frame, { fromMs, toMs }: Span, words: Strings): string {
  if (frame.x(toMs) - frame.x(fromMs) < IDLE_NOTE) return "";
  return `<text class="axis" x="${frame.x((fromMs + toMs) / 2).toFixed(1)}" y="${frame.top + 20}" text-anchor="middle">${words.idle}</text>`;
}

function alertMarks(data: ReportData, words: Strings, frame: Frame): string {
  return drawnAlerts(data, words)
    .map(({ alert, name, body }) => {
      const y = alert.about === "zone" ? ZONE_ROW : LOST_ROW;
      return `<g class="${name}" transform="translate(${frame.x(alert.timeMs).toFixed(1)} ${y})">${body}</g>`;
    })
    .join("");
}

/** Charge over time beside the baseline's. */
export function drawCharge(data: ReportData, words: Strings, size: Size): string {
  const { timeMs, mAh, baselineMah } = data.charge;
  const frame = frameOf(timeMs, 220, 18, size);
  const most = Math.max(1e-3, ...mAh, ...baselineMah);
  const y = (value: number) => frame.top + (1 - value / most) * (frame.height - frame.top - BOTTOM);
  const line = (values: Float64Array) =>
    Array.from(values, (v, i) => `${frame.x(timeMs[i]).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
  const step = roundStep(most / 3);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  const body = [
    ...[0, 1, 2, 3, 4, 5, 6]
      .filter((n) => n * step <= most)
      .map((n) => level(frame, y(n * step), (n * step).toFixed(decimals), n === 0)),
    `<polyline class="line baseline" points="${line(baselineMah)}"/>`,
    `<polyline class="line" points="${line(mAh)}"/>`,
    timeAxis(frame),
  ].join("");
  return `<svg class="chart charge ${size}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${words.charge}">${body}</svg>`;
}

/** The greatest of 1, 2, 5, 10, 20, … (and of 0.5, 0.2, …) that is not above `wanted`. */
export function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([5, 2, 1].find((n) => n * power <= wanted) ?? 1) * power;
}

function bend(m: number): number {
  const part = Math.abs(m) / LINEAR_M;
  const bent = part <= 1 ? part : 1 + Math.log10(part);
  return m < 0 ? -bent : bent;
}

function level(frame: Frame, y: number, text: string, strong: boolean): string {
  return `<path class="level${strong ? " zero" : ""}" d="M${LEFT} ${y.toFixed(1)}H${frame.width - RIGHT}"/><text class="axis" x="${LEFT - 8}" y="${(y + 4).toFixed(1)}" text-anchor="end">${text}</text>`;
}

const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
function timeAxis(frame: Frame): string {
  const minutes = (frame.toMs - frame.fromMs) / 60_000;
  const stepMs =
    (STEPS_MIN.find((m) => minutes / m <= MOST_LABELS[frame.size]) ??
      10_080 * Math.ceil(minutes / (10_080 * MOST_LABELS[frame.size]))) * 60_000;
  const marks: string[] = [];
  for (let ms = Math.ceil(frame.fromMs / stepMs) * stepMs; ms <= frame.toMs; ms += stepMs) {
    const text = stepMs >= 86_400_000 ? clockText(ms).slice(5, 10) : clockText(ms).slice(11, 16);
    marks.push(
      `<text class="axis" x="${Math.min(frame.x(ms), frame.width - 24).toFixed(1)}" y="${frame.height - 8}" text-anchor="middle">${text}</text>`,
    );
  }
  return marks.join("");
}
