/** Names of people who ask and agree. They are claims, which the vault's audit and the signature keep: nobody proves them. */

/** Whether there is a letter in it: blanks, dots and dashes name nobody. */
export function namesSomebody(name: string): boolean {
  return /\p{L}/u.test(name);
}

/**
 * Whether two names are one person's, however they are typed: width, case, blanks, dots, titles, the order of the words, letters
 * of another script that look the same and what is not seen count for nothing.
 */
export function isSamePerson(one: string, other: string): boolean {
  const readings = readingsOf(other);
  return [...readingsOf(one)].some((reading) => readings.has(reading));
}

/** Beyond it words are sorted: whoever has more names writes them apart both times. */
const ORDERED_MOST = 5;

/** The words of a name in every order, without blanks: some write it as one word. */
function readingsOf(name: string): Set<string> {
  const words = wordsOf(name);
  if (words.length > ORDERED_MOST) return new Set([words.sort().join("")]);
  return new Set(orders(words).map((order) => order.join("")));
}

function orders(words: string[]): string[][] {
  if (words.length < 2) return [words];
  return words.flatMap((word, i) => orders(words.filter((_, j) => j !== i)).map((rest) => [word, ...rest]));
}

const TITLE = /^(DR|MR|MRS|MS|MISS|PROF|様|氏|さん|殿)$/;
const TITLE_BEHIND = /(?<=.)(様|氏|さん|殿)$/;

function wordsOf(name: string): string[] {
  const plain = name.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  const upper = plain.toUpperCase().toLowerCase().toUpperCase().normalize("NFKC");
  const words = upper.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== "");
  const named = words.filter((word) => !TITLE.test(word)).map((word) => word.replace(TITLE_BEHIND, ""));
  return (named.length > 0 ? named : words).map((word) => word.replace(/./gu, (c) => LATIN[c] ?? c));
}

/** Capitals of Cyrillic and Greek that look like Latin ones. */
const LATIN: Record<string, string> = Object.fromEntries(
  ["АA", "ВB", "ЕE", "ЅS", "ІI", "ЈJ", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "УY", "ХX"]
    .concat(["ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX"])
    .map((pair) => [...pair]),
);
