import type { UtcOffset } from "../../protocol/messages/order.ts";

/** Instants as a court reads them: by the order's own local time where one is known, and with the offset always said. */
export type Clock = (ms: number) => string;

export function clockOf(offsets: UtcOffset[] | undefined): Clock {
  return (ms) => {
    const minutes = offsetAt(offsets ?? [], ms);
    const local = new Date(ms + 60_000 * minutes).toISOString();
    return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offsetText(minutes)}`;
  };
}

/** The first holds before its time too. */
function offsetAt(offsets: UtcOffset[], ms: number): number {
  const past = offsets.filter(({ fromMs }) => fromMs <= ms);
  return (past.at(-1) ?? offsets[0])?.minutes ?? 0;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return "UTC";
  const away = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${minutes < 0 ? "−" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
