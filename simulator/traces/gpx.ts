import { SaxesParser, type SaxesTagPlain } from "saxes";
import { ToolError } from "../../protocol/errors.ts";
import { parseNumber } from "./csv.ts";
import { parseInstant } from "./instant.ts";
import { type ClaimNames, createBuilder, LATEST_MS, type Trace } from "./trace.ts";

/**
 * What is read of a track point, by the way to it below `trkpt`, without namespace prefixes: many writers forget to declare
 * theirs. `speed` is GPX 1.0's and Garmin's; `hAccM` and `speedMps` are ours.
 */
const FIELDS: Record<string, "time" | "speed" | "hAcc"> = {
  time: "time",
  speed: "speed",
  "extensions/TrackPointExtension/speed": "speed",
  "extensions/speedMps": "speed",
  "extensions/hAccM": "hAcc",
};
const DEEPEST_FIELD = 3;

interface Point {
  attributes: Record<string, string>;
  line: number;
  /** Elements open when it began, itself included. */
  depth: number;
  fields: Partial<Record<"time" | "speed" | "hAcc", string>>;
  /** What the file calls them. */
  names: ClaimNames;
}

/** GPX 1.0 and 1.1: the points of all track segments, one after another. Each needs a time. */
export function readGpx(text: string, file: string, latestMs = LATEST_MS): Trace {
  const builder = createBuilder(file, "gpx", latestMs);
  const parser = new SaxesParser();
  const open: string[] = [];
  let point: Point | undefined;
  let content = "";
  const take = (part: string) => {
    if (point !== undefined) content += part;
  };
  parser.on("error", (error) => {
    const detail = error.message.replace(/^\d+:\d+: /, "").slice(0, 120);
    throw new ToolError("trace.bad-xml", { file, line: parser.line, detail });
  });
  parser.on("opentag", (tag: SaxesTagPlain) => {
    const name = localName(tag.name);
    content = "";
    open.push(name);
    if (open.length === 1 && name !== "gpx")
      throw new ToolError("trace.not-gpx", { file, line: parser.line, detail: name.slice(0, 40) });
    if (name === "trkpt" && open.at(-2) === "trkseg")
      point = {
        attributes: tag.attributes,
        line: parser.line,
        depth: open.length,
        fields: {},
        names: { hAcc: "hAccM", speed: "speed" },
      };
  });
  parser.on("text", take);
  parser.on("cdata", take);
  parser.on("closetag", () => {
    const below = point === undefined ? 0 : open.length - point.depth;
    if (point !== undefined && below > 0 && below <= DEEPEST_FIELD) {
      const field = FIELDS[open.slice(point.depth).join("/")];
      if (field !== undefined) point.fields[field] = content.trim();
      if (field === "speed") point.names.speed = open[open.length - 1];
    }
    open.pop();
    if (point === undefined || below > 0) return;
    addPoint(point);
    point = undefined;
  });

  function addPoint({ attributes, line, fields, names }: Point): void {
    const at = { file, line };
    if (fields.time === undefined) throw new ToolError("trace.no-times", at);
    const timeMs = parseInstant(fields.time);
    if (timeMs === undefined) throw new ToolError("trace.bad-time", { ...at, detail: fields.time.slice(0, 40) });
    const number = (value: string | undefined, name: string) => parseNumber(value?.trim() ?? "", name, at);
    const optional = (value: string | undefined, name: string) =>
      (value ?? "") === "" ? Number.NaN : number(value, name);
    builder.add(
      timeMs,
      number(attributes.lat, "lat"),
      number(attributes.lon, "lon"),
      at,
      optional(fields.hAcc, names.hAcc),
      optional(fields.speed, names.speed),
      names,
    );
  }

  parser.write(text).close();
  return builder.finish();
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
