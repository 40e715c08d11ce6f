/** A table whose rows become blocks on a telephone, where every cell says what it is. Cells are markup. */
export function table(name: string, heads: string[], rows: string[][]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows.map(
    (cells) =>
      `<tr class="${name}">${cells.map((cell, i) => `<td data-head="${heads[i]}"><span>${cell}</span></td>`).join("")}</tr>`,
  );
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}
