import { escapeHtml } from "../../simulator/report/strings.ts";
import { visible } from "../cli/output.ts";
import type { Section, Sheet } from "./sheet.ts";

/** Nothing is fetched and nothing runs: the page is served with the order, on paper mostly. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root{--ink:#16202c;--soft:#566173;--rule:#d5d9df;--accent:#8a1c2b}
*{box-sizing:border-box}
body{margin:0;background:#eceef1;color:var(--ink);overflow-wrap:anywhere;font:16px/1.65 "Hiragino Sans","Noto Sans CJK JP","Noto Sans JP","Yu Gothic",system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:820px;margin:24px auto;padding:44px 56px 52px;background:#fff;border-top:6px solid var(--accent)}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .4em}
h2{font-size:1.12rem;margin:30px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--rule);break-after:avoid}
h3{font-size:1rem;margin:0}
p{margin:.35em 0}
.lead{color:var(--soft);max-width:62ch}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 22px;margin:18px 0 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:8px 0 0;padding-left:1.3em}li{margin:5px 0;break-inside:avoid}
.items{list-style:none;padding:0}
.items>li{border-left:3px solid var(--accent);padding:2px 0 2px 14px;margin:12px 0}
.sign{margin-top:44px;display:grid;gap:34px;break-inside:avoid}
.sign p{display:flex;gap:12px;align-items:baseline;margin:0}.sign p:after{content:"";flex:1;border-bottom:1px solid var(--ink)}
@media(max-width:600px){main{margin:0;padding:26px 18px 40px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@page{margin:18mm}
@media print{body{background:none;font-size:11pt}main{margin:0;padding:0;max-width:none;border-top:0}}
`;

export function sheetHtml(sheet: Sheet): string {
  const facts = sheet.facts.map(({ name, value }) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join("");
  const signatures = sheet.signatures.map((line) => `<p>${text(line)}</p>`).join("");
  return `<!doctype html>
<html lang="${sheet.lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(sheet.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(sheet.title)}</h1>
<p class="lead">${text(sheet.lead)}</p>
<dl>${facts}</dl>
${sheet.sections.map(sectionHtml).join("\n")}
${signatures === "" ? "" : `<div class="sign">${signatures}</div>`}
</main>
</body>
</html>
`;
}

/** Sentences alone are a list, one duty a point; before items they introduce them. */
function sectionHtml({ title, text: sentences, items }: Section): string {
  const intro =
    items.length > 0 || sentences.length === 1
      ? sentences.map((sentence) => `<p>${text(sentence)}</p>`).join("")
      : `<ul>${sentences.map((sentence) => `<li>${text(sentence)}</li>`).join("")}</ul>`;
  const list = items
    .map((item) => `<li><h3>${text(item.title)}</h3>${item.lines.map((line) => `<p>${text(line)}</p>`).join("")}</li>`)
    .join("");
  return `<section><h2>${text(title)}</h2>${intro}${list === "" ? "" : `<ul class="items">${list}</ul>`}</section>`;
}

/** Lines that a person broke stay broken. */
function text(value: string): string {
  return value
    .split("\n")
    .map((line) => escapeHtml(visible(line)))
    .join("<br>");
}
