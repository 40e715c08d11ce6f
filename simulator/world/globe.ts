const METRES_PER_DEGREE = 111_195;

/** Metres between two rows; a sphere is good enough for speeds. */
export function rowDistanceM(path: { lat: ArrayLike<number>; lon: ArrayLike<number> }, a: number, b: number): number {
  const north = path.lat[b] - path.lat[a];
  const east = shortTurn(path.lon[b] - path.lon[a]);
  return METRES_PER_DEGREE * Math.hypot(north, east * Math.cos(((path.lat[a] + path.lat[b]) * Math.PI) / 360));
}

/** Degrees within half a turn. */
export function shortTurn(degrees: number): number {
  return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
}
