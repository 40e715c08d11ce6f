import { decodeAt } from "../../protocol/cbor/codec.ts";
import { createWriter, finish, writeInt, writeMapHead, writeText } from "../../protocol/cbor/writer.ts";
import { ToolError } from "../../protocol/errors.ts";
import { createBuilder, type Trace } from "./trace.ts";

/**
 * Our own trace format: a CBOR sequence (RFC 8742) of a header `{1: "omamori-trace", 2: version, 3: name}` and one map a
 * point: `{1: time ms, 2: lat E7, 3: lon E7, 4: hAcc mm, 5: speed mm/s}`, the last two where known. See `schema/trace.cddl`.
 */
export const SEQUENCE_START = Uint8Array.of(0xa3, 0x01, 0x6d, 0x6f, 0x6d, 0x61, 0x6d, 0x6f, 0x72, 0x69);
const FORMAT = "omamori-trace";
const VERSION = 1;

export function writeSequence(trace: Trace): Uint8Array {
  const writer = createWriter(32 * trace.points + 64);
  writeMapHead(writer, 3);
  writeInt(writer, 1);
  writeText(writer, FORMAT);
  writeInt(writer, 2);
  writeInt(writer, VERSION);
  writeInt(writer, 3);
  writeText(writer, trace.name);
  for (let i = 0; i < trace.points; i++) {
    const hAccM = trace.hAccM?.[i] ?? Number.NaN;
    const speedMps = trace.speedMps?.[i] ?? Number.NaN;
    writeMapHead(writer, 3 + (Number.isNaN(hAccM) ? 0 : 1) + (Number.isNaN(speedMps) ? 0 : 1));
    const fields = [
      trace.timeMs[i],
      trace.latE7[i],
      trace.lonE7[i],
      Math.round(hAccM * 1000),
      Math.round(speedMps * 1000),
    ];
    fields.forEach((value, at) => {
      if (Number.isNaN(value)) return;
      writeInt(writer, at + 1);
      writeInt(writer, value);
    });
  }
  return finish(writer);
}

export function readSequence(bytes: Uint8Array, file: string): Trace {
  const builder = createBuilder(file, "cbor");
  let offset = 0;
  let first = true;
  while (offset < bytes.length) {
    const bad = (detail: string): never => {
      throw new ToolError("trace.bad-cbor", { file, detail, offset });
    };
    const item = decodeAt(bytes, offset);
    if (!item.ok) throw new ToolError("trace.bad-cbor", { file, detail: item.reason, offset: item.offset });
    const record = item.value instanceof Map ? item.value : bad("not a map");
    if (first) {
      if (record.get(1) !== FORMAT || record.get(2) !== VERSION) bad("no header of version 1");
      first = false;
    } else {
      const number = (key: number) => {
        const value = record.get(key);
        return typeof value === "number" ? value : Number.NaN;
      };
      if ([1, 2, 3].some((key) => Number.isNaN(number(key)))) bad("a point without time or place");
      builder.add(number(1), number(2) / 1e7, number(3) / 1e7, { file, offset }, number(4) / 1000, number(5) / 1000);
    }
    offset = item.end;
  }
  return builder.finish();
}
