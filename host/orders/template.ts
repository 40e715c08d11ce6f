import { type Lang, textOf } from "../cli/output.ts";
import { placeholder } from "./placeholders.ts";

/** What `order create` was told. */
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

/** What only a person knows: given, or left as a placeholder with which nothing is sealed. */
const BLANKS = ["id", "person", "court", "from", "timezone", "longitude", "latitude", "zone", "radius"] as const;
type Blank = (typeof BLANKS)[number];

/** Stands in for the placeholders where what was given is held against the rules. */
const SAMPLE: Record<Blank, string | number> = {
  ...{ id: "1", person: "A", court: "A", from: "2026-12-01T00:00:00+09:00", timezone: "UTC" },
  ...{ longitude: 0, latitude: 0, zone: "a", radius: 1 },
};

/**
 * An order to fill in. What must be there is live, with placeholders; what may be there stands behind `#`, so that nothing is
 * sealed that nobody wrote.
 */
export function templateYaml(given: Given, lang: Lang): string {
  const words = (code: string) => textOf(lang, code).text;
  const blanks = BLANKS.map((name) => [name, placeholder(words(`template.${name}`))] as const);
  return render(given, Object.fromEntries(blanks) as Record<Blank, string>, lang);
}

/** The same, line for line, with nothing left to fill in. */
export function sampleYaml(given: Given): string {
  return render(given, SAMPLE, "en");
}

function render(given: Given, blanks: Record<Blank, string | number>, lang: Lang): string {
  const note = (code: string) => `## ${textOf(lang, code).text}`;
  const live = (name: "id" | "person" | "court" | "from" | "timezone") => JSON.stringify(given[name] ?? blanks[name]);
  const optional = (name: string, value: string | undefined, example: string) =>
    value === undefined ? `# ${name}: ${example}` : `${name}: ${JSON.stringify(value)}`;
  const lines = [
    ...[note("template.note-top"), note("template.note-comments"), `id: ${live("id")}`],
    ...[note("template.note-person"), "person:", `  name: ${live("person")}`],
    `  ${optional("birth", given.birth, '"<<1980-01-31>>"')}`,
    ...["court:", `  name: ${live("court")}`, '  # case: "<<…>>"', '  # phone: "<<…>>"', '  # appeal: "<<…>>"'],
    '# contact: {name: "<<…>>", phone: "<<…>>"}',
    `from: ${live("from")}`,
    optional("to", given.to, '"<<2027-12-01T00:00:00+09:00>>"'),
    ...[note("template.note-timezone"), `timezone: ${live("timezone")}`],
    ...[note("template.note-persons"), '# protectedPersons: ["<<…>>"]', "# distances: {proximityM: 500}"],
    ...[note("template.note-zones"), "zones:", ...zoneLines(given.zonesFile, blanks)],
    ...[note("template.note-centre"), "# centreZones:", '#   - {file: "<<….geojson>>"}'],
    ...[note("template.note-settings"), "# delayS: 60", "# heartbeatS: 900", "# retentionDays: 365"],
    ...[note("template.note-warnings"), "# warnings: {allowed: true, maxPerDay: 6}"],
    ...[note("template.note-encounters"), "# permittedEncounters:"],
    '#   - {name: "<<…>>", from: "<<2027-01-15T09:00:00+09:00>>", to: "<<2027-01-15T12:00:00+09:00>>"}',
    ...[note("template.note-corridors"), "# corridors:"],
    '#   - name: "<<…>>"',
    '#     way: {type: LineString, coordinates: [["<<…>>", "<<…>>"], ["<<…>>", "<<…>>"]]}',
    ...["#     widthM: 80", "#     maxDwellS: 600"],
  ];
  return `${lines.join("\n")}\n`;
}

function zoneLines(file: string | undefined, blanks: Record<Blank, string | number>): string[] {
  if (file !== undefined) return [`  - {file: ${JSON.stringify(file)}, disclosed: true}`];
  // What becomes a number stands without quotation marks, so that nobody leaves them.
  const { longitude, latitude, radius } = blanks;
  return [
    "  - type: Feature",
    `    geometry: {type: Point, coordinates: [${longitude}, ${latitude}]}`,
    ...[
      "    properties:",
      `      id: ${JSON.stringify(blanks.zone)}`,
      '      # name: "<<…>>"',
      "      disclosed: true",
      "      kind: exclusion",
    ],
    ...[`      radiusM: ${radius}`, "      # bufferM: 200"],
    '      # schedule: [{days: [mon, tue, wed, thu, fri], from: "08:00", to: "19:00"}]',
  ];
}
