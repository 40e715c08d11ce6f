import { SaxesParser } from "saxes";
import { ToolError } from "../../protocol/errors.ts";
import { parseTime } from "./csv.ts";
import { createBuilder, type Trace } from "./trace.ts";

/** GPX 1.0 and 1.1: the points of all track segments, one after another. Each needs a time. */
export function readGpx(text: string, file: string): Trace {
  const builder = createBuilder(file, "gpx");
  const parser = new SaxesParser();
  let point: { lat: number; lon: number; line: number; time: string | undefined; speed: number } | undefined;
  let inside = "";
  let content = "";
  parser.on("error", (error) => {
    throw new ToolError("trace.bad-xml", {
      file,
      line: parser.line,
      detail: error.message.replace(/^\d+:\d+: /, "").slice(0, 120),
    });
  });
  parser.on("opentag", (tag) => {
    inside = localName(tag.name);
    content = "";
    if (inside === "trkpt")
      point = {
        lat: numberOf(tag.attributes.lat),
        lon: numberOf(tag.attributes.lon),
        line: parser.line,
        time: undefined,
        speed: Number.NaN,
      };
  });
  parser.on("text", (part) => {
    content += part;
  });
  parser.on("closetag", (tag) => {
    const name = localName(tag.name);
    if (point !== undefined && name === inside && name === "time") point.time = content.trim();
    if (point !== undefined && name === inside && name === "speed") point.speed = numberOf(content.trim());
    inside = "";
    if (name !== "trkpt" || point === undefined) return;
    const at = { file, line: point.line };
    if (point.time === undefined) throw new ToolError("trace.no-times", at);
    builder.add(parseTime(point.time, at), point.lat, point.lon, at, Number.NaN, point.speed);
    point = undefined;
  });
  parser.write(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).close();
  return builder.finish();
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === "" ? Number.NaN : Number(text);
}
