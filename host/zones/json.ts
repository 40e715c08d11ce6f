import { ToolError } from "../../protocol/errors.ts";

/** Parses JSON; where it is none, the error names the line. `code` is the refusal's name. */
export function parseJson(text: string, file: string, code: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(detail);
    const line = position ? text.slice(0, Number(position[1])).split("\n").length : text.split("\n").length;
    throw new ToolError(code, { file, line, detail: detail.replace(/\s+/g, " ").slice(0, 120) });
  }
}

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
