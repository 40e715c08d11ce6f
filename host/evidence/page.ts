import { STYLE } from "../../simulator/report/style.ts";
import type { Account } from "../cli/evidence-text.ts";
import { type Lang, textOf } from "../cli/output.ts";
import type { ShownAlert } from "./facts.ts";
import { type Clock, clockOf } from "./moments.ts";
import type { Verification } from "./verify.ts";

/** A page for those who look rather than read: no map, no script, nothing from elsewhere. */
export function evidencePage(result: Verification, account: Account, lang: Lang): string {
  const words = (code: string, params = {}) => escapeHtml(textOf(lang, code, params).text);
  const section = (title: string, body: string) =>
    body === "" ? "" : `<section><h2>${words(title)}</h2>${body}</section>`;
  const list = (lines: string[], name = "") =>
    lines.length === 0
      ? ""
      : `<ul class="${name}">${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`;
  const tone = { genuine: "good", altered: "bad", unproven: "caveat" }[result.outcome];
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${words("evidence.page-title")}</title><style>${STYLE}${OWN_STYLE}</style></head><body><main>
<p class="kind">${words("evidence.page-title")}</p><h1 class="verdict ${tone}">${escapeHtml(account.verdict)}</h1>
${account.about.map((line) => `<p class="from">${escapeHtml(line)}</p>`).join("")}
${section("evidence.page-steps", stepTable(account, words))}
${section("evidence.page-places", list(account.places.slice(0, ROWS_MOST), "places"))}
${section("evidence.page-timeline", timeline(result, account, words))}
${section("evidence.page-alerts", alertTable(account, words))}
${section("evidence.page-remarks", list(account.remarks))}
</main></body></html>
`;
}

type Words = (code: string, params?: Record<string, string | number>) => string;

/** A page with more is no longer looked at. */
const ROWS_MOST = 2000;
const OUTCOME_NAMES = {
  passed: "evidence.outcome-passed",
  failed: "evidence.outcome-failed",
  "not-done": "evidence.outcome-not-done",
};
const TONES = { passed: "good", failed: "bad", "not-done": "caveat" };

function stepTable({ steps }: Account, words: Words): string {
  const rows = steps.map(
    ({ outcome, name, text }) =>
      `<tr><td data-head="">${escapeHtml(name)}</td><td data-head=""><span class="${TONES[outcome]}">${words(OUTCOME_NAMES[outcome])}</span></td><td data-head="">${escapeHtml(text)}</td></tr>`,
  );
  return `<table class="steps"><tbody>${rows.join("")}</tbody></table>`;
}

function alertTable({ alerts }: Account, words: Words): string {
  if (alerts.length === 0) return "";
  const heads = ["evidence.head-when", "evidence.head-what", "evidence.head-where", "evidence.head-witnessed"].map(
    (code) => words(code),
  );
  const rows = alerts
    .slice(0, ROWS_MOST)
    .map(({ when, what, where, witnessed }) =>
      [when, what, where, witnessed].map(
        (cell, i) => `<td data-head="${heads[i]}"><span>${escapeHtml(cell)}</span></td>`,
      ),
    );
  return `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead><tbody>${rows.map((cells) => `<tr>${cells.join("")}</tr>`).join("")}</tbody></table>`;
}

const WIDTH = 1000;
const LEFT = 150;
const RIGHT = 20;
const ROW = 34;

/** One row a kind: alerts about zones, other alerts, gaps, and what was not witnessed; time from left to right. */
function timeline(result: Verification, account: Account, words: Words): string {
  const { facts, bundle, orders } = result;
  if (facts === undefined || bundle === undefined) return "";
  const fromMs = facts.fromMs ?? bundle.header.fromMs;
  const toMs = Math.max(fromMs + 60_000, facts.toMs ?? bundle.header.toMs);
  const clock = clockOf(orders?.orders.at(-1)?.verified.deviceOrder.terms?.utcOffsets);
  const x = (ms: number) => LEFT + Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs))) * (WIDTH - LEFT - RIGHT);
  const told = facts.alerts.map((one, i) => ({ ...one, title: `${account.alerts[i].when} ${account.alerts[i].what}` }));
  const zones = told.filter(({ alert }) => alert.about === "zone");
  const others = told.filter(({ alert }) => alert.about !== "zone");
  const marks = (list: typeof zones, row: number) =>
    list
      .slice(0, ROWS_MOST)
      .map(({ alert, witnessedMs, title }) =>
        mark(x(alert.atMs), row, !isOver(alert.state), witnessedMs !== undefined, title),
      )
      .join("");
  const gaps = facts.gaps.map(({ afterMs, beforeMs }) => band(x(afterMs ?? fromMs), x(beforeMs ?? toMs), 2)).join("");
  const heads = [...new Set(result.tree?.witnessedMs.values())]
    .map((ms) => `M${x(ms).toFixed(1)} ${y(3) - 8}v16`)
    .join("");
  const names = ["evidence.row-zones", "evidence.row-others", "evidence.row-gaps", "evidence.row-heads"];
  const height = y(4) + 6;
  const rows = names
    .map(
      (code, row) =>
        `<text class="axis" x="${LEFT - 14}" y="${y(row) + 5}" text-anchor="end">${words(code)}</text><path class="level" d="M${LEFT} ${y(row)}H${WIDTH - RIGHT}"/>`,
    )
    .join("");
  return `<div class="frame"><svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${words("evidence.page-timeline")}">${rows}${gaps}<path class="head" d="${heads}"/>${marks(zones, 0)}${marks(others, 1)}${axis(fromMs, toMs, x, clock, height)}</svg></div><p class="hint">${words("evidence.timeline-hint")}</p>`;
}

