import type { Command, Help, Option } from "commander";
import { ToolError } from "../../protocol/errors.ts";
import { type Lang, textOf } from "./output.ts";

/** Commander's own words by the catalogue; commands made from `program` afterwards inherit them. */
export function translateHelp(program: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const titles: Record<string, string> = {
    "Usage:": words("help.usage"),
    "Arguments:": words("help.arguments"),
    "Options:": words("help.options"),
    "Commands:": words("help.commands"),
  };
  program
    .configureHelp({
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: (option) => describeOption(option, lang),
    } satisfies Partial<Help>)
    .helpOption("-h, --help", words("help.help"))
    .helpCommand(false);
}

/** Commander's own shows the help of everything where it does not know the command. */
export function addHelpCommand(parent: Command, lang: Lang): void {
  parent
    .command("help")
    .argument("[command...]")
    .description(textOf(lang, "help.help-command").text)
    .action((names: string[]) => names.reduce(commandOf, parent).help());
}

function commandOf(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name);
  if (found === undefined) throw new ToolError("cli.unknown-command", { what: name, detail: "reason.see-help" });
  return found;
}

function describeOption(
  { description, argChoices, defaultValue, defaultValueDescription }: Option,
  lang: Lang,
): string {
  const more: string[] = [];
  if (argChoices) more.push(argChoices.join(" | "));
  const preset = defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  if (preset !== undefined) more.push(textOf(lang, "help.default", { value: preset }).text);
  return more.length === 0 ? description : `${description} (${more.join("; ")})`;
}

/** Lines for the end of a command's help. */
export function examples(lang: Lang, ...commands: string[]): string {
  return `\n${textOf(lang, "help.examples").text}\n${commands.map((command) => `  omamori ${command}`).join("\n")}`;
}
