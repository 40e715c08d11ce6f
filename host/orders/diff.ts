import type { Fields } from "../zones/json.ts";
import type { OrderFile, ReadOrder } from "./order-file.ts";
import { offsetsOf } from "./timezone.ts";
import { featureOf, type OrderZone } from "./zones.ts";

/** What an amendment changes, one entry a field or zone; `undefined`: was not there, or is there no more. */
export interface Difference {
  /** `zones` and `centreZones` with the zone's id; else the field's name. */
  field: string;
  zone: string | undefined;
  was: unknown;
  is: unknown;
}

export function differences(before: ReadOrder, after: ReadOrder): Difference[] {
  const found: Difference[] = [];
  const [was, is] = [before.document, after.document];
  for (const field of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (field === "zones" || field === "centreZones" || (field === "utcOffsets" && followsFrom(after.order))) continue;
    if (!same(was[field], is[field])) found.push({ field, zone: undefined, was: was[field], is: is[field] });
  }
  return [...found, ...zoneDifferences(before.order, after.order)];
}

/** Offsets that the time zone and the dates say anyhow are no news; a file may give others beside a time zone. */
function followsFrom({ timezone, fromMs, toMs, utcOffsets }: OrderFile): boolean {
  return timezone !== undefined && same(utcOffsets, offsetsOf(timezone, fromMs, toMs));
}

/** What is about people and papers, and neither where, when nor of whom an alert comes. */
const FOR_PEOPLE = ["person", "court", "contact", "warnings", "retentionDays"];

/** The fields and zones changed that decide whether the bracelet tells of him: such a change takes two people (design §11). */
export function guarding(found: Difference[]): string[] {
  return found
    .filter(({ field }) => !FOR_PEOPLE.includes(field) && !field.startsWith("x-"))
    .map(({ field, zone }) => (zone === undefined ? field : `${field}.${zone}`));
}

function zoneDifferences(before: OrderFile, after: OrderFile): Difference[] {
  const [was, is] = [zonesOf(before), zonesOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((zone) => {
    const [old, now] = [was.get(zone), is.get(zone)];
    const field = (now ?? old)?.list ?? "zones";
    return same(old, now) ? [] : [{ field, zone, was: old?.feature, is: now?.feature }];
  });
}

function zonesOf(order: OrderFile): Map<string, { list: string; feature: Fields }> {
  const entries = (list: "zones" | "centreZones") =>
    order[list].map((one: OrderZone) => [one.zone.id, { list, feature: featureOf(one) }] as const);
  return new Map([...entries("zones"), ...entries("centreZones")]);
}

/** Whatever the order of an object's members. */
function same(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

export function sorted(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? ""
  );
}
