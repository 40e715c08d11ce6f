import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { importsOf } from "../../host/build/imports.ts";
import { ROOT } from "../shared.ts";

/** Room → rooms that it may import (design §3). The device engine of the simulator is the way from host to firmware. */
const ALLOWED: Record<string, string[]> = {
  protocol: ["protocol"],
  firmware: ["firmware", "protocol"],
  simulator: ["simulator", "firmware", "protocol"],
  host: ["host", "simulator", "protocol"],
};

interface Graph {
  inputs: Record<string, { imports: { path: string; external?: boolean; kind?: string }[] }>;
}

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function wrongArrows(graph: Graph): { modules: number; wrong: string[] } {
  const room = (file: string) => file.split("/")[0];
  const ours = Object.keys(graph.inputs).filter((file) => room(file) in ALLOWED);
  const wrong = ours.flatMap((file) =>
    graph.inputs[file].imports
      .filter((to) => !(to.external ?? false) && !(ALLOWED[room(file)] ?? []).includes(room(to.path)))
      .map((to) => `${file} → ${to.path}`),
  );
  return { modules: ours.length, wrong };
}

async function graphOf(...entryPoints: string[]): Promise<Graph> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outdir: "out",
  });
  return metafile;
}

test("imports point one way through the rooms", async () => {
  const { modules, wrong } = wrongArrows(
    await graphOf("host/cli/main.ts", "protocol/index.ts", "firmware/boards/espruino/bracelet.ts"),
  );
  expect(modules).toBeGreaterThan(60);
  expect(wrong).toEqual([]);
});

/** Every import as written: esbuild's graph forgets what is imported for its type alone. */
function writtenArrows(): Graph {
  const files = Object.keys(ALLOWED).flatMap((room) =>
    readdirSync(path.join(ROOT, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => path.posix.join(room, file.split(path.sep).join("/"))),
  );
  const importsIn = (file: string) =>
    importsOf(readFileSync(path.join(ROOT, file), "utf8")).map((to) =>
      to.startsWith(".") ? { path: path.posix.join(path.posix.dirname(file), to) } : { path: to, external: true },
    );
  return { inputs: Object.fromEntries(files.map((file) => [file, { imports: importsIn(file) }])) };
}

test("types are imported along the same ways", () => {
  const written = writtenArrows();
  expect(wrongArrows(written).wrong).toEqual([]);
  // A path that leads nowhere would be a misread import.
  const paths = Object.values(written.inputs).flatMap((input) => input.imports);
  const ours = paths.filter((to) => !(to.external ?? false));
  expect(ours.filter((to) => !existsSync(path.join(ROOT, to.path)))).toEqual([]);
});

test("the written imports hold every import of the graph", async () => {
  const written = writtenArrows().inputs;
  for (const [file, input] of Object.entries((await graphOf("host/cli/main.ts")).inputs)) {
    if (!(file in written)) continue;
    const seen = written[file].imports.map((to) => to.path);
    expect(
      input.imports.map((to) => to.path).filter((to) => !seen.includes(to)),
      file,
    ).toEqual([]);
  }
});

test("every form of import is read", () => {
  const source = [
    'import { a } from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import {\n  type C,\n  c,\n} from "./c.ts";',
    'import * as d from "./d.ts";',
    'import "./e.ts";',
    'export { f } from "./f.ts";',
    'export type { G } from "./g.ts";',
    'const h = await import("./h.ts");',
    'type I = import("./i.ts").I;',
    'export const text = "from";',
    'export function j() { return "./j.ts"; }',
  ].join("\n");
  expect(importsOf(source)).toEqual("abcdefghi".split("").map((name) => `./${name}.ts`));
});

test("the toolkit needs no package beyond its dependencies, and an optional one only when asked for", async () => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as Manifest;
  const graph = await graphOf("host/cli/main.ts", "protocol/index.ts");
  const external = Object.values(graph.inputs).flatMap((input) => input.imports.filter((to) => to.external ?? false));
  const packages = external.filter((to) => !isBuiltin(to.path));
  expect(packages.length).toBeGreaterThan(1);
  const nameOf = (to: string) => to.split("/", to.startsWith("@") ? 2 : 1).join("/");
  const undeclared = packages.filter((to) => {
    const name = nameOf(to.path);
    const isLazy = to.kind === "dynamic-import" && name in (manifest.optionalDependencies ?? {});
    return !(name in manifest.dependencies) && !isLazy;
  });
  expect(undeclared.map((to) => to.path)).toEqual([]);
});

test("the check sees a wrong arrow", () => {
  const graph = {
    inputs: { "protocol/a.ts": { imports: [{ path: "firmware/b.ts" }] }, "firmware/b.ts": { imports: [] } },
  };
  expect(wrongArrows(graph).wrong).toEqual(["protocol/a.ts → firmware/b.ts"]);
});

test("the device image takes nothing from npm or Node, and the protocol stands alone", async () => {
  for (const [entry, rooms] of [
    ["firmware/boards/espruino/bracelet.ts", ["firmware", "protocol"]],
    ["protocol/index.ts", ["protocol"]],
  ] as const) {
    const graph = await graphOf(entry);
    const files = Object.keys(graph.inputs);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !(rooms as readonly string[]).includes(file.split("/")[0]))).toEqual([]);
    expect(Object.values(graph.inputs).flatMap((input) => input.imports.filter((i) => i.external))).toEqual([]);
  }
});

test("every dependency has its reason in the README", () => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as Manifest;
  const readme = readFileSync(`${ROOT}/README.md`, "utf8");
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
