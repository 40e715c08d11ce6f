import { drawCharge, drawDistance } from "./charts.ts";
import { drawMap, trackForScript } from "./map.ts";
import type { ReportData, ReportVisit } from "./report-data.ts";
import { SCRIPT } from "./script.ts";
import { clockText, escapeHtml, fill, type Lang, STRINGS, type Strings, spanText } from "./strings.ts";
import { STYLE } from "./style.ts";

/** Nothing may be fetched: the page is evidence, and is read where there is no network. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** One self-contained page; it works from a file, offline, and without script too. */
export function renderReport(data: ReportData, lang: Lang): string {
  const words = STRINGS[lang];
  const title = escapeHtml(`${data.title} · Omamori`);
  const readout = JSON.stringify({ track: trackForScript(data, 4000), distance: thinned(data.distance) });
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
<section><h2>${words.map}</h2><div class="frame">${drawMap(data, words)}</div>${legend(words)}<p class="hint">${words.mapHint}</p></section>
<section><h2>${words.distance}</h2><p id="readout" class="readout" aria-live="polite">&nbsp;</p><div class="frame">${drawDistance(data, words, "broad")}${drawDistance(data, words, "narrow")}</div><p class="hint">${words.distanceHint}</p></section>
<section><h2>${words.charge}</h2><div class="frame">${drawCharge(data, words, "broad")}${drawCharge(data, words, "narrow")}</div><p class="hint">${words.chargeHint}</p></section>
<section><h2>${words.visits}</h2>${visitsTable(data, words)}</section>
</main>
<script id="data" type="application/json">${readout.replaceAll("<", "\\u003c")}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function header(data: ReportData, words: Strings): string {
  const { summary: s, visits } = data;
  const broken = s.missed > 0 || s.late > 0;
  const verdict = broken
    ? fill(words.failed, { missed: s.missed, late: s.late })
    : fill(visits.length > 0 ? words.allDetected : words.noVisits, { delay: data.delayS });
  const delays = visits.filter((v) => v.delayS !== undefined && v.beyondModel === undefined).map((v) => v.delayS ?? 0);
  const account = fill(words.account, {
    visits: visits.length,
    longest: delays.length > 0 ? spanText(Math.max(...delays), words) : words.none,
    falseAlerts: s.falseAlerts,
    beyond: s.beyondModel,
    fixes: s.fixesOutside,
    base: s.baseline.fixesOutside,
    ratio: (s.baseline.fixesOutside / Math.max(1, s.fixesOutside)).toFixed(1),
  });
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
  return `<header><p class="kind">Omamori · ${words.heading}</p><h1>${escapeHtml(data.title)}</h1><p class="from">${from}</p>
<p class="verdict ${broken ? "bad" : "good"}"><span aria-hidden="true">${broken ? "✕" : "✓"}</span> ${verdict}</p><p>${account}</p><p class="hint">${run}<br>${numbers}</p></header>`;
}

function legend(words: Strings): string {
  const item = (name: string, shape: string, text: string) =>
    `<li><svg viewBox="0 0 20 20" class="key ${name}" aria-hidden="true">${shape}</svg>${text}</li>`;
  const dot = (name: string) => `<circle class="${name}" cx="10" cy="10" r="4"/>`;
  return `<ul class="legend">${[
    item("", '<path class="track" d="M1 14L8 6l4 6l7 -8"/>', words.track),
    item("", '<circle class="zone exclusion" cx="10" cy="10" r="8"/>', words.exclusion),
    item("", '<circle class="zone inclusion" cx="10" cy="10" r="8"/>', words.inclusion),
    item("", dot("fix"), words.fix),
    item("", dot("fix rejected"), words.rejected),
    item("", '<path class="alert entered" d="M10 2l8 8l-8 8l-8 -8z"/>', words.alert),
  ].join("")}</ul>`;
}

function visitsTable(data: ReportData, words: Strings): string {
  if (data.visits.length === 0) return `<p>${words.noVisits}</p>`;
  const heads = [words.zone, words.entry, words.stay, words.detected, words.delay, words.verdict];
  const rows = data.visits.map((visit) => {
    const { text, name } = verdictOf(visit, words);
    const cells = [
      placeOf(visit, data, words),
      clockText(visit.entryMs),
      spanText(visit.stayS, words),
      visit.detectedMs === undefined ? "–" : clockText(visit.detectedMs),
      visit.delayS === undefined ? "–" : `${Math.round(visit.delayS)} s`,
      `<span class="mark ${name}">${text}</span>`,
    ];
    return `<tr class="visit-row">${cells.map((cell, i) => `<td data-head="${heads[i]}">${cell}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${heads.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** A visit to a zone where he must stay is time spent outside it. */
function placeOf(visit: ReportVisit, data: ReportData, words: Strings): string {
  const zone = escapeHtml(visit.zone);
  return data.zones.find(({ id }) => id === visit.zone)?.kind === "inclusion" ? fill(words.outsideOf, { zone }) : zone;
}

function verdictOf(visit: ReportVisit, words: Strings): { text: string; name: string } {
  if (visit.beyondModel !== undefined)
    return { text: `${words.beyond}: ${escapeHtml(visit.beyondModel)}`, name: "beyond" };
  if (visit.missed) return { text: words.missed, name: "bad" };
  if (visit.late) return { text: words.late, name: "bad" };
  return visit.detectedMs === undefined ? { text: words.unseen, name: "beyond" } : { text: words.inTime, name: "good" };
}

const READOUT_ROWS = 2000;

function thinned({ timeMs, metres }: ReportData["distance"]): number[][] {
  const step = Math.max(1, Math.ceil(timeMs.length / READOUT_ROWS));
  const rows: number[][] = [];
  for (let i = 0; i < timeMs.length; i += step) rows.push([timeMs[i], Math.round(metres[i])]);
  return rows;
}
