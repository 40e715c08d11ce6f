import { seededRandom } from "../../simulator/world/random.ts";

export interface FuzzCount {
  runs: number;
  accepted: number;
  refused: Record<string, number>;
}

export type Fuzz = (runs: number, seed: number, onRun?: (done: number) => void) => FuzzCount;

/** A source of hostile bytes: pure noise, and good input with a few bytes changed, cut out, doubled or put in. */
export function createMutator(seed: number, name: string, good: Uint8Array[]): () => Uint8Array {
  const random = seededRandom(seed, name);
  const below = (n: number) => Math.floor(random() * n);
  return () => {
    if (below(4) === 0) return Uint8Array.from({ length: below(64) }, () => below(256));
    const bytes = Array.from(good[below(good.length)]);
    for (let changes = 1 + below(4); changes > 0; changes--) {
      const at = below(bytes.length + 1);
      const kind = below(4);
      if (kind === 0 && at < bytes.length) bytes[at] = below(256);
      else if (kind === 1 && at < bytes.length) bytes[at] ^= 1 << below(8);
      else if (kind === 2) bytes.splice(at, 1 + below(4));
      else bytes.splice(at, 0, ...(below(2) === 0 ? [below(256)] : bytes.slice(at, at + below(12))));
    }
    return Uint8Array.from(bytes);
  };
}
