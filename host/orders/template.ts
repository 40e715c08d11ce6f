import { stringify } from "yaml";
import { type Lang, textOf } from "../cli/output.ts";
import type { Fields } from "../zones/json.ts";

/** What `order create` was told; the rest is an example, to be written over. */
export interface Given {
  id?: string;
  person?: string;
  birth?: string;
  court?: string;
  from?: string;
  to?: string;
  timezone?: string;
  /** GeoJSON beside the order. */
  zonesFile?: string;
}

const DAY_MS = 86_400_000;
/** As long as a protection order usually holds. */
const LIFE_DAYS = 365;

/** An order that is accepted as it stands; the example place is Tokyo station. */
export function templateOrder(given: Given, lang: Lang, nowMs: number): Fields {
  const day = (ms: number) => `${new Date(ms + 9 * 3_600_000).toISOString().slice(0, 10)}T00:00:00+09:00`;
  const words = (code: string) => textOf(lang, code).text;
  return {
    id: given.id ?? `order-${new Date(nowMs).getUTCFullYear()}-1`,
    person: { name: given.person ?? words("template.person"), birth: given.birth ?? "1980-01-31" },
    court: {
      name: given.court ?? words("template.court"),
      case: words("template.case"),
      phone: "00-0000-0000",
      appeal: words("template.appeal"),
    },
    contact: { name: words("template.contact"), phone: "00-0000-0000" },
    from: given.from ?? day(nowMs + DAY_MS),
    to: given.to ?? day(nowMs + (1 + LIFE_DAYS) * DAY_MS),
    timezone: given.timezone ?? "Asia/Tokyo",
    protectedPersons: ["A"],
    zones: given.zonesFile === undefined ? [exampleZone(words)] : [{ file: given.zonesFile, disclosed: true }],
    delayS: 60,
    heartbeatS: 900,
    warnings: { allowed: true, maxPerDay: 6 },
    distances: { proximityM: 500 },
    permittedEncounters: [
      {
        name: words("template.hearing"),
        place: { type: "Point", coordinates: [139.7528, 35.6762] },
        radiusM: 150,
        from: day(nowMs + 30 * DAY_MS).replace("T00", "T09"),
        to: day(nowMs + 30 * DAY_MS).replace("T00", "T12"),
      },
    ],
    corridors: [],
    retentionDays: 365,
  };
}

function exampleZone(words: (code: string) => string): Fields {
  return {
    type: "Feature",
    geometry: { type: "Point", coordinates: [139.767, 35.681] },
    properties: {
      id: "work",
      name: words("template.work"),
      disclosed: true,
      kind: "exclusion",
      radiusM: 300,
      bufferM: 200,
      schedule: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "19:00" }],
    },
  };
}

/** With what a key holder must know before each part that can go wrong. */
export function templateYaml(order: Fields, lang: Lang): string {
  const notes: Record<string, string> = {
    id: "template.note-top",
    person: "template.note-person",
    timezone: "template.note-timezone",
    zones: "template.note-zones",
    warnings: "template.note-warnings",
    permittedEncounters: "template.note-encounters",
    corridors: "template.note-corridors",
  };
  return Object.entries(order)
    .map(([name, value]) => {
      const note = notes[name];
      const comment = note === undefined ? "" : `# ${textOf(lang, note).text}\n`;
      return `${comment}${stringify({ [name]: value }, { lineWidth: 0 })}`;
    })
    .join("");
}
