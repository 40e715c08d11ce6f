import { readFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile, transform } from "esbuild";
import { checkDeviceCode } from "./check.ts";
import { hoistFunctions } from "./hoist.ts";
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

export interface DeviceBundle {
  code: string;
  metafile: Metafile;
}

/** Bundles a device image: source gate, esbuild, hoisting, check of the result. Throws with file and line on a violation. */
export async function bundleForEspruino(entry: string, root: string): Promise<DeviceBundle> {
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
  // Not minifySyntax: it folds a ratio of integers into a decimal that engines may read differently.
  const result = await build({
    ...settings,
    target: "es2015",
    supported: SUPPORTED,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    treeShaking: true,
    logLevel: "warning",
    tsconfigRaw: TS_SETTINGS,
  });
  const code = hoistFunctions(result.outputFiles[0].text);
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
  const lookUp = sourceLines(map);
  const kind = { sourceType: "module" as const, board: file.startsWith(BOARD) };
  return checkDeviceCode(code, kind).map((f) => `${file}:${lookUp(f.line, f.column)} ${f.rule}: ${f.message}`);
}

/** Line and column in the source for a place in the output; from the map's base64 VLQ segments. */
function sourceLines(map: string): (line: number, column: number) => string {
  const { mappings } = JSON.parse(map) as { mappings: string };
  const table: [number, number, number][][] = [];
  let line = 0;
  let column = 0;
  for (const row of mappings.split(";")) {
    let out = 0;
    const segments: [number, number, number][] = [];
    for (const segment of row === "" ? [] : row.split(",")) {
      const values = decodeVlq(segment);
      out += values[0];
      line += values[2] ?? 0;
      column += values[3] ?? 0;
      segments.push([out, line, column]);
    }
    table.push(segments);
  }
  return (atLine, atColumn) => {
    const segments = table[atLine - 1] ?? [];
    const hit = segments.filter((s) => s[0] <= atColumn - 1).at(-1) ?? segments[0];
    return hit ? `${hit[1] + 1}:${hit[2] + 1}` : `${atLine}:${atColumn}`;
  };
}

function features(names: string, supported: boolean): Record<string, boolean> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, supported]));
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeVlq(segment: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of segment) {
    const digit = BASE64.indexOf(char);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return values;
}
