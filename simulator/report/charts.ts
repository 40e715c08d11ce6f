import type { ReportData } from "./report-data.ts";
import { clockText, type Strings } from "./strings.ts";
import { thinSeries } from "./thin.ts";

/** A picture is drawn twice, for a desk and for a telephone: letters that shrink with the picture cannot be read. */
export type Size = "broad" | "narrow";

const WIDTHS: Record<Size, number> = { broad: 1000, narrow: 380 };
/** More labels than these run into one another. */
const MOST_LABELS: Record<Size, number> = { broad: 8, narrow: 4 };
const LEFT = 62;
const RIGHT = 12;
const TOP = 18;
const BOTTOM = 30;
/** Linear to here, logarithmic beyond: the boundary and 50 km on one scale. Metres. */
const LINEAR_M = 100;

interface Frame {
  size: Size;
  width: number;
  height: number;
  fromMs: number;
  toMs: number;
  x(ms: number): number;
}

function frameOf(timeMs: Float64Array, height: number, size: Size): Frame {
  const width = WIDTHS[size];
  const fromMs = timeMs[0] ?? 0;
  const toMs = Math.max(fromMs + 1000, timeMs[timeMs.length - 1] ?? 0);
  const x = (ms: number) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * (width - LEFT - RIGHT);
  return { size, width, height, fromMs, toMs, x };
}

/** Distance to the nearest boundary over time, fixes as ticks, alerts as diamonds, visits shaded. */
export function drawDistance(data: ReportData, words: Strings, size: Size): string {
  const { timeMs, metres } = data.distance;
  const frame = frameOf(timeMs, 320, size);
  const finite = metres.map((m) => (Number.isFinite(m) ? m : 0));
  const top = bend(Math.max(LINEAR_M * 2, ...thinSeries(finite, 200).map((i) => finite[i])));
  const bottom = bend(Math.min(-LINEAR_M, ...thinSeries(finite, 200).map((i) => finite[i])));
  const y = (m: number) => TOP + ((top - bend(m)) / (top - bottom)) * (frame.height - TOP - BOTTOM);
  const line = thinSeries(finite, 900).map((i) => `${frame.x(timeMs[i]).toFixed(1)},${y(finite[i]).toFixed(1)}`);
  const levels = [-10_000, -1000, -100, 0, 100, 1000, 10_000, 100_000].filter(
    (m) => bend(m) <= top && bend(m) >= bottom,
  );
  const body = [
    `<rect class="inside" x="${LEFT}" width="${frame.width - LEFT - RIGHT}" y="${y(0).toFixed(1)}" height="${Math.max(0, frame.height - BOTTOM - y(0)).toFixed(1)}"/>`,
    ...data.visits.map(
      (v) =>
        `<rect class="visit" x="${frame.x(v.entryMs).toFixed(1)}" width="${Math.max(1, frame.x(v.exitMs) - frame.x(v.entryMs)).toFixed(1)}" y="${TOP}" height="${frame.height - TOP - BOTTOM}"/>`,
    ),
    ...levels.map((m) => level(frame, y(m), Math.abs(m) >= 1000 ? `${m / 1000} km` : `${m} m`, m === 0)),
    `<polyline class="line" points="${line.join(" ")}"/>`,
    `<path class="tick" d="${data.fixes
      .filter((f) => f.accepted)
      .map((f) => `M${frame.x(f.timeMs).toFixed(1)} ${frame.height - BOTTOM}v-9`)
      .join("")}"/>`,
    `<path class="tick rejected" d="${data.fixes
      .filter((f) => !f.accepted)
      .map((f) => `M${frame.x(f.timeMs).toFixed(1)} ${frame.height - BOTTOM}v-5`)
      .join("")}"/>`,
    ...data.alerts.map(
      (a) => `<path class="alert ${a.state ?? a.about}" d="M${frame.x(a.timeMs).toFixed(1)} ${TOP}l6 6l-6 6l-6 -6z"/>`,
    ),
    `<text class="note" x="${frame.width - RIGHT - 6}" y="${(frame.height - BOTTOM - 14).toFixed(1)}" text-anchor="end">${words.inside}</text>`,
    `<line class="when" y1="${TOP}" y2="${frame.height - BOTTOM}" x1="${LEFT}" x2="${LEFT}"/>`,
    timeAxis(frame),
  ].join("");
  return `<svg class="chart distance ${size}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${words.distance}" data-from="${frame.fromMs}" data-to="${frame.toMs}" data-left="${LEFT}" data-right="${frame.width - RIGHT}">${body}</svg>`;
}

/** Charge over time beside the baseline's. */
export function drawCharge(data: ReportData, words: Strings, size: Size): string {
  const { timeMs, mAh, baselineMah } = data.charge;
  const frame = frameOf(timeMs, 220, size);
  const most = Math.max(1e-3, ...mAh, ...baselineMah);
  const y = (value: number) => TOP + (1 - value / most) * (frame.height - TOP - BOTTOM);
  const line = (values: Float64Array) =>
    Array.from(values, (v, i) => `${frame.x(timeMs[i]).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
  const last = (values: Float64Array) => values[values.length - 1] ?? 0;
  const body = [
    ...[0, 0.5, 1].map((part) => level(frame, y(most * part), `${(most * part).toPrecision(2)}`, part === 0)),
    `<polyline class="line baseline" points="${line(baselineMah)}"/>`,
    `<polyline class="line" points="${line(mAh)}"/>`,
    `<text class="note baseline" x="${LEFT + 14}" y="${TOP + 18}">- - ${words.baseline} ${last(baselineMah).toFixed(2)} mAh</text>`,
    `<text class="note" x="${LEFT + 14}" y="${TOP + 40}">— ${words.bracelet} ${last(mAh).toFixed(2)} mAh</text>`,
    timeAxis(frame),
  ].join("");
  return `<svg class="chart charge ${size}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${words.charge}">${body}</svg>`;
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
