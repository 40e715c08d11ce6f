import { readFileSync } from "node:fs";
import path from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { build, type Metafile, transform } from "esbuild";
import { BOUNDARY } from "../../../simulator/engines/bundle-boundary.ts";
import { absentMethods, BUILTINS } from "../../../simulator/engines/espruino-world.ts";
import { aliasRepeats } from "./alias-repeats.ts";
import { checkDeviceCode } from "./check.ts";
import { hoistFunctions } from "./hoist.ts";
import { renameOf } from "./rename-of.ts";
import { BOARD, deviceSources } from "./sources.ts";

/** What esbuild may leave in the code, measured on Espruino 2v29… */
const KEPT = `arrow class const-and-let for-of nullish-coalescing object-accessors object-extensions
  optional-catch-binding template-literal`;
/** …and what it lowers or refuses. */
const LOWERED = `array-spread async-await async-generator bigint class-field class-private-field class-private-method
  class-static-blocks class-static-field decorators default-argument destructuring dynamic-import exponent-operator
  for-await generator import-meta logical-assignment new-target object-rest-spread optional-chain rest-argument
  top-level-await unicode-escapes using`;
const SUPPORTED = { ...features(KEPT, true), ...features(LOWERED, false) };

const TS_SETTINGS = { compilerOptions: { useDefineForClassFields: false, target: "ES2022" } };

/** What the engine calls its own things by. */
const ENGINE_NAMES = Object.values(BUILTINS).flatMap(({ own, methods }) => own.concat(methods));

/** What shortening must not call anything: a name that another engine's methods have would be refused by the check. */
const TAKEN = Object.fromEntries([...absentMethods()].map((name, i) => [`taken ${i}`, name]));

export interface DeviceBundle {
  code: string;
  metafile: Metafile;
}

/**
 * Bundles a device image: source gate, esbuild, hoisting, check of the result. Throws with file and line on a violation.
 * `boundary`: names of properties by which image and board call one another; every other one is shortened.
 */
export async function bundleForEspruino(entry: string, root: string, boundary = BOUNDARY): Promise<DeviceBundle> {
  const settings = {
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    format: "iife" as const,
    charset: "ascii" as const,
    legalComments: "none" as const,
    write: false as const,
    metafile: true as const,
  };
  // First without lowering, only to learn which files are in it: the gate judges what was written.
  const graph = await build({ ...settings, target: "es2022", logLevel: "silent" });
  await gateSources(deviceSources(root, Object.keys(graph.metafile.inputs)), root);
  const result = await build({
    ...settings,
    target: "es2015",
    supported: SUPPORTED,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    // Where it folds a ratio of integers into a decimal, the check below refuses it: `ratio` of lib/trig is for those.
    minifySyntax: true,
    // Names cost a third of the code; those that the engine or the board calls stay.
    mangleProps: /^[a-z]/,
    reserveProps: new RegExp(`^(?:${ENGINE_NAMES.concat(boundary).join("|")})$`),
    mangleCache: TAKEN,
    treeShaking: true,
    logLevel: "warning",
    tsconfigRaw: TS_SETTINGS,
  });
  const code = hoistFunctions(aliasRepeats(renameOf(result.outputFiles[0].text)));
  const findings = checkDeviceCode(code, { sourceType: "script", board: true });
  if (findings.length > 0)
    throw new Error(`bundle.check: ${findings.map((f) => `${f.line}:${f.column} ${f.rule}: ${f.message}`).join("\n")}`);
  return { code, metafile: result.metafile };
}

/** Refuses source that the device could not run, all findings at once, each with file and line. */
export async function gateSources(files: string[], root: string): Promise<void> {
  const lines: string[] = [];
  for (const file of files) lines.push(...(await gateFile(readFileSync(path.join(root, file), "utf8"), file)));
  if (lines.length > 0) throw new Error(`gate: the device cannot run this\n${lines.join("\n")}`);
}

/** Findings in one TypeScript source, as `file:line:column rule: message`. */
export async function gateFile(source: string, file: string): Promise<string[]> {
  // Types are taken out line by line: the map leads back to what was written.
  const { code, map } = await transform(source, {
    loader: "ts",
    target: "es2022",
    sourcemap: "external",
    sourcefile: file,
    // Class fields stay what they are, so that they are seen.
    tsconfigRaw: { compilerOptions: { target: "ES2022", useDefineForClassFields: true, verbatimModuleSyntax: true } },
  });
  const written = new TraceMap(map);
  const kind = { sourceType: "module" as const, board: file.startsWith(BOARD) };
  return checkDeviceCode(code, kind).map((f) => {
    const at = originalPositionFor(written, { line: f.line, column: f.column - 1 });
    const place = at.line === null ? `${f.line}:${f.column}` : `${at.line}:${at.column + 1}`;
    return `${file}:${place} ${f.rule}: ${f.message}`;
  });
}

function features(names: string, supported: boolean): Record<string, boolean> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, supported]));
}
