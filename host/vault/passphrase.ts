import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { ReadStream } from "node:tty";
import { type Command, Option } from "commander";
import { ToolError } from "../../protocol/errors.ts";
import { noteInput, reasonOf } from "../cli/files.ts";
import { type Lang, textOf, warn } from "../cli/output.ts";
import { checkVaultSize, openVault, type Vault } from "./vault.ts";

/** What a command that opens the vault takes; a passphrase never stands in argv or in the environment. */
export interface VaultFlags {
  vault: string;
  passphraseFd?: string;
  passphraseFile?: string;
}

export const VAULT_FILE = "omamori.vault";
/** Bytes of a passphrase: more is a file named by mistake. */
const PASSPHRASE_MOST_BYTES = 1024;
/** Characters of a new one. */
const NEW_LEAST = 12;

/** Adds `--vault`, `--passphrase-fd` and `--passphrase-file`. */
export function addVaultOptions(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command
    .addOption(new Option("--vault <file>", words("help.vault-file")).default(VAULT_FILE))
    .addOption(new Option("--passphrase-fd <n>", words("help.passphrase-fd")).conflicts("passphraseFile"))
    .addOption(new Option("--passphrase-file <file>", words("help.passphrase-file")));
}

/** Opens the vault that the flags name, asking for the passphrase where they bring none. */
export async function openVaultOf(flags: VaultFlags, lang: Lang): Promise<Vault> {
  checkReadable(flags.vault);
  return openVault(flags.vault, await readPassphrase(flags.passphraseFd, flags.passphraseFile, "ask.passphrase", lang));
}

/** Before anyone is asked for a passphrase. */
function checkReadable(file: string): void {
  noteInput(file);
  try {
    accessSync(file, constants.R_OK);
    checkVaultSize(file);
  } catch (error) {
    throw asRefusal(error, file);
  }
}

/** A new passphrase, of twelve characters at least; asked for twice at a prompt. */
export async function readNewPassphrase(
  fd: string | undefined,
  file: string | undefined,
  lang: Lang,
): Promise<Uint8Array> {
  const first = await readPassphrase(fd, file, "ask.new-passphrase", lang);
  if ([...Buffer.from(first).toString("utf8")].length < NEW_LEAST)
    throw new ToolError("vault.weak-passphrase", { least: NEW_LEAST });
  if (fd !== undefined || file !== undefined) return first;
  const again = await readPassphrase(undefined, undefined, "ask.again", lang);
  if (Buffer.compare(first, again) !== 0) throw new ToolError("vault.passphrases-differ");
  return first;
}

/** UTF-8 in normal form C, so that two keyboards type the same; a file's last line end is no part of it. */
async function readPassphrase(
  fd: string | undefined,
  file: string | undefined,
  question: string,
  lang: Lang,
): Promise<Uint8Array> {
  const text = fd !== undefined ? fromFd(fd) : file !== undefined ? fromFile(file, lang) : await ask(question, lang);
  const passphrase = Uint8Array.from(Buffer.from(text.normalize("NFC"), "utf8"));
  if (passphrase.length === 0) throw new ToolError("vault.empty-passphrase");
  return passphrase;
}

function fromFd(fd: string): string {
  if (!/^\d{1,4}$/.test(fd))
    throw new ToolError("cli.bad-number", { option: "--passphrase-fd", least: 0, most: 9999, value: fd });
  try {
    noteInput(Number(fd));
    return readLine(Number(fd));
  } catch (error) {
    throw asRefusal(error, `fd ${fd}`);
  }
}

function fromFile(file: string, lang: Lang): string {
  noteInput(file);
  try {
    const handle = openSync(file, "r");
    try {
      if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) warn(lang, "vault.open-file", { file });
      return readLine(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw asRefusal(error, file);
  }
}

function asRefusal(error: unknown, file: string): ToolError {
  return error instanceof ToolError ? error : new ToolError("cli.cannot-read", { file, ...reasonOf(error) });
}

/** All there is, which must be one line. */
function readLine(handle: number): string {
  const bytes = new Uint8Array(PASSPHRASE_MOST_BYTES + 2);
  let length = 0;
  for (let count = -1; count !== 0 && length < bytes.length; length += count) count = readChunk(handle, bytes, length);
  const text = Buffer.from(bytes.subarray(0, length))
    .toString("utf8")
    .replace(/\r?\n$/, "");
  bytes.fill(0);
  if (Buffer.byteLength(text) > PASSPHRASE_MOST_BYTES || /[\r\n\0]/.test(text)) throw new ToolError("vault.no-line");
  return text;
}

/** Waits where a pipe that does not block has nothing yet. */
function readChunk(handle: number, into: Uint8Array, at: number): number {
  while (true) {
    try {
      return readSync(handle, into, at, into.length - at, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** At the terminal, without echo; a data file on standard input does not get in the way. */
async function ask(question: string, lang: Lang): Promise<string> {
  const terminal = openTerminal();
  // Before the question: who answers at once would see the answer echoed.
  terminal.setRawMode(true);
  process.stderr.write(`${textOf(lang, question).text}: `);
  try {
    return await typedLine(terminal);
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    if (terminal !== process.stdin) terminal.destroy();
    process.stderr.write("\n");
  }
}

function openTerminal(): ReadStream {
  if (process.stdin.isTTY) return process.stdin;
  try {
    return new ReadStream(openSync("/dev/tty", "r+"));
  } catch {
    throw new ToolError("vault.no-terminal");
  }
}

const ENTER = ["\r", "\n"];
const END = "\u0004";
const INTERRUPT = "\u0003";
const ERASE_LINE = "\u0015";
const ERASE = ["\u007f", "\b"];

/** What was typed behind the line's end: the answer to the next question. */
let typedAhead = "";

function typedLine(terminal: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const settle = (end: () => void) => {
      terminal.off("data", onData).off("end", onEnd);
      end();
    };
    const onEnd = () => settle(() => reject(new ToolError("vault.no-terminal")));
    const onData = (chunk: Buffer | string) => {
      const characters = [...typedAhead, ...chunk.toString("utf8")];
      typedAhead = "";
      for (const [i, character] of characters.entries()) {
        if (ENTER.includes(character) || character === END) {
          typedAhead = characters.slice(i + 1).join("");
          return settle(() => resolve(typed.join("")));
        }
        if (character === INTERRUPT) return settle(() => reject(new ToolError("vault.interrupted")));
        if (character === ERASE_LINE) typed = [];
        else if (ERASE.includes(character)) typed.pop();
        else typed.push(character);
        if (typed.length > PASSPHRASE_MOST_BYTES) return settle(() => reject(new ToolError("vault.no-line")));
      }
    };
    // A character may come in two pieces.
    terminal.setEncoding("utf8");
    terminal.on("data", onData).on("end", onEnd);
    terminal.resume();
    if (typedAhead !== "") onData("");
  });
}
