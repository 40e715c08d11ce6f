/** UTF-8 for device and host: Espruino has neither TextEncoder nor TextDecoder, and both sides must agree on what is text. */

/** Whether `bytes[from..to)` is UTF-8: no overlong form, no surrogate, nothing past U+10FFFF. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to) {
    const lead = bytes[i];
    if (lead < 0x80) {
      i += 1;
      continue;
    }
    const more =
      lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (more === 0 || i + more > to - 1) return false;
    for (let k = 1; k <= more; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return false;
    const second = bytes[i + 1];
    if (
      (lead === 0xe0 && second < 0xa0) ||
      (lead === 0xed && second > 0x9f) ||
      (lead === 0xf0 && second < 0x90) ||
      (lead === 0xf4 && second > 0x8f)
    )
      return false;
    i += 1 + more;
  }
  return true;
}

/** The text in `bytes[from..to)`, which must be UTF-8 already (`isUtf8`, or written by us). */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  let at = from;
  while (at < to) {
    const lead = bytes[at];
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let i = 1; i <= more; i++) code = code * 64 + (bytes[at + i] & 0x3f);
    at += 1 + more;
    if (code < 0x10000) text += String.fromCharCode(code);
    else text += String.fromCharCode(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
  }
  return text;
}

/** Bytes that the text takes; −1 where a lone surrogate makes it no text. */
export function utf8Length(text: string): number {
  let length = 0;
  let i = 0;
  while (i < text.length) {
    const code = codePointAt(text, i);
    if (code < 0) return -1;
    i += code > 0xffff ? 2 : 1;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

/** Puts the text into `bytes` from `at`; there must be room for its `utf8Length`. */
export function putUtf8(bytes: Uint8Array, at: number, text: string): void {
  let i = 0;
  while (i < text.length) {
    const code = codePointAt(text, i);
    i += code > 0xffff ? 2 : 1;
    at = putCodePoint(bytes, at, code);
  }
}

function putCodePoint(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  bytes[at] = (more === 1 ? 0xc0 : more === 2 ? 0xe0 : 0xf0) | (code >> (6 * more));
  for (let k = 1; k <= more; k++) bytes[at + k] = 0x80 | ((code >> (6 * (more - k))) & 0x3f);
  return at + 1 + more;
}

/** −1 for a lone surrogate. */
function codePointAt(text: string, i: number): number {
  const high = text.charCodeAt(i);
  if (high < 0xd800 || high > 0xdfff) return high;
  const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
  if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) return -1;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}
