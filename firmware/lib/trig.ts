/**
 * Sine and cosine of a latitude from + − × ÷ alone, so that every engine gives the same bits.
 * Taylor series after folding to ±45°: the first term left out is below 10⁻¹³.
 */

/** The double nearest to a ratio of integers. A call, because the build would fold a division into a decimal, and engines read those differently. */
export function ratio(numerator: number, denominator: number): number {
  return numerator / denominator;
}

/** π: its nearest double. */
export const PI = ratio(3141592653589793, 1000000000000000);
/** Radians in 10⁻⁷ degrees. */
export const RADIANS_PER_E7 = PI / 1800000000;

const QUARTER_E7 = 450_000_000;
const HALF_E7 = 900_000_000;

/** Sine of an angle in degrees × 10⁷, within ±90°. */
export function sinE7(angleE7: number): number {
  if (angleE7 > QUARTER_E7) return cosSeries((HALF_E7 - angleE7) * RADIANS_PER_E7);
  if (angleE7 < -QUARTER_E7) return -cosSeries((HALF_E7 + angleE7) * RADIANS_PER_E7);
  return sinSeries(angleE7 * RADIANS_PER_E7);
}

/** Cosine of an angle in degrees × 10⁷, within ±90°. */
export function cosE7(angleE7: number): number {
  const magnitude = angleE7 < 0 ? -angleE7 : angleE7;
  if (magnitude > QUARTER_E7) return sinSeries((HALF_E7 - magnitude) * RADIANS_PER_E7);
  return cosSeries(magnitude * RADIANS_PER_E7);
}

function sinSeries(x: number): number {
  const s = x * x;
  return x * (1 - (s / 6) * (1 - (s / 20) * (1 - (s / 42) * (1 - (s / 72) * (1 - (s / 110) * (1 - s / 156))))));
}

function cosSeries(x: number): number {
  const s = x * x;
  return (
    1 - (s / 2) * (1 - (s / 12) * (1 - (s / 30) * (1 - (s / 56) * (1 - (s / 90) * (1 - (s / 132) * (1 - s / 182))))))
  );
}
