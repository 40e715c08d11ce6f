/**
 * What a TypeScript source imports, types too (esbuild's graph forgets those): the paths as written. A plain expression
 * is enough, since Biome keeps every import in one of three forms: `import`/`export … from "x"`, `import "x"`, `import("x")`.
 */
export function importsOf(source: string): string[] {
  return [...source.matchAll(/^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2],
  );
}
