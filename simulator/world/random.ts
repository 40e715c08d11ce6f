/** Seeded random numbers, uniform in [0, 1): mulberry32. One stream per purpose, so that a new draw in one moves no other. */
export type Random = () => number;

export function seededRandom(seed: number, stream: string): Random {
  let state = seed >>> 0;
  for (let i = 0; i < stream.length; i++)
    state = (Math.imul(state ^ stream.charCodeAt(i), 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal, Box–Muller. */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

/** Uniform between two bounds. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}
