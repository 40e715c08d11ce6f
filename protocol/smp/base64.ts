/** Base64 (RFC 4648 §4, padded) over bytes of ASCII, as the lines of a console carry it. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;

/** The bytes' base64 as ASCII, a multiple of four long. */
export function toBase64(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i] << 16) | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    for (let k = 0; k < 4; k++) out[at++] = k > left ? PAD : ALPHABET.charCodeAt((group >> (18 - 6 * k)) & 63);
  }
  return out;
}

/** What `text[from..to)` stands for; `undefined` where it is no base64, or not the only one for its bytes. */
export function fromBase64(text: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const chars = to - from;
  if (chars % 4 !== 0) return undefined;
  let pads = 0;
  while (pads < 2 && pads < chars && text[to - 1 - pads] === PAD) pads += 1;
  const out = new Uint8Array((chars / 4) * 3 - pads);
  let group = 0;
  for (let i = 0; i < chars; i++) {
    const value = i < chars - pads ? digitOf(text[from + i]) : 0;
    if (value < 0) return undefined;
    group = (group << 6) | value;
    if (i % 4 !== 3) continue;
    for (let k = 0; k < 3; k++) {
      const at = ((i - 3) / 4) * 3 + k;
      const byte = (group >> (16 - 8 * k)) & 255;
      if (at < out.length) out[at] = byte;
      // Bits under the padding say nothing, so they must be 0.
      else if (byte !== 0) return undefined;
    }
    group = 0;
  }
  return out;
}

/** −1: not of the alphabet. */
function digitOf(char: number): number {
  if (char >= 65 && char <= 90) return char - 65;
  if (char >= 97 && char <= 122) return char - 71;
  if (char >= 48 && char <= 57) return char + 4;
  if (char === 43) return 62;
  return char === 47 ? 63 : -1;
}
