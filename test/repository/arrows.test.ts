import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { ROOT } from "../shared.ts";

/** Room → rooms that it may import (design §3). The device engine of the simulator is the way from host to firmware. */
const ALLOWED: Record<string, string[]> = {
  protocol: ["protocol"],
  firmware: ["firmware", "protocol"],
  simulator: ["simulator", "firmware", "protocol"],
  host: ["host", "simulator", "protocol"],
};

interface Graph {
  inputs: Record<string, { imports: { path: string; external?: boolean }[] }>;
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
  const manifest = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as {
    dependencies: object;
    devDependencies: object;
  };
  const readme = readFileSync(`${ROOT}/README.md`, "utf8");
  const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
