import { SHAPES } from "./marks.ts";
import type { Strings } from "./strings.ts";

/** Every shape of the map, in words. */
export function mapLegend(words: Strings): string {
  const mark = (shape: string) => `<g transform="translate(10 10)">${shape}</g>`;
  return list([
    ['<path class="track" d="M1 14L8 6l4 6l7 -8"/>', words.track],
    ['<path class="track filled" d="M1 14L19 5"/>', words.filled],
    ['<circle class="zone exclusion" cx="10" cy="10" r="8"/>', words.exclusion],
    ['<circle class="zone inclusion" cx="10" cy="10" r="8"/>', words.inclusion],
    ['<circle class="buffer" stroke-width="5" cx="10" cy="10" r="7"/>', words.bufferBand],
    ['<g class="fixes"><path d="M10 10h0"/></g>', words.fix],
    ['<g class="fixes"><path class="rejected" d="M10 10h0"/><path class="hollow" d="M10 10h0"/></g>', words.rejected],
    [mark(SHAPES.entered), words.entered],
    [mark(SHAPES.unconfirmed), words.unconfirmed],
    [mark(SHAPES.left), words.left],
    [mark(SHAPES.lost), words.lost],
    [mark(SHAPES.restored), words.restored],
  ]);
}

export function distanceLegend(words: Strings): string {
  return list([
    ['<path class="line" d="M1 14L8 6l4 6l7 -8"/>', words.recorded],
    ['<path class="line filled" d="M1 14L19 5"/>', words.filled],
    ['<path class="stay" d="M1 2h18v16h-18z"/>', words.stays],
    ['<path class="idle" d="M1 2h18v16h-18z"/>', words.idle],
    ['<path class="tick" d="M6 18v-14M10 18v-14M15 18v-14"/>', words.fix],
    ['<path class="tick rejected" d="M7 18v-8M13 18v-8"/>', words.rejected],
  ]);
}

export function chargeLegend(words: Strings, mAh: number, baselineMah: number): string {
  return list([
    ['<path class="line" d="M1 10H19"/>', `${words.bracelet} ${mAh.toFixed(2)} mAh`],
    ['<path class="line baseline" d="M1 10H19"/>', `${words.baseline} ${baselineMah.toFixed(2)} mAh`],
  ]);
}

function list(items: [shape: string, text: string][]): string {
  const shown = items.map(
    ([shape, text]) => `<li><svg viewBox="0 0 20 20" class="key" aria-hidden="true">${shape}</svg>${text}</li>`,
  );
  return `<ul class="legend">${shown.join("")}</ul>`;
}
