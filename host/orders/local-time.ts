import type { UtcOffset } from "../../protocol/messages/order.ts";
import type { Window } from "../../protocol/messages/zone.ts";
import { type Lang, textOf } from "../cli/output.ts";

/** Dates and weekly windows of an order in words, in its own local time. */

const MINUTE_MS = 60_000;
const EVERY_DAY = 127;

export function offsetAt(offsets: UtcOffset[], ms: number): number {
  return offsets.reduce(
    (minutes, offset) => (offset.fromMs <= ms ? offset.minutes : minutes),
    offsets[0]?.minutes ?? 0,
  );
}

/** `2026-11-24 09:00`; `2026年11月24日 9時00分`; with the offset where the order's local time changes, or none is known by name. */
export function instantText(ms: number, offsets: UtcOffset[], lang: Lang): string {
  const minutes = offsetAt(offsets, ms);
  const [year, month, day, hour, minute] = new Date(ms + minutes * MINUTE_MS).toISOString().slice(0, 16).split(/\D/);
  const plain = (text: string) => String(Number(text));
  const text =
    lang === "ja"
      ? `${year}年${plain(month)}月${plain(day)}日 ${plain(hour)}時${minute}分`
      : `${year}-${month}-${day} ${hour}:${minute}`;
  return offsets.length > 1 ? `${text} (${offsetText(minutes)})` : text;
}

/** For records: always in UTC, and saying so. */
export function utcText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `UTC+09:00`. */
export function offsetText(minutes: number): string {
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** The catalogue's texts have no blank at their end, so what joins them stands here. */
export function listText(items: string[], lang: Lang): string {
  return items.join(lang === "ja" ? "、" : ", ");
}

export function windowsText(windows: Window[] | undefined, lang: Lang): string {
  if (windows === undefined) return textOf(lang, "sheet.always").text;
  const texts = windows.map(
    ({ days, fromMin, toMin }) =>
      textOf(lang, toMin <= fromMin ? "sheet.window-overnight" : "sheet.window", {
        days: daysText(days, lang),
        from: clock(fromMin),
        to: clock(toMin),
      }).text,
  );
  return texts.join(lang === "ja" ? "、および" : "; and ");
}

/** Three and more in a row from one to the other. */
function daysText(days: number, lang: Lang): string {
  if (days === EVERY_DAY) return textOf(lang, "sheet.every-day").text;
  const names = textOf(lang, "sheet.days").text.split(" ");
  const runs: number[][] = [];
  for (let day = 0; day < names.length; day++) {
    if ((days & (1 << day)) === 0) continue;
    const last = runs.at(-1);
    if (last?.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const between = lang === "ja" ? "〜" : "–";
  const texts = runs.flatMap((run) =>
    run.length > 2 ? [`${names[run[0]]}${between}${names[run[run.length - 1]]}`] : run.map((day) => names[day]),
  );
  return listText(texts, lang);
}

function clock(minutes: number): string {
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
