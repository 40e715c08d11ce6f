import { utcMs } from "../lib/calendar.ts";
import { wholeNumber } from "./at.ts";
import type { UplinkAction } from "./uplink-events.ts";

/** The second that the text leaves open, another for the dialogue, and the network's own carelessness. Milliseconds. */
const ERROR_MS = 3_000;

/** `+QLTS: "2026/11/25,05:52:27+36,0"`, asked for in GMT; the offset that follows is the place's and no part of it. */
export function takeNetworkTime(text: string, actions: UplinkAction[]): void {
  if (!text.startsWith('+QLTS: "')) return;
  const part = (at: number, length: number) => wholeNumber(text.substr(at, length));
  const year = part(8, 4);
  const hour = part(19, 2);
  const minute = part(22, 2);
  const second = part(25, 2);
  const ms = utcMs(year, part(13, 2), part(16, 2), hour, minute, second, 0);
  // Before the network has said anything the modem counts from 1980.
  if (ms !== undefined && year > 2020 && Math.min(hour, minute, second) >= 0)
    actions.push({ kind: "network-time", utcMs: ms, errorMs: ERROR_MS });
}
