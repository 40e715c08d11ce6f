/** CRC-32/ISO-HDLC, bit by bit: it runs once when a pack is opened. `crc` is 0 at the start and the last result after. */
export function crc32(crc: number, bytes: Uint8Array, length: number): number {
  let c = ~crc;
  for (let i = 0; i < length; i++) {
    c ^= bytes[i];
    for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c;
}
