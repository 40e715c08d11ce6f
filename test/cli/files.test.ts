import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkOutput, readFile, writeWhole } from "../../host/cli/files.ts";
import { ROOT } from "../shared.ts";

const linkSync = vi.hoisted(() => vi.fn());
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  linkSync.mockImplementation(real.linkSync);
  return { ...real, linkSync };
});

const POSIX = process.platform !== "win32";
let folder = "";
const at = (name: string) => path.join(folder, name);
const text = (name: string) => fs.readFileSync(at(name), "utf8");

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), "omamori-files-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

test("a file is written whole, and replaced only with force", async () => {
  await writeWhole(at("a"), "one", false);
  await expect(writeWhole(at("a"), "two", false)).rejects.toMatchObject({ code: "cli.output-exists" });
  expect(text("a")).toBe("one");
  await writeWhole(at("a"), "two", true);
  expect(text("a")).toBe("two");
  expect(fs.readdirSync(folder)).toEqual(["a"]);
});

test.runIf(POSIX)("what is replaced keeps its permissions, and links go on pointing to it", async () => {
  fs.writeFileSync(at("secret"), "one");
  fs.chmodSync(at("secret"), 0o600);
  fs.symlinkSync("secret", at("link"));
  await writeWhole(at("link"), "two", true);
  expect(text("secret")).toBe("two");
  expect(fs.statSync(at("secret")).mode & 0o777).toBe(0o600);
  expect(fs.lstatSync(at("link")).isSymbolicLink()).toBe(true);
});

test.runIf(POSIX)("a pipe and a device are written into, and stay what they are", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  const reader = spawn("cat", [at("pipe")]);
  const heard = once(reader.stdout, "data");
  checkOutput(at("pipe"), [], false);
  await writeWhole(at("pipe"), "through", false);
  expect(String((await heard)[0])).toBe("through");
  expect(fs.statSync(at("pipe")).isFIFO()).toBe(true);
  await writeWhole("/dev/null", "away", true);
  expect(fs.statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("without hard links a new file is written all the same, and nothing is replaced", async () => {
  const refuse = () => {
    throw Object.assign(new Error("not on FAT"), { code: "EPERM" });
  };
  linkSync.mockImplementationOnce(refuse).mockImplementationOnce(refuse);
  await writeWhole(at("a"), "one", false);
  expect(text("a")).toBe("one");
  await expect(writeWhole(at("a"), "two", false)).rejects.toMatchObject({ code: "cli.output-exists" });
  expect(fs.readdirSync(folder)).toEqual(["a"]);
});

test("a name as long as the file system allows is written", async () => {
  const name = "n".repeat(255);
  await writeWhole(at(name), "one", false);
  expect(text(name)).toBe("one");
});

test.each([
  ["under a file", "plain/x", "reason.ENOTDIR"],
  ["in no folder", "none/x", "reason.ENOENT"],
  ["a folder", ".", "reason.EISDIR"],
  ["a link to nothing", "dangling", "reason.dangling"],
  ["a name too long", "n".repeat(256), "reason.ENAMETOOLONG"],
])("%s is refused before the work, and after it, by name", async (_, name, detail) => {
  fs.writeFileSync(at("plain"), "");
  fs.symlinkSync("nowhere", at("dangling"));
  const refused = expect.objectContaining({ code: "cli.cannot-write", params: { file: at(name), detail } });
  expect(() => checkOutput(at(name), [], true)).toThrow(refused);
  await expect(writeWhole(at(name), "one", true)).rejects.toEqual(refused);
  expect(fs.readdirSync(folder).sort()).toEqual(["dangling", "plain"]);
});

test("an input is never the output, whatever it is called", () => {
  fs.writeFileSync(at("in"), "one");
  fs.symlinkSync("in", at("soft"));
  fs.linkSync(at("in"), at("hard"));
  for (const name of ["in", "./in", "soft", "hard"])
    expect(() => checkOutput(`${folder}/${name}`, [at("other"), at("in")], true), name).toThrow(/cli\.same-file/);
});

test("a file too large is refused before it is read", () => {
  fs.writeFileSync(at("huge"), "");
  fs.truncateSync(at("huge"), 600_000_000);
  expect(() => readFile(at("huge"))).toThrow(/cli\.too-large/);
});

test.runIf(POSIX).each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s during the write leaves nothing behind",
  async (signal) => {
    const script = `import { writeWhole } from "${ROOT}/host/cli/files.ts"; await writeWhole(process.argv[2], Buffer.alloc(6e8), false);`;
    fs.writeFileSync(at("write.mts"), script);
    const child = spawn(process.execPath, ["--import", "tsx", at("write.mts"), at("big")], {
      cwd: ROOT,
      stdio: "inherit",
    });
    const ended = once(child, "exit");
    while (!fs.readdirSync(folder).some((name) => name.endsWith(".tmp")) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill(signal);
    expect((await ended)[1]).toBe(signal);
    expect(fs.readdirSync(folder)).toEqual(["write.mts"]);
  },
);
