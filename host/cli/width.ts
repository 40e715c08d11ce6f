/** Columns of a terminal that a text takes: characters of East Asia are two wide. */
export function widthOf(text: string): number {
  let width = 0;
  for (const c of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(c)
      ? 2
      : 1;
  return width;
}

/** Pairs as lines, the second of each under one another. */
export function columnsOf(rows: [string, string][]): string[] {
  const widest = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, value]) => `${name}${" ".repeat(widest - widthOf(name) + 2)}${value}`);
}
