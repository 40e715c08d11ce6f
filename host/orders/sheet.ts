import type { Way } from "../../protocol/messages/device-order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { type Lang, textOf } from "../cli/output.ts";
import { instantText, listText, offsetAt, offsetText, windowsText } from "./local-time.ts";
import type { OrderFile } from "./order-file.ts";
import type { OrderZone } from "./zones.ts";

/** What is served on the wearer, or lies before an operator: an order in plain words. Rendered by `sheet-text` and `sheet-html`. */
export interface Sheet {
  lang: Lang;
  title: string;
  lead: string;
  facts: { name: string; value: string }[];
  sections: Section[];
  /** Lines to sign on; empty of an operator's sheet. */
  signatures: string[];
}

export interface Section {
  title: string;
  /** Sentences before the list. */
  text: string[];
  items: Item[];
}

export interface Item {
  title: string;
  lines: string[];
}

export type Reader = "wearer" | "operator";

/** The sealed copy that the sheet is of; the wearer is shown no number, for one that was passed over would tell of a change. */
export interface Sealing {
  device: string;
  counter?: number;
}

/** For the wearer only what is disclosed to him; nothing of the places that the centre watches, not even that there are any. */
export function makeSheet(order: OrderFile, reader: Reader, lang: Lang, sealing: Sealing | undefined): Sheet {
  const say = sayIn(lang);
  const forWearer = reader === "wearer";
  const sections = forWearer
    ? [...placeSections(order, lang), peopleSection(order, lang), permittedSection(order, lang), ...duties(order, lang)]
    : [
        ...placeSections(order, lang),
        hiddenSection(order, lang),
        peopleSection(order, lang),
        permittedSection(order, lang),
        settings(order, lang),
      ];
  return {
    lang,
    title: say(forWearer ? "sheet.title" : "sheet.title-operator"),
    lead: say(forWearer ? "sheet.lead" : "sheet.lead-operator"),
    facts: facts(order, lang, forWearer && sealing ? { device: sealing.device } : sealing),
    sections: sections.filter(({ text, items }) => text.length + items.length > 0),
    signatures: forWearer ? [say("sheet.sign-served"), say("sheet.sign-officer"), say("sheet.sign-person")] : [],
  };
}

type Say = (code: string, params?: Record<string, string | number>) => string;

function sayIn(lang: Lang): Say {
  return (code, params) => textOf(lang, code, params).text;
}

function facts(order: OrderFile, lang: Lang, sealing: Sealing | undefined): Sheet["facts"] {
  const say = sayIn(lang);
  const rows: [string, string | undefined][] = [
    ["sheet.fact-person", order.person.name],
    ["sheet.fact-birth", order.person.birth],
    ["sheet.fact-order", order.id],
    ["sheet.fact-court", order.court.name],
    ["sheet.fact-case", order.court.case],
    ["sheet.fact-from", instantText(order.fromMs, order.utcOffsets, lang)],
    [
      "sheet.fact-to",
      order.toMs === undefined ? say("sheet.until-lifted") : instantText(order.toMs, order.utcOffsets, lang),
    ],
    ["sheet.fact-time", localTimeText(order)],
    ["sheet.fact-device", sealing?.device],
    ["sheet.fact-counter", sealing?.counter?.toString()],
  ];
  return rows.flatMap(([code, value]) => (value === undefined ? [] : [{ name: say(code), value }]));
}

function localTimeText({ timezone, utcOffsets, fromMs }: OrderFile): string {
  const offset = offsetText(offsetAt(utcOffsets, fromMs));
  if (timezone === undefined) return offset;
  return utcOffsets.length > 1 ? timezone : `${timezone} (${offset})`;
}

function placeSections(order: OrderFile, lang: Lang): Section[] {
  const say = sayIn(lang);
  const of = (kind: Zone["kind"]) =>
    order.zones.filter(({ zone, disclosed }) => disclosed && zone.kind === kind).map((zone) => zoneItem(zone, lang));
  const [out, stay] = [of("exclusion"), of("inclusion")];
  return [
    { title: say("sheet.must-not-enter"), text: out.length > 0 ? [say("sheet.must-not-enter-text")] : [], items: out },
    { title: say("sheet.must-stay"), text: stay.length > 0 ? [say("sheet.must-stay-text")] : [], items: stay },
  ];
}

function zoneItem({ zone, name, description }: OrderZone, lang: Lang): Item {
  const say = sayIn(lang);
  const lines = description === undefined ? [] : [description];
  lines.push(shapeText(zone, say), say("sheet.when", { when: windowsText(zone.schedule, lang) }));
  if (zone.bufferM > 0) lines.push(say("sheet.buffer", { m: zone.bufferM }));
  return { title: name, lines };
}

function shapeText({ shape }: Zone, say: Say): string {
  if (shape.kind === "circle")
    return say("sheet.circle", { m: shape.radiusM, at: pointText(shape.lonE7, shape.latE7, say) });
  const rings = shape.polygons.flatMap(({ rings }) => rings);
  const corners = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  const of = (axis: number) => rings.flatMap((ring) => [...ring].filter((_, i) => i % 2 === axis));
  const [lons, lats] = [of(0), of(1)];
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  const from = pointText(least(lons), least(lats), say);
  return say("sheet.area", { corners, from, to: pointText(most(lons), most(lats), say) });
}

