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

/** A SHA-256 cut to this length: nobody makes two orders that share one, for that takes 2⁶⁴ tries with the vault's key. */
export const ORDER_HASH_BYTES = 16;
/** A pack travels, and is hashed, in pieces of this size: an interpreter without native SHA-256 takes one in a breath. */
export const PACK_CHUNK_BYTES = 1024;
/** A place for an order in the device's flash: sealed order first, pack behind it. Bytes. */
export const ORDER_PLACE_BYTES = 262144;
/** What the sealed order has of its place: three erase blocks, less the length that stands before it. */
export const SEALED_ORDER_MOST_BYTES = 12284;
/** Where the pack begins in a place. */
export const ORDER_PACK_AT = 12288;
/** The rest of the place: 244. */
export const PACK_CHUNKS_MOST = 244;
/** Warnings that the device may give its wearer in a day; more would show him the boundary. */
export const WARNINGS_MOST = 24;
/** Permitted encounters of one order: hearings, handing over of children. */
export const ENCOUNTERS_MOST = 16;
/** Ways through a zone that are permitted: to work, to a hospital. */
export const CORRIDORS_MOST = 8;
/** Bends of a permitted way. */
export const WAY_POINTS_MOST = 32;
/** Metres to either side of a permitted way, or about a permitted place: wider it would be no way. */
export const WAY_MOST_M = 5000;
/** Metres within which two people are near one another (R of design §9). */
export const PROXIMITY_MOST_M = 10000;
/** Ten years, leap days included. */
export const RETENTION_MOST_DAYS = 3653;
