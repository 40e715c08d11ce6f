import fc from "fast-check";
import { ToolError } from "../../protocol/errors.ts";
import { type ReadOptions, readTrace } from "../../simulator/traces/read.ts";
import { HACC_MOST_M, SPEED_MOST_MPS, type Trace } from "../../simulator/traces/trace.ts";

/** 1 June 2024, 10:00 UTC. */
export const T0 = Date.UTC(2024, 5, 1, 10);

/** Reads text, or bytes, that a file called `given` holds. */
export function read(content: string | Uint8Array, options?: ReadOptions): Trace {
  return readTrace(typeof content === "string" ? Buffer.from(content, "utf8") : content, "given", options);
}

/** What is refused, and where: code, line and offset, and what the message is filled with. */
export function refusal(content: string | Uint8Array, options?: ReadOptions): Record<string, unknown> {
  try {
    read(content, options);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const { file: _, ...params } = error.params;
    return { code: error.code, ...params };
  }
  throw new Error("it was read");
}

/** Rows of a trace, for comparing; what is unknown is `null`. */
export function rowsOf(trace: Trace): (number | null)[][] {
  const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);
  return Array.from({ length: trace.points }, (_, i) => [
    trace.timeMs[i],
    trace.latE7[i],
    trace.lonE7[i],
    known(trace.hAccM?.[i]),
    known(trace.speedMps?.[i]),
  ]);
}

const millimetres = (most: number) =>
  fc.option(
    fc.integer({ min: 0, max: most * 1000 }).map((mm) => mm / 1000),
    { nil: Number.NaN, freq: 3 },
  );

/** Traces with all that a recording can hold: repeated times, gaps, poles, the antimeridian, unknown accuracies. */
export const anyTrace = fc
  .array(
    fc.record({
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 1e9 })),
      latE7: fc.integer({ min: -9e8, max: 9e8 }),
      lonE7: fc.integer({ min: -18e8, max: 18e8 }),
      hAccM: millimetres(HACC_MOST_M),
      speedMps: millimetres(SPEED_MOST_MPS),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((rows): Trace => {
    let timeMs = T0;
    return {
      name: "given",
      file: "given",
      format: "csv",
      points: rows.length,
      timeMs: Float64Array.from(rows, ({ gapMs }) => (timeMs += gapMs)),
      latE7: Int32Array.from(rows, (r) => r.latE7),
      lonE7: Int32Array.from(rows, (r) => r.lonE7),
      hAccM: Float64Array.from(rows, (r) => r.hAccM),
      speedMps: Float64Array.from(rows, (r) => r.speedMps),
      notices: {},
    };
  });
