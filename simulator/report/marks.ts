import type { ReportAlert, ReportData } from "./report-data.ts";
import { clockText, escapeHtml, fill, type Strings } from "./strings.ts";

/** What an alert says, by which it is drawn: diamonds are about zones, triangles about the device's own knowledge. */
export type Mark = "entered" | "unconfirmed" | "left" | "lost" | "restored";

const DIAMOND = "M0-8L8 0L0 8L-8 0Z";
const TRIANGLE = "M0-8L8 6L-8 6Z";

/** Round 0, 0, in pixels. Filled is bad news, hollow is good, half is not sure: shape tells them apart where colour cannot. */
export const SHAPES: Record<Mark, string> = {
  entered: `<path class="alert" d="${DIAMOND}"/>`,
  unconfirmed: `<path class="alert hollow" d="${DIAMOND}"/><path class="alert" d="M0-8L0 8L-8 0Z"/>`,
  left: `<path class="alert hollow" d="${DIAMOND}"/>`,
  lost: `<path class="alert" d="${TRIANGLE}"/>`,
  restored: `<path class="alert hollow" d="${TRIANGLE}"/>`,
};

export function markOf({ about, state }: ReportAlert): Mark {
  if (about === "zone") return state ?? "entered";
  return about === "location-lost" ? "lost" : "restored";
}

/** Every alert as it is drawn, with its time and meaning to be read on it. */
export function drawnAlerts(data: ReportData, words: Strings): { alert: ReportAlert; name: string; body: string }[] {
  const inclusion = new Set(data.zones.filter(({ kind }) => kind === "inclusion").map(({ id }) => id));
  return data.alerts.map((alert) => {
    const zone = alert.zone ?? "";
    const meaning = { ...(inclusion.has(zone) ? ofInclusion(words) : ofExclusion(words)), ...ofLocation(words) };
    const title = `${clockText(alert.timeMs)} · ${fill(meaning[markOf(alert)], { zone })}`;
    return {
      alert,
      name: `mark-${markOf(alert)}`,
      body: `<title>${escapeHtml(title)}</title>${SHAPES[markOf(alert)]}`,
    };
  });
}

function ofExclusion(words: Strings): Record<"entered" | "unconfirmed" | "left", string> {
  return { entered: words.didEnter, unconfirmed: words.mayEnter, left: words.didLeave };
}

function ofInclusion(words: Strings): Record<"entered" | "unconfirmed" | "left", string> {
  return { entered: words.didLeave, unconfirmed: words.mayLeave, left: words.didReturn };
}

function ofLocation(words: Strings): Record<"lost" | "restored", string> {
  return { lost: words.lost, restored: words.restored };
}

/** A mark that keeps its size on the screen; the script tells the map how many of its units a pixel is. */
export function spot(name: string, x: number, y: number, body: string, more = ""): string {
  return `<g class="${name}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})"${more}><g class="spot">${body}</g></g>`;
}
