import { expect } from "vitest";
import { en } from "../../host/cli/messages.en.ts";
import { ToolError } from "../../protocol/errors.ts";

/** What `run` is refused with; every blank of the texts that a person will read has something to fill it. */
export function refusal(run: () => unknown): ToolError {
  const error = thrownBy(run);
  if (!(error instanceof ToolError)) throw error ?? new Error("was accepted");
  const texts: Record<string, string> = en;
  const read = [texts[error.code], texts[String(error.params.detail)] ?? ""].join(" ").replace("{place}", "{file}");
  for (const [, blank] of read.matchAll(/\{(\w+)\}/g)) expect(error.params, error.message).toHaveProperty(blank);
  return error;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
