import { decode, encode, ProtocolError } from "../../protocol/index.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const GOOD = [
  0,
  -1,
  "omamori",
  Uint8Array.of(1, 2, 3),
  [1, [2, [3, ["four", true, null]]]],
  new Map<number | string, unknown>([
    [1, 1_700_000_000_000],
    [2, -356810000],
    ["text", [false, "é", new Map([[1, 2]])]],
  ]),
  2n ** 60n,
].map((value) => encode(value as never));

/** Whatever is accepted must be what we would have written; whatever is refused has a code and a place. */
export const fuzzCbor: Fuzz = (runs, seed, onRun) => {
  const next = createMutator(seed, "cbor", GOOD);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  for (let run = 0; run < runs; run++) {
    const bytes = next();
    try {
      const again = encode(decode(bytes));
      if (Buffer.compare(again, bytes) !== 0)
        throw new Error(`run ${run}, seed ${seed}: accepted ${hex(bytes)}, writes ${hex(again)}`);
      count.accepted += 1;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!(error.offset >= 0 && error.offset <= bytes.length))
        throw new Error(`run ${run}, seed ${seed}: offset ${error.offset} of ${hex(bytes)}`);
      count.refused[error.code] = (count.refused[error.code] ?? 0) + 1;
    }
    onRun?.(run);
  }
  return count;
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