function pointText(lonE7: number, latE7: number, say: Say): string {
  const turned = lonE7 > TURN_E7 / 2 ? lonE7 - TURN_E7 : lonE7 < -TURN_E7 / 2 ? lonE7 + TURN_E7 : lonE7;
  const lat = say(latE7 < 0 ? "sheet.south" : "sheet.north", { deg: (Math.abs(latE7) / 1e7).toFixed(5) });
  const lon = say(turned < 0 ? "sheet.west" : "sheet.east", { deg: (Math.abs(turned) / 1e7).toFixed(5) });
  return say("sheet.point", { lat, lon });
}

const TURN_E7 = 3_600_000_000;

/** Of the operator alone: what the wearer is not told. */
function hiddenSection(order: OrderFile, lang: Lang): Section {
  const say = sayIn(lang);
  const hidden = [...order.centreZones, ...order.zones.filter(({ disclosed }) => !disclosed)];
  return {
    title: say("sheet.centre-zones"),
    text: hidden.length > 0 ? [say("sheet.centre-zones-text")] : [],
    items: hidden.map((zone) => zoneItem(zone, lang)),
  };
}

function peopleSection(order: OrderFile, lang: Lang): Section {
  const say = sayIn(lang);
  const names = order.protectedPersons;
  return {
    title: say("sheet.people"),
    text: names.length === 0 ? [] : [say("sheet.people-text", { names: listText(names, lang), m: order.proximityM })],
    items: [],
  };
}

function permittedSection(order: OrderFile, lang: Lang): Section {
  const say = sayIn(lang);
  const encounters = order.encounters.map(({ name, place, windows, fromMs, toMs }) => {
    const lines: string[] = [];
    if (place) lines.push(wayText(place, say));
    if (windows) lines.push(say("sheet.when", { when: windowsText(windows, lang) }));
    if (fromMs !== undefined && toMs !== undefined) {
      const [from, to] = [fromMs, toMs].map((ms) => instantText(ms, order.utcOffsets, lang));
      lines.push(say("sheet.between", { from, to }));
    }
    return { title: name, lines };
  });
  const corridors = order.corridors.map(({ name, way, dwellS }) => ({
    title: name,
    lines: [wayText(way, say), say("sheet.dwell", { min: Math.floor(dwellS / 60), s: dwellS % 60 })],
  }));
  const items = [...encounters, ...corridors];
  return { title: say("sheet.permitted"), text: items.length > 0 ? [say("sheet.permitted-text")] : [], items };
}

function wayText({ radiusM, points }: Way, say: Say): string {
  const at = (i: number) => pointText(points[i], points[i + 1], say);
  if (points.length === 2) return say("sheet.circle", { m: radiusM, at: at(0) });
  return say("sheet.way", { m: radiusM, from: at(0), to: at(points.length - 2) });
}

/** What the wearer has to do and may do, and whom he asks. */
function duties(order: OrderFile, lang: Lang): Section[] {
  const say = sayIn(lang);
  const { court, contact, warningsPerDay } = order;
  // Of a sheet without places a word about them would tell that there are some.
  const namesPlaces = order.zones.some(({ zone, disclosed }) => disclosed && zone.kind === "exclusion");
  const warning = warningsPerDay > 0 ? say("sheet.warns", { times: warningsPerDay }) : say("sheet.no-warnings");
  const plain = (title: string, ...text: string[]): Section => ({ title: say(title), text, items: [] });
  const help = [contact ? say("sheet.call", { name: contact.name, phone: contact.phone }) : say("sheet.call-police")];
  if (court.phone !== undefined) help.push(say("sheet.call-court", { name: court.name, phone: court.phone }));
  return [
    plain(
      "sheet.bracelet",
      say("sheet.wear"),
      say("sheet.charge"),
      say("sheet.no-tamper"),
      ...(namesPlaces ? [warning] : []),
      say("sheet.removal"),
    ),
    plain("sheet.breach", say("sheet.breach-text")),
    plain("sheet.records", say("sheet.records-text", { days: order.retentionDays })),
    plain("sheet.help", ...help, say("sheet.emergency")),
    plain("sheet.appeal", court.appeal ?? say("sheet.appeal-text", { name: court.name })),
  ];
}

function settings(order: OrderFile, lang: Lang): Section {
  const say = sayIn(lang);
  const rows = [
    say("sheet.set-delay", { s: order.delayS }),
    say("sheet.set-heartbeat", { s: order.heartbeatS }),
    say("sheet.set-proximity", { m: order.proximityM }),
    order.warningsPerDay > 0
      ? say("sheet.set-warnings", { times: order.warningsPerDay })
      : say("sheet.set-no-warnings"),
    say("sheet.set-retention", { days: order.retentionDays }),
    say("sheet.set-timezone", { name: order.timezone ?? "UTC", changes: Math.max(0, order.utcOffsets.length - 1) }),
  ];
  return { title: say("sheet.settings"), text: rows, items: [] };
}