function y(row: number): number {
  return 24 + ROW * row;
}

function isOver(state: ShownAlert["alert"]["state"]): boolean {
  return state === "left" || state === "cleared";
}

/** Filled where something began, hollow where it ended; dashed where no head holds it. */
function mark(at: number, row: number, begins: boolean, isWitnessed: boolean, title: string): string {
  return `<circle class="alert${begins ? "" : " hollow"}${isWitnessed ? "" : " alone"}" cx="${at.toFixed(1)}" cy="${y(row)}" r="6"><title>${escapeHtml(title)}</title></circle>`;
}

function band(from: number, to: number, row: number): string {
  return `<rect class="gap" x="${from.toFixed(1)}" y="${y(row) - 9}" width="${Math.max(2, to - from).toFixed(1)}" height="18"/>`;
}

function axis(fromMs: number, toMs: number, x: (ms: number) => number, clock: Clock, height: number): string {
  const isLong = toMs - fromMs > 2 * 86_400_000;
  return [0, 0.25, 0.5, 0.75, 1]
    .map((part) => {
      const ms = fromMs + part * (toMs - fromMs);
      const anchor = part === 0 ? "start" : part === 1 ? "end" : "middle";
      const text = isLong ? clock(ms).slice(5, 16) : clock(ms).slice(11, 19);
      return `<text class="axis" x="${x(ms).toFixed(1)}" y="${height - 4}" text-anchor="${anchor}">${text}</text>`;
    })
    .join("");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const OWN_STYLE = `
.steps td:first-child{font-weight:600;white-space:nowrap}.steps td:nth-child(2){white-space:nowrap}
.frame{overflow-x:auto}.chart{min-width:640px}td::before{flex:none;white-space:nowrap}
@media(max-width:640px){.steps td{justify-content:flex-start}}
.gap{fill:var(--bad);fill-opacity:.25;stroke:var(--bad);stroke-width:1}
.head{stroke:var(--good);stroke-width:1.2;fill:none}
.alert.alone{stroke-dasharray:2 2;stroke:var(--ink)}
ul{padding-left:1.2em;margin:.3em 0}li{margin:.35em 0}.places li{color:var(--bad)}
`;
