import type { Order } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";

/** Whether a zone counts at an instant: the order's dates, its local time, the zone's windows. Independent of the firmware. */
export function countsAt(zone: Zone, order: Order, tMs: number): boolean {
  if (tMs < order.fromMs || (order.toMs !== undefined && tMs >= order.toMs)) return false;
  if (zone.schedule === undefined) return true;
  const offset = order.utcOffsets.filter((o) => o.fromMs <= tMs).at(-1)?.minutes ?? order.utcOffsets[0]?.minutes ?? 0;
  const local = new Date(tMs + offset * 60_000);
  const day = (local.getUTCDay() + 6) % 7;
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  return zone.schedule.some((w) => {
    const on = (d: number) => (w.days & (1 << d)) !== 0;
    if (w.fromMin < w.toMin) return on(day) && minute >= w.fromMin && minute < w.toMin;
    return (on(day) && minute >= w.fromMin) || (on((day + 6) % 7) && minute < w.toMin);
  });
}
