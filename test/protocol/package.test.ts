import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../shared.ts";

/** The protocol package as somebody else gets it: packed, unpacked, and everything but dist/protocol thrown away. */
let project = "";

beforeAll(() => {
  const built = path.join(ROOT, "dist/protocol/index.js");
  if (!existsSync(built)) throw new Error("no dist/: run npm run build first");
  if (statSync(built).mtimeMs < newestSourceMs()) throw new Error("dist/ is older than protocol/: run npm run build");
  project = mkdtempSync(path.join(tmpdir(), "omamori-package-"));
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], {
    cwd: ROOT,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  mkdirSync(path.join(project, "node_modules"));
  execFileSync("tar", ["-xzf", path.join(project, packed.trim()), "-C", path.join(project, "node_modules")]);
  const installed = path.join(project, "node_modules/omamori");
  renameSync(path.join(project, "node_modules/package"), installed);
  for (const name of readdirSync(installed))
    if (name !== "dist" && name !== "package.json") rmSync(path.join(installed, name), { recursive: true });
  for (const name of readdirSync(path.join(installed, "dist")))
    if (name !== "protocol") rmSync(path.join(installed, "dist", name), { recursive: true });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function newestSourceMs(): number {
  const files = readdirSync(path.join(ROOT, "protocol"), { recursive: true, encoding: "utf8" });
  const times = files.filter((f) => f.endsWith(".ts")).map((f) => statSync(path.join(ROOT, "protocol", f)).mtimeMs);
  return Math.max(...times);
}

/** Runs a module in the project; what it prints is JSON. */
function run(body: string): unknown {
  const source = `import { encode, decode, ProtocolError } from "omamori/protocol";
const refusal = (f) => { try { f(); return "accepted"; } catch (e) { return [e instanceof ProtocolError, e.code, e.offset]; } };
const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
${body}`;
  writeFileSync(path.join(project, "use.mjs"), source);
  return JSON.parse(execFileSync(process.execPath, ["use.mjs"], { cwd: project, encoding: "utf8" }));
}

test("the built package is one file that imports nothing", () => {
  const files = readdirSync(path.join(project, "node_modules/omamori/dist/protocol"), {
    recursive: true,
    encoding: "utf8",
  });
  expect(files.filter((f) => /\.[cm]?js$/.test(f))).toEqual(["index.js"]);
  expect(
    run(`import { readFileSync } from "node:fs";
    const code = readFileSync(new URL(import.meta.resolve("omamori/protocol")), "utf8");
    console.log(JSON.stringify(code.match(/^\\s*import\\b.*|\\brequire\\(|\\bimport\\(/gm) ?? []));`),
  ).toEqual([]);
});

test("it encodes and decodes by the rules it promises", () => {
  const answer = run(`
    const map = decode(encode(new Map([["b", Uint8Array.of(1, 2)], [1, 2n ** 60n], [-1, [true, null, "水"]]])));
    console.log(JSON.stringify({
      map: map instanceof Map,
      keys: [...map.keys()],
      bytes: Object.getPrototypeOf(map.get("b")) === Uint8Array.prototype,
      wide: typeof map.get(1), narrow: typeof decode(hex("1b001fffffffffffff")),
      edge: String(decode(hex("1b0020000000000000"))), list: map.get(-1),
      written: Buffer.from(encode(new Map([["aa", 1], ["b", 2], [10, 5]]))).toString("hex"),
    }));`);
  expect(answer).toEqual({
    map: true,
    keys: [1, -1, "b"],
    bytes: true,
    wide: "bigint",
    narrow: "number",
    edge: "9007199254740992",
    list: [true, null, "水"],
    written: "a30a0561620262616101",
  });
});

test("a violation throws ProtocolError with code and offset", () => {
  const answer = run(`console.log(JSON.stringify([
    refusal(() => decode(hex("0000"))), refusal(() => decode(hex("820118"))), refusal(() => decode(hex("1817"))),
    refusal(() => decode(hex("a201010102"))), refusal(() => decode(undefined)), refusal(() => encode(1.5)),
  ]));`);
  expect(answer).toEqual([
    [true, "cbor.trailing-bytes", 1],
    [true, "cbor.truncated", 2],
    [true, "cbor.non-shortest", 0],
    [true, "cbor.duplicate-key", 3],
    [true, "cbor.not-bytes", 0],
    [true, "cbor.float", 0],
  ]);
});

test("its declarations stand alone", () => {
  const source = `import { type CborValue, decode, type Decoded, decodeFix, encode, type Fix, ProtocolError } from "omamori/protocol";
export const value: CborValue = decode(encode([1, "two"]));
export const fix: Decoded<Fix> = decodeFix(encode(value));
export const code: string = new ProtocolError("cbor.float", 0).code;
`;
  writeFileSync(path.join(project, "use.mts"), source);
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "use.mts"];
  expect(execFileSync(process.execPath, [tsc, ...options], { cwd: project, encoding: "utf8" })).toBe("");
});
