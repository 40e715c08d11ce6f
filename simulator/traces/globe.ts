/** WGS-84. */
const EQUATOR_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const E2 = FLATTENING * (2 - FLATTENING);
const E = Math.sqrt(E2);
const SECOND_E2 = E2 / (1 - E2);

/** Radians, on the ellipsoid or on a sphere laid along it. */
export interface Place {
  lat: number;
  lon: number;
}

/**
 * Gauss's sphere: the one that lies along the ellipsoid at `origin`, onto which places go so that shapes keep their angles, and
 * distances their length to 10⁻⁷ within 50 km. On a sphere a figure can be moved and turned without being bent.
 */
export function gaussSphere(origin: Place): {
  radiusM: number;
  onto(place: Place): Place;
  back(place: Place): Place;
} {
  const cos2 = Math.cos(origin.lat) ** 2;
  const stretch = Math.sqrt(1 + SECOND_E2 * cos2 * cos2);
  const northing = Math.asinh(Math.tan(origin.lat) / Math.sqrt(1 + SECOND_E2 * cos2));
  const shift = northing - stretch * isometric(origin.lat);
  return {
    radiusM: (EQUATOR_M * Math.sqrt(1 - E2)) / (1 - E2 * (1 - cos2)),
    onto: ({ lat, lon }) => ({
      lat: Math.atan(Math.sinh(stretch * isometric(lat) + shift)),
      lon: stretch * shortWay(lon - origin.lon),
    }),
    back: ({ lat, lon }) => ({
      lat: fromIsometric((Math.asinh(Math.tan(lat)) - shift) / stretch),
      lon: shortWay(origin.lon + shortWay(lon) / stretch),
    }),
  };
}

/** Latitude stretched as Mercator draws it. */
function isometric(lat: number): number {
  return Math.asinh(Math.tan(lat)) - E * Math.atanh(E * Math.sin(lat));
}

/** Each gains two digits and more. */
const ROUNDS = 8;

function fromIsometric(q: number): number {
  let lat = Math.atan(Math.sinh(q));
  for (let i = 0; i < ROUNDS; i++) lat = Math.atan(Math.sinh(q + E * Math.atanh(E * Math.sin(lat))));
  return lat;
}

/** Where a place lies as seen from another on the sphere: how far, as an angle, and in which direction, clockwise from north. */
export function seenFrom(here: Place, there: Place): { far: number; towards: number } {
  const turn = there.lon - here.lon;
  const east = Math.cos(there.lat) * Math.sin(turn);
  const north = Math.cos(here.lat) * Math.sin(there.lat) - Math.sin(here.lat) * Math.cos(there.lat) * Math.cos(turn);
  const along = Math.sin(here.lat) * Math.sin(there.lat) + Math.cos(here.lat) * Math.cos(there.lat) * Math.cos(turn);
  return { far: Math.atan2(Math.hypot(east, north), along), towards: Math.atan2(east, north) };
}

/** The place that far in that direction. */
export function goFrom(here: Place, far: number, towards: number): Place {
  const east = Math.sin(far) * Math.sin(towards);
  const north = Math.cos(here.lat) * Math.cos(far) - Math.sin(here.lat) * Math.sin(far) * Math.cos(towards);
  const up = Math.sin(here.lat) * Math.cos(far) + Math.cos(here.lat) * Math.sin(far) * Math.cos(towards);
  return { lat: Math.atan2(up, Math.hypot(east, north)), lon: here.lon + Math.atan2(east, north) };
}

/** Between half a turn west and half a turn east. */
export function shortWay(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
