import type { Ring, Zone } from "../../protocol/messages/zone.ts";
import { ringsOf } from "./world.ts";

/** Inside by exact arithmetic: a ray to the east, half-open edges, BigInt products. Longitudes go the short way round. */
export function contains(zone: Zone, latE7: number, lonE7: number): boolean {
  let odd = false;
  for (const ring of ringsOf(zone)) if (crossesOddly(ring, latE7, lonE7, ringsOf(zone)[0][0])) odd = !odd;
  return odd;
}

function crossesOddly(ring: Ring, latE7: number, lonE7: number, originE7: number): boolean {
  const near = (x: number) => (x - originE7 > 1.8e9 ? x - 3.6e9 : x - originE7 < -1.8e9 ? x + 3.6e9 : x);
  const px = BigInt(near(lonE7));
  const n = ring.length / 2;
  let odd = false;
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n;
    const yi = ring[2 * i + 1];
    const yj = ring[2 * j + 1];
    if (yi > latE7 === yj > latE7) continue;
    const xi = BigInt(near(ring[2 * i]));
    const xj = BigInt(near(ring[2 * j]));
    const cross = (xj - xi) * BigInt(latE7 - yi) - (px - xi) * BigInt(yj - yi);
    if (yj > yi ? cross > 0n : cross < 0n) odd = !odd;
  }
  return odd;
}
