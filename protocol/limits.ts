/**
 * The bounds that messages, the host's readers and the device's packs share. `schema/*.cddl` says the same, and a test
 * oversteps each of them by one.
 */

/** Degrees × 10⁷. */
export const LAT_MOST_E7 = 900000000;
export const LON_MOST_E7 = 1800000000;
/** UTC ms: the last of the year 2199. */
export const TIME_MOST_MS = 7258118399999;
export const UINT32_MOST = 4294967295;
export const INT32_MOST = 2147483647;

/** Bytes of UTF-8 in the id of a zone or an order: a UUID, or a short name in any script. */
export const ID_MOST_BYTES = 64;
/** Bytes of UTF-8 in a trace's name: the longest file name of usual file systems. */
export const NAME_MOST_BYTES = 255;

/** An order for one wearer; a thousand zones are a province of schools. */
export const ZONES_MOST = 1000;
/** Vertices of all zones of an order together: twice the need that design §8 states. */
export const VERTICES_MOST = 40000;
/** Polygons of a zone, and rings of a polygon: islands and holes of one municipality. */
export const POLYGONS_MOST = 1000;
/** Weekly windows of one zone: nine a day. */
export const WINDOWS_MOST = 64;
/** A clock change twice a year for longer than any order. */
export const OFFSETS_MOST = 64;
/** Minutes that local time may be off UTC: fifteen hours, less one. */
export const OFFSET_MOST_MIN = 899;
/** Radius of a circle, metres: the device's metric is good to 1.4 m this far out. A wider one is a mistake in the unit. */
export const RADIUS_MOST_M = 50000;
/** Metres outside the boundary: beyond it a warning is no longer about the place. */
export const BUFFER_MOST_M = 10000;
/** Degrees × 10⁷ from side to side: up to here a product of two differences is exact in a double. */
export const SPAN_MOST_E7 = 67000000;
export const DAY_S = 86400;
