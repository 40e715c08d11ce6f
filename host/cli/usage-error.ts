import type { CommanderError } from "commander";
import { ToolError } from "../../protocol/errors.ts";

const CODES: Record<string, string> = {
  "commander.unknownOption": "cli.unknown-option",
  "commander.unknownCommand": "cli.unknown-command",
  "commander.missingArgument": "cli.missing-argument",
  "commander.optionMissingArgument": "cli.missing-value",
  "commander.missingMandatoryOptionValue": "cli.missing-option",
  "commander.invalidArgument": "cli.bad-choice",
  "commander.excessArguments": "cli.too-many-arguments",
};

/** What commander found wrong with the command line, as an error of ours: its English text holds the names in quotes. */
export function usageError({ code, message }: CommanderError): ToolError {
  const near = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1];
  const [what = "", value = ""] = [...message.matchAll(/'([^']*)'/g)].map((match) => match[1]);
  return new ToolError(CODES[code] ?? "cli.usage", {
    // What stands behind an option's "=" may be a secret that does not belong there.
    what: code in CODES ? what.replace(/=.*/s, "") : message.replace(/^error: /, ""),
    value,
    choices: /choices are (.+)\./.exec(message)?.[1] ?? "",
    near: near ?? "",
    detail: near === undefined ? "reason.see-help" : "reason.did-you-mean",
  });
}
