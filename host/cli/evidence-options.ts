import { type Command, Option } from "commander";
import { ToolError } from "../../protocol/errors.ts";
import { PURPOSES } from "../../protocol/evidence/bundle.ts";
import { TIME_MOST_MS } from "../../protocol/limits.ts";
import { parseInstant } from "../../simulator/traces/instant.ts";
import { type Lang, textOf } from "./output.ts";

/** Options that several `evidence` commands take, each in one place. */
export interface Options {
  output(command: Command): Command;
  force(command: Command): Command;
  device(command: Command): Command;
  /** With it the option of those who would rather go without a record than without the rest. */
  journal(command: Command, isNeeded: boolean): Command;
  witness(command: Command): Command;
  releases(command: Command): Command;
  purpose(command: Command): Command;
}

export function optionsIn(lang: Lang): Options {
  const words = (code: string) => textOf(lang, code).text;
  const force = (command: Command) => command.option("--force", words("help.force"));
  return {
    force,
    output: (command) => force(command.requiredOption("-o, --output <file>", words("help.output"))),
    device: (command) => command.requiredOption("--device <id>", words("help.one-device")),
    journal: (command, isNeeded) =>
      command
        .addOption(new Option("--journal <file>", words("help.evidence-journal")).makeOptionMandatory(isNeeded))
        .option("--leave-out-unsealed", words("help.leave-out-unsealed")),
    witness: (command) => command.requiredOption("--witness <folder>", words("help.evidence-witness")),
    releases: (command) => command.option("--releases <file>", words("help.evidence-releases")),
    purpose: (command) =>
      command.addOption(new Option("--for <whom>", words("help.evidence-for")).choices(PURPOSES).default("court")),
  };
}

/** UTC ms; throws `evidence.bad-instant`. */
export function instantOf(option: string, text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined || ms < 0 || ms > TIME_MOST_MS)
    throw new ToolError("evidence.bad-instant", { option, value: text });
  return ms;
}
