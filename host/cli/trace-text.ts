import { judgeTrace } from "../../simulator/traces/fixes.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { latestTimeMs } from "./load-trace.ts";
import { type Lang, print, say, textOf, visible } from "./output.ts";
import { columnsOf } from "./width.ts";

/** What a recording holds: one JSON object, or a line for each of its properties. */
export function showInfo(trace: Trace, json: boolean, lang: Lang): void {
  const info = infoOf(trace);
  if (json) {
    print(JSON.stringify(info));
    return;
  }
  const { notices, ...plain } = info;
  const rows = Object.entries(plain).map(([key, value]): [string, string] => [
    textOf(lang, `info.${key}`).text,
    typeof value === "boolean" ? textOf(lang, value ? "info.yes" : "info.no").text : visible(String(value)),
  ]);
  for (const [name, count] of Object.entries(notices)) rows.push([textOf(lang, `notice.${name}`).text, String(count)]);
  for (const line of columnsOf(rows)) print(line);
}

function infoOf(trace: Trace) {
  const { points, timeMs } = trace;
  let longestGapS = 0;
  for (let i = 1; i < points; i++) longestGapS = Math.max(longestGapS, (timeMs[i] - timeMs[i - 1]) / 1000);
  const [south, north] = extent(trace.latE7);
  const [west, east] = extent(trace.lonE7);
  return {
    name: trace.name,
    file: trace.file,
    format: trace.format,
    points,
    from: new Date(timeMs[0]).toISOString(),
    to: new Date(timeMs[points - 1]).toISOString(),
    spanS: (timeMs[points - 1] - timeMs[0]) / 1000,
    longestGapS,
    south,
    north,
    west,
    east,
    hasAccuracy: trace.hAccM !== undefined,
    hasSpeed: trace.speedMps !== undefined,
    notices: trace.notices,
  };
}

/** Degrees. */
function extent(valuesE7: Int32Array): [number, number] {
  let [low, high] = [valuesE7[0], valuesE7[0]];
  for (const v of valuesE7) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low / 1e7, high / 1e7];
}

/** Every fix with the gate's verdict: one JSON object a line, or how many of each. */
export function showFixes(trace: Trace, json: boolean, lang: Lang): void {
  if (trace.notices.cutOff !== undefined) say(textOf(lang, "trace.ends-in-frame", { file: trace.file }).text);
  const counts = new Map<string, number>();
  judgeTrace(
    trace,
    (fix, reason) => {
      const verdict = reason ?? "accepted";
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      if (!json) return;
      print(
        JSON.stringify({
          kind: "fix",
          t: fix.timeMs === undefined ? null : new Date(fix.timeMs).toISOString(),
          lat: fix.latE7 / 1e7,
          lon: fix.lonE7 / 1e7,
          hAccM: fix.hAccMm === undefined ? null : fix.hAccMm / 1000,
          speedMps: fix.speedMmps === undefined ? null : fix.speedMmps / 1000,
          accepted: reason === undefined,
          reason: reason ?? null,
        }),
      );
    },
    latestTimeMs(),
  );
  if (!json)
    for (const line of columnsOf([...counts].map(([verdict, n]) => [verdictText(verdict, lang), String(n)])))
      print(line);
}

/** In words, and for a reason the code by which `--json` and the journal call it. */
function verdictText(verdict: string, lang: Lang): string {
  return verdict === "accepted" ? textOf(lang, "fixes.accepted").text : `${textOf(lang, verdict).text} [${verdict}]`;
}
