/** Text that is UTF-8, without its byte order mark; else where it ceases to be: line from 1, byte from 0. */
export type Decoded = { ok: true; text: string } | { ok: false; line: number; offset: number };

export function decodeUtf8(bytes: Uint8Array): Decoded {
  if (looksUtf16(bytes)) return { ok: false, line: 1, offset: 0 };
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const offset = firstBadByte(bytes);
    return { ok: false, line: lineAt(bytes, offset), offset };
  }
}

const LF = 0x0a;

/** Counted from 1. */
export function lineAt(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === LF) line += 1;
  return line;
}

/** As much of a text as shows its encoding. */
const HEAD_BYTES = 64;

/** A mark says so, or every other byte of the head is a zero, which UTF-8 would read as text with gaps. */
export function looksUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const head = bytes.subarray(0, Math.min(HEAD_BYTES, bytes.length & ~1));
  const zeros = (parity: number) => head.length > 2 && head.every((b, i) => (b === 0) === (i % 2 === parity));
  return zeros(0) || zeros(1);
}

/** Where UTF-8 ends: the longest prefix that decodes, found by halving, less a character that it only begins. */
function firstBadByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  let lead = low - 1;
  while (lead > 0 && (bytes[lead] & 0xc0) === 0x80) lead -= 1;
  const length = bytes[lead] >= 0xf0 ? 4 : bytes[lead] >= 0xe0 ? 3 : bytes[lead] >= 0xc0 ? 2 : 1;
  return low - lead < length ? lead : low;
}
