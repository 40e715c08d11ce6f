import type { Zone } from "./zone.ts";

/** The court's order, as much of it as the device acts on. */
export interface Order {
  id: string;
  /** UTC, milliseconds since 1970. */
  fromMs: number;
  /** UTC; `undefined`: until lifted. */
  toMs: number | undefined;
  /** The device has no time zone database, so the order carries the local time's offsets and changes, ascending. */
  utcOffsets: UtcOffset[];
  /** D: a stay in a zone this long is detected within this long of its start. Seconds. */
  delayS: number;
  /** H: the longest silence of the receiver far from every zone. Seconds. */
  heartbeatS: number;
  zones: Zone[];
}

export interface UtcOffset {
  /** From this instant (UTC, ms) … */
  fromMs: number;
  /** … local time is UTC plus this many minutes. */
  minutes: number;
}
