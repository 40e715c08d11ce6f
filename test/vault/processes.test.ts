import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { firstBroken } from "../../host/vault/audit.ts";
import { createVault, openVault, recordUse } from "../../host/vault/vault.ts";
import { ROOT } from "../shared.ts";

const PASSPHRASE = Uint8Array.from(Buffer.from("correct horse battery staple"));
let folder = "";
let file = "";

/** Records so many uses, one after the other, as a process of its own; says so when it begins. */
const PROGRAM = `
import { openVault, recordUse } from "${path.join(ROOT, "host/vault/vault.ts")}";
const [file, name, count] = process.argv.slice(2);
const vault = openVault(file, Uint8Array.from(Buffer.from("correct horse battery staple")));
process.stdout.write("begun");
for (let i = 0; i < Number(count); i++) recordUse(vault, "test.use", name + "-" + i);
`;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(tmpdir(), "omamori-processes-"));
  await build({
    stdin: { contents: PROGRAM, resolveDir: ROOT, loader: "ts" },
    outfile: path.join(folder, "use.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  file = path.join(folder, `${Math.random().toString(36).slice(2)}.vault`);
  createVault(file, PASSPHRASE, { logN: 4 });
});

function use(name: string, count: number): ChildProcess {
  return spawn(process.execPath, [path.join(folder, "use.mjs"), file, name, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function devicesOnRecord(): string[] {
  return openVault(file, PASSPHRASE).look(({ audit }) => {
    expect(firstBroken(audit)).toBeUndefined();
    return audit.flatMap(({ device }) => device ?? []);
  });
}

test("four processes that write at once lose nothing", async () => {
  const children = ["a", "b", "c", "d"].map((name) => use(name, 15));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
  expect(codes).toEqual([0, 0, 0, 0]);
  const expected = ["a", "b", "c", "d"].flatMap((name) => Array.from({ length: 15 }, (_, i) => `${name}-${i}`));
  expect(devicesOnRecord().sort()).toEqual(expected.sort());
});

test("a process killed at any moment leaves a vault that opens, and no lock that holds", async () => {
  for (let turn = 0; turn < 6; turn++) {
    const child = use(`turn${turn}`, 100_000);
    await once(child.stdout!, "data");
    await new Promise((resolve) => setTimeout(resolve, 20 + 17 * turn));
    child.kill("SIGKILL");
    await once(child, "exit");
    const seen = devicesOnRecord().filter((device) => device.startsWith(`turn${turn}-`));
    expect(seen).toEqual(seen.map((_, i) => `turn${turn}-${i}`));
    recordUse(openVault(file, PASSPHRASE), "test.use", "after");
  }
  expect(devicesOnRecord().filter((device) => device === "after").length).toBe(6);
});

test("a lock whose process is gone, and one that nobody finished, are taken away; what lay half-written is written anew", async () => {
  const gone = use("gone", 0);
  await once(gone, "exit");
  fs.writeFileSync(`${file}.lock`, `${hostname()} ${gone.pid}`);
  fs.writeFileSync(`${file}.new`, "half a vau");
  recordUse(openVault(file, PASSPHRASE), "test.use", "one");
  fs.writeFileSync(`${file}.lock`, "");
  fs.utimesSync(`${file}.lock`, 1, 1);
  recordUse(openVault(file, PASSPHRASE), "test.use", "two");
  expect(devicesOnRecord()).toEqual(["one", "two"]);
  expect(fs.readdirSync(folder).filter((name) => name.startsWith(path.basename(file)))).toEqual([path.basename(file)]);
});

test("who finds it locked waits until it is free", async () => {
  fs.writeFileSync(`${file}.lock`, `${hostname()} ${process.pid}`);
  const child = use("patient", 1);
  await once(child.stdout!, "data");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(child.exitCode).toBeNull();
  expect(devicesOnRecord()).toEqual([]);
  fs.rmSync(`${file}.lock`);
  expect((await once(child, "exit"))[0]).toBe(0);
  expect(devicesOnRecord()).toEqual(["patient-0"]);
});
