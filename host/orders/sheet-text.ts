import { visible } from "../cli/output.ts";
import { widthOf } from "../cli/width.ts";
import type { Sheet } from "./sheet.ts";

/** A page of 72 columns; Japanese characters take two. */
const COLUMNS = 72;

export function sheetText(sheet: Sheet): string {
  const lines = [sheet.title, "=".repeat(Math.min(COLUMNS, widthOf(sheet.title))), "", ...wrap(sheet.lead, ""), ""];
  const names = Math.max(...sheet.facts.map(({ name }) => widthOf(name)));
  for (const { name, value } of sheet.facts)
    lines.push(...wrap(value, `${name}${" ".repeat(names - widthOf(name) + 2)}`, " ".repeat(names + 2)));
  for (const { title, text, items } of sheet.sections) {
    lines.push("", title, "-".repeat(Math.min(COLUMNS, widthOf(title))));
    const isList = items.length === 0 && text.length > 1;
    for (const sentence of text) lines.push(...wrap(sentence, isList ? "* " : "", isList ? "  " : ""));
    for (const item of items) {
      lines.push(...wrap(item.title, "* ", "  "));
      for (const line of item.lines) lines.push(...wrap(line, "    "));
    }
  }
  for (const line of sheet.signatures)
    lines.push("", `${line}  ${"_".repeat(Math.max(8, COLUMNS - 2 - widthOf(line)))}`);
  return lines.join("\n");
}

/** Breaks at blanks, and in Japanese anywhere but before what may not begin a line. */
function wrap(text: string, first: string, others = first): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = lines.length === 0 ? first : others;
    let width = widthOf(line);
    for (const piece of visible(paragraph).match(/[\u0021-\u024f]+|\s+|[^\u0021-\u024f\s][、。)」』〜・ー]*/gu) ?? []) {
      const pieceWidth = widthOf(piece);
      if (width + pieceWidth > COLUMNS && width > widthOf(others)) {
        lines.push(line.trimEnd());
        line = others;
        width = widthOf(others);
        if (piece.trim() === "") continue;
      }
      line += piece;
      width += pieceWidth;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
