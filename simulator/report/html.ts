import { drawCharge, drawDistance } from "./charts.ts";
import { chargeLegend, distanceLegend, mapLegend } from "./legend.ts";
import { withinSpans } from "./line.ts";
import { drawMap, placesOf } from "./map.ts";
import type { ReportData, ReportVisit } from "./report-data.ts";
import { SCRIPT } from "./script.ts";
import { clockText, escapeHtml, fill, type Lang, STRINGS, type Strings, spanText } from "./strings.ts";
import { STYLE } from "./style.ts";
import { table } from "./table.ts";
import { zonesTable } from "./zones.ts";

/** Nothing may be fetched: the page is evidence, and is read where there is no network. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** One self-contained page; it works from a file, offline, and without script too. */
export function renderReport(data: ReportData, lang: Lang): string {
  const words = STRINGS[lang];
  const title = escapeHtml(`${data.title} · Omamori`);
  const { mAh, baselineMah } = data.charge;
  const last = (values: Float64Array) => values[values.length - 1] ?? 0;
  return `<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(data, words)}
<section><h2>${words.map}</h2><div class="frame">${drawMap(data, words)}${zoomButtons(words)}</div>${mapLegend(words)}<p class="hint">${words.mapHint}</p></section>
<section><h2>${words.distance}</h2><p id="readout" class="readout" aria-live="polite">&nbsp;</p><div class="frame">${drawDistance(data, words, "broad")}${drawDistance(data, words, "narrow")}</div>${distanceLegend(words)}<p class="hint">${words.distanceHint}</p></section>
<section><h2>${words.charge}</h2><div class="frame">${drawCharge(data, words, "broad")}${drawCharge(data, words, "narrow")}</div>${chargeLegend(words, last(mAh), last(baselineMah))}<p class="hint">${words.chargeHint}</p></section>
<section><h2>${words.visits}</h2>${visitsTable(data, words)}</section>
<section><h2>${words.zones}</h2>${zonesTable(data, words)}</section>
</main>
<script id="data" type="application/json">${readoutData(data, words).replaceAll("<", "\\u003c")}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

/** Shown by the script, for without it they could do nothing. */
function zoomButtons(words: Strings): string {
  const button = (key: string, label: string, d: string) =>
    `<button type="button" data-key="${key}" aria-label="${label}" title="${label}"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="${d}"/></svg></button>`;
  return `<div class="zoom" hidden>${[
    button("+", words.zoomIn, "M3 10H17M10 3V17"),
    button("-", words.zoomOut, "M3 10H17"),
    button("0", words.whole, "M3 8V3H8M12 3H17V8M17 12V17H12M8 17H3V12"),
  ].join("")}</div>`;
}

/** `rows`: milliseconds since `fromMs`, metres (`null`: no zone in force), x and y on the map, 1 where it was not recorded. */
function readoutData(data: ReportData, words: Strings): string {
  const { timeMs, metres } = data.distance;
  const fromMs = timeMs[0] ?? 0;
  const places = placesOf(data);
  const indices = places.map((_, i) => i);
  // What follows a row lasts until the next one.
  const filled = withinSpans(timeMs, indices, data.holes).slice(1);
  const rows = indices.map((i) => {
    const distance = Number.isFinite(metres[i]) ? Math.round(metres[i]) : null;
    return [timeMs[i] - fromMs, distance, ...places[i], filled[i] ? 1 : 0];
  });
  return JSON.stringify({ fromMs, rows, words: { idle: words.idle, filled: words.filled } });
}

function header(data: ReportData, words: Strings): string {
  const { summary: s } = data;
  const run = fill(words.run, {
    points: s.points.toLocaleString("en"),
    span: spanText(s.spanS, words),
    receiver: data.receiver,
    engine: data.engine,
    seed: data.seed,
    delay: data.delayS,
    heartbeat: data.heartbeatS,
  });
  const numbers = fill(words.numbers, {
    fixes: s.fixes,
    attempts: s.fixAttempts,
    on: Math.round(s.gnssOnS),
    mah: s.chargeMah.toFixed(2),
    baseFixes: s.baseline.fixes,
    baseOn: Math.round(s.baseline.gnssOnS),
    baseMah: s.baseline.chargeMah.toFixed(2),
  });
  const from = data.track.timeMs.length > 0 ? `${clockText(data.track.timeMs[0])} UTC` : "";
  const { name, sign, text } = headline(data, words);
  return `<header><p class="kind">Omamori · ${words.heading}</p><h1>${escapeHtml(data.title)}</h1><p class="from">${from}</p>
<p class="verdict ${name}"><span aria-hidden="true">${sign}</span> ${text}</p><p>${account(data, words)}</p><p class="hint">${run}<br>${numbers}</p></header>`;
}

interface Headline {
  name: "good" | "caveat" | "bad";
  sign: string;
  text: string;
}

/** Says no more than is true: a stay beyond the speed model is neither a broken promise nor a kept one. */
function headline({ summary, visits, distance, delayS }: ReportData, words: Strings): Headline {
  const { missed, late, beyondModel } = summary;
  if (missed > 0 || late > 0) return { name: "bad", sign: "✕", text: fill(words.failed, { missed, late }) };
  if (beyondModel > 0)
    return { name: "caveat", sign: "!", text: fill(words.allCovered, { delay: delayS, beyond: beyondModel }) };
  if (!distance.metres.some(Number.isFinite)) return { name: "caveat", sign: "!", text: words.neverInForce };
  const owed = visits.some(({ stayS }) => stayS >= delayS);
  const text = owed ? words.allDetected : visits.length > 0 ? words.noneOwed : words.noVisits;
  return { name: "good", sign: "✓", text: fill(text, { delay: delayS }) };
}

function account({ summary: s, visits, alerts, delayS }: ReportData, words: Strings): string {
  const delays = visits.filter((v) => v.beyondModel === undefined).flatMap((v) => v.delayS ?? []);
  const unseen = visits.filter((v) => v.detectedMs === undefined && v.stayS < delayS).length;
  const parts = [
    fill(words.account, { visits: visits.length }),
    fill(s.beyondModel > 0 ? words.longestCovered : words.longest, {
      longest: delays.length > 0 ? secondsText(Math.max(...delays), words) : words.none,
      beyond: s.beyondModel,
    }),
    ...(unseen > 0 ? [fill(words.notSeen, { unseen, delay: delayS })] : []),
    fill(words.falseAlerts, { falseAlerts: s.falseAlerts }),
    fill(words.losses, { losses: alerts.filter(({ about }) => about === "location-lost").length }),
    othersText(s.otherAlerts, words),
    fill(words.sparing, {
      fixes: s.fixesOutside,
      base: s.baseline.fixesOutside,
      ratio: (s.baseline.fixesOutside / Math.max(1, s.fixesOutside)).toFixed(1),
    }),
  ];
  return parts.join(" · ");
}

/** Tampering has no place on a map of a recorded way, and must not go unsaid. */
function othersText(counts: Record<string, number>, words: Strings): string {
  const all = Object.entries(counts);
  const n = all.reduce((sum, [, count]) => sum + count, 0);
  const names: Record<string, string> = words.kinds;
  const kinds = all.map(([kind, count]) => `${names[kind] ?? escapeHtml(kind)} ${count}`).join(words.comma);
  return fill(n === 0 ? words.noOthers : words.others, { others: n, kinds });
}

/** Never in minutes: D is given in seconds. */
function secondsText(seconds: number, words: Strings): string {
  return fill(words.seconds, { s: Math.round(seconds) });
}

function visitsTable(data: ReportData, words: Strings): string {
  if (data.visits.length === 0) return `<p>${words.noVisits}</p>`;
  const heads = [words.zone, words.entry, words.stay, words.detected, words.delay, words.verdict];
  const rows = data.visits.map((visit) => {
    const { text, name } = verdictOf(visit, words);
    return [
      placeOf(visit, data, words),
      clockText(visit.entryMs),
      spanText(visit.stayS, words),
      visit.detectedMs === undefined ? "–" : clockText(visit.detectedMs),
      visit.delayS === undefined ? "–" : secondsText(visit.delayS, words),
      `<span class="mark ${name}">${text}</span>`,
    ];
  });
  return table("visit-row", heads, rows);
}

/** A visit to a zone where he must stay is time spent outside it. */
function placeOf(visit: ReportVisit, data: ReportData, words: Strings): string {
  const zone = escapeHtml(visit.zone);
  return data.zones.find(({ id }) => id === visit.zone)?.kind === "inclusion" ? fill(words.outsideOf, { zone }) : zone;
}

function verdictOf(visit: ReportVisit, words: Strings): { text: string; name: string } {
  if (visit.beyondModel !== undefined)
    return { text: `${words.beyond}: <span lang="en">${escapeHtml(visit.beyondModel)}</span>`, name: "beyond" };
  if (visit.missed) return { text: words.missed, name: "bad" };
  if (visit.late) return { text: words.late, name: "bad" };
  return visit.detectedMs === undefined ? { text: words.unseen, name: "unseen" } : { text: words.inTime, name: "good" };
}
