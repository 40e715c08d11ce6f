/** Numbers packed by the bit, most significant first: what a journal must hold ten days of leaves no room for whole bytes. */
export interface BitWriter {
  bytes: Uint8Array;
  /** Bits written. */
  length: number;
}

export interface BitReader {
  bytes: Uint8Array;
  /** Bits read. */
  pos: number;
  /** More was read than there is; every value since is 0. */
  failed: boolean;
}

export function createBitWriter(bytes: number): BitWriter {
  return { bytes: new Uint8Array(bytes), length: 0 };
}

/** The low `count` bits of a whole number below 2^53; grows as it must. */
export function putBits(writer: BitWriter, value: number, count: number): void {
  while (writer.length + count > 8 * writer.bytes.length) {
    const grown = new Uint8Array(2 * writer.bytes.length + 16);
    grown.set(writer.bytes, 0);
    writer.bytes = grown;
  }
  let place = 1;
  for (let i = 1; i < count; i++) place *= 2;
  for (let i = 0; i < count; i++) {
    if (Math.floor(value / place) % 2 === 1) writer.bytes[writer.length >> 3] |= 128 >> (writer.length & 7);
    writer.length += 1;
    place /= 2;
  }
}

export function takeBits(reader: BitReader, count: number): number {
  if (reader.pos + count > 8 * reader.bytes.length) {
    reader.failed = true;
    return 0;
  }
  let value = 0;
  for (let i = 0; i < count; i++) {
    value = 2 * value + ((reader.bytes[reader.pos >> 3] >> (7 - (reader.pos & 7))) & 1);
    reader.pos += 1;
  }
  return value;
}

/**
 * A kind of number that adapts: exponential Golomb code whose order follows the running mean, so that each costs about as many
 * bits as such numbers have had of late. Both sides keep one, begun alike.
 */
export interface Model {
  mean: number;
}

const UNARY_MOST = 52;

/** Any whole number within ±2^52. */
export function putSigned(writer: BitWriter, model: Model, value: number): void {
  const folded = value < 0 ? -2 * value - 1 : 2 * value;
  const order = orderOf(model);
  let rest = Math.floor(folded / order.step) + 1;
  let length = 0;
  for (let v = rest; v >= 2; v = Math.floor(v / 2)) length += 1;
  putBits(writer, 0, length);
  putBits(writer, rest, length + 1);
  rest = folded % order.step;
  putBits(writer, rest, order.bits);
  note(model, folded);
}

export function takeSigned(reader: BitReader, model: Model): number {
  let length = 0;
  while (takeBits(reader, 1) === 0) {
    length += 1;
    if (reader.failed || length > UNARY_MOST) {
      reader.failed = true;
      return 0;
    }
  }
  let rest = 1;
  for (let i = 0; i < length; i++) rest = 2 * rest + takeBits(reader, 1);
  const order = orderOf(model);
  const folded = (rest - 1) * order.step + takeBits(reader, order.bits);
  note(model, folded);
  return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
}

function orderOf(model: Model): { bits: number; step: number } {
  let bits = 0;
  let step = 1;
  while (2 * step <= model.mean) {
    step *= 2;
    bits += 1;
  }
  return { bits: bits, step: step };
}

function note(model: Model, folded: number): void {
  model.mean = Math.floor((3 * model.mean + folded) / 4);
}
