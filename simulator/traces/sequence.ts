import { createReader } from "../../protocol/cbor/reader.ts";
import { createWriter, finish } from "../../protocol/cbor/writer.ts";
import { ToolError } from "../../protocol/errors.ts";
import { readTraceHeader, readTracePoint, writeTraceHeader, writeTracePoint } from "../../protocol/messages/trace.ts";
import { createBuilder, LATEST_MS, millimetres, type Trace } from "./trace.ts";

/** How our own trace format begins (see `protocol/schema/trace.cddl`): the header's head and the start of its name. */
export const SEQUENCE_START = Uint8Array.of(0xa3, 0x01, 0x6d, 0x6f, 0x6d, 0x61, 0x6d, 0x6f, 0x72, 0x69);

export function writeSequence(trace: Trace): Uint8Array {
  const writer = createWriter(32 * trace.points + 64);
  writeTraceHeader(writer, { name: clipName(trace.name) });
  for (let i = 0; i < trace.points; i++)
    writeTracePoint(writer, {
      timeMs: trace.timeMs[i],
      latE7: trace.latE7[i],
      lonE7: trace.lonE7[i],
      hAccMm: millimetres(trace.hAccM?.[i]),
      speedMmps: millimetres(trace.speedMps?.[i]),
    });
  return finish(writer);
}

/** The header's bound in `protocol/schema/trace.cddl`. */
const NAME_MOST_BYTES = 255;

/** As many bytes of a name as the header has room for, without half a character at the end. */
function clipName(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name).subarray(0, NAME_MOST_BYTES), { stream: true });
}

export function readSequence(bytes: Uint8Array, file: string, latestMs = LATEST_MS): Trace {
  const builder = createBuilder(file, "cbor", latestMs);
  const reader = createReader(bytes, 0, true);
  readTraceHeader(reader);
  while (reader.error === "" && reader.pos < reader.end) {
    const offset = reader.pos;
    const point = readTracePoint(reader);
    if (reader.error !== "") break;
    const unit = (value: number | undefined) => (value === undefined ? Number.NaN : value / 1000);
    builder.add(
      point.timeMs,
      point.latE7 / 1e7,
      point.lonE7 / 1e7,
      { file, offset },
      unit(point.hAccMm),
      unit(point.speedMmps),
    );
  }
  if (reader.error !== "") throw new ToolError("trace.bad-cbor", { file, detail: reader.error, offset: reader.offset });
  return builder.finish();
}
