import type { ReportData, ReportOrder, ReportZone } from "./report-data.ts";
import { clockText, escapeHtml, fill, type Strings } from "./strings.ts";
import { table } from "./table.ts";

/** A longer list is folded up. */
const OPEN_ZONES = 12;

/** What the order says: zones with their windows in words, those with stays first. */
export function zonesTable({ zones, visits, order }: ReportData, words: Strings): string {
  const stays = new Map<string, number>();
  for (const { zone } of visits) stays.set(zone, (stays.get(zone) ?? 0) + 1);
  const countOf = ({ id }: ReportZone) => stays.get(id) ?? 0;
  const heads = [words.zone, words.kind, words.buffer, words.schedule, words.visitCount];
  const rows = [...zones]
    .sort((a, b) => countOf(b) - countOf(a))
    .map((zone) => [
      escapeHtml(zone.id),
      zone.kind === "exclusion" ? words.exclusion : words.inclusion,
      zone.bufferM > 0 ? `${zone.bufferM} m` : "–",
      scheduleText(zone.schedule, words),
      String(countOf(zone)),
    ]);
  const open = zones.length <= OPEN_ZONES ? " open" : "";
  return `<details${open}><summary>${fill(words.zoneCount, { zones: zones.length })}</summary>${table("zone-row", heads, rows)}</details><p class="hint">${orderText(order, zones, words)}</p>`;
}

/** `Mon–Fri 08:00–19:00, Sat 22:00–06:00 next day`. */
export function scheduleText(schedule: ReportZone["schedule"], words: Strings): string {
  if (schedule === undefined) return words.always;
  return schedule
    .map(({ days, fromMin, toMin }) =>
      fill(fromMin < toMin ? words.window : words.windowOverMidnight, {
        days: daysText(days, words),
        from: minuteText(fromMin),
        to: minuteText(toMin),
      }),
    )
    .join(", ");
}

/** Three days in a row or more are a span. */
function daysText(days: number, words: Strings): string {
  if (days === 0b1111111) return words.daily;
  const names = words.days.split(" ");
  const parts: string[] = [];
  for (let from = 0; from < 7; from++) {
    let end = from;
    while (end < 7 && (days & (1 << end)) !== 0) end++;
    if (end - from >= 3) parts.push(`${names[from]}–${names[end - 1]}`);
    else parts.push(...names.slice(from, end));
    from = Math.max(from, end - 1);
  }
  return parts.join(" ");
}

function minuteText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function orderText({ fromMs, toMs, utcOffsets }: ReportOrder, zones: ReportZone[], words: Strings): string {
  const from = clockText(fromMs);
  const between = toMs === undefined ? words.orderSince : words.orderBetween;
  const dates = fromMs === 0 && toMs === undefined ? "" : fill(between, { from, to: clockText(toMs ?? 0) });
  if (zones.every(({ schedule }) => schedule === undefined)) return dates;
  // The first offset holds before its time too.
  const [first, ...changes] = utcOffsets;
  const local = fill(words.localTime, { offset: offsetText(first?.minutes ?? 0) });
  const later = changes.map((change) =>
    fill(words.offsetFrom, { offset: offsetText(change.minutes), from: clockText(change.fromMs) }),
  );
  return `${dates} ${[local, ...later].join(" · ")}`;
}

function offsetText(minutes: number): string {
  return `${minutes < 0 ? "−" : "+"}${minuteText(Math.abs(minutes))}`;
}
