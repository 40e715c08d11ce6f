import { createReceiver, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";

/** Reports of a whole stream, cut into pieces at `cuts`. */
export function reportsOf(bytes: Uint8Array, cuts: number[] = []): Report[] {
  const receiver = createReceiver();
  const reports: Report[] = [];
  const keep = (report: Report) => reports.push(structuredClone(report));
  let from = 0;
  for (const cut of [...cuts.map((c) => Math.min(c, bytes.length)).sort((a, b) => a - b), bytes.length]) {
    feed(receiver, bytes.subarray(from, cut), keep);
    from = cut;
  }
  finish(receiver, keep);
  return reports;
}

/** `$…*hh` with its line end. */
export function sentence(body: string): Uint8Array {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i);
  return Buffer.from(`$${body}*${sum.toString(16).toUpperCase().padStart(2, "0")}\r\n`, "latin1");
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
