import type { AuditLine, Contents, SealedOrders } from "./contents.ts";

/** What has been sealed for each device: the numbers, and the order that stands. */

/** Each takes the device's next number, and is what its line of the audit says. */
export const SEALINGS = ["order.seal", "order.amend", "order.sign", "order.end"] as const;
export type Sealing = (typeof SEALINGS)[number];

/** The entry of the device; one that nothing was sealed for has number 0. */
export function sealedFor({ sealed }: Readonly<Contents>, device: string): SealedOrders {
  return sealed.find((one) => one.device === device) ?? { device, counter: 0, standing: { kind: "none" } };
}

/** A vault of version 1 held the numbers in its audit alone; which order stands it did not know. */
export function sealedByAudit(audit: readonly AuditLine[]): SealedOrders[] {
  const found = new Map<string, SealedOrders>();
  for (const { what, device } of audit) {
    if (device === undefined || !SEALINGS.some((one) => one === what)) continue;
    const counter = (found.get(device)?.counter ?? 0) + 1;
    found.set(device, { device, counter, standing: { kind: what === "order.end" ? "none" : "unknown" } });
  }
  return [...found.values()];
}
