import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { LOADER_BOUNDARY } from "../../simulator/engines/loader.ts";
import { bundleForEspruino } from "./espruino/bundle.ts";
import { bundleReplayProgram } from "./replay-program.ts";

/** `npm run build`: the toolkit, the protocol package and the device bundle, under dist/. */
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const at = (file: string) => path.join(ROOT, file);

async function buildAll(): Promise<void> {
  // First what most often refuses, so that a refusal leaves the last build as it was.
  const bundle = await bundleForEspruino(at("firmware/boards/espruino/bracelet.ts"), ROOT);
  const loader = await bundleForEspruino(at("firmware/boards/espruino/loader.ts"), ROOT, LOADER_BOUNDARY);
  rmSync(at("dist"), { recursive: true, force: true });
  mkdirSync(at("dist/meta"), { recursive: true });
  await buildNode("host/cli/main.ts", "dist/host/cli.js", "cli");
  chmodSync(at("dist/host/cli.js"), 0o755);
  await buildNode("protocol/index.ts", "dist/protocol/index.js", "protocol");
  writeTypes();
  mkdirSync(at("dist/firmware"), { recursive: true });
  writeFileSync(at("dist/firmware/bracelet.espruino.js"), bundle.code);
  writeFileSync(at("dist/firmware/loader.espruino.js"), loader.code);
  writeFileSync(at("dist/firmware/bracelet.replay.js"), await bundleReplayProgram(ROOT));
  writeFileSync(at("dist/meta/bracelet.json"), JSON.stringify(bundle.metafile));
  process.stderr.write(`dist/firmware/bracelet.espruino.js ${bundle.code.length} bytes\n`);
  process.stderr.write(`dist/firmware/loader.espruino.js ${loader.code.length} bytes\n`);
}

async function buildNode(entry: string, outfile: string, name: string): Promise<void> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    metafile: true,
    logLevel: "warning",
    banner: name === "cli" ? { js: "#!/usr/bin/env node" } : {},
  });
  writeFileSync(at(`dist/meta/${name}.json`), JSON.stringify(result.metafile));
}

/** Declarations of the protocol package, for those who use it alone. */
function writeTypes(): void {
  const tsc = at("node_modules/typescript/bin/tsc");
  const options = [
    "--declaration",
    "--emitDeclarationOnly",
    "--noEmit",
    "false",
    "--rewriteRelativeImportExtensions",
    "--outDir",
    at("dist/protocol"),
    "--rootDir",
    at("protocol"),
  ];
  const settings = [
    "--target",
    "ES2022",
    "--module",
    "ESNext",
    "--moduleResolution",
    "Bundler",
    "--strict",
    "--skipLibCheck",
    "--types",
    "node",
  ];
  execFileSync(process.execPath, [tsc, "--ignoreConfig", ...options, ...settings, at("protocol/index.ts")], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

buildAll().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
