import { build } from "esbuild";

/** The replay program: the machine and the reader of its journal in one script of the bare language, the same bytes at every build. */
export async function bundleReplayProgram(root: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ["simulator/replay/replay-program.ts"],
    bundle: true,
    format: "iife",
    charset: "ascii",
    legalComments: "none",
    target: "es2020",
    write: false,
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}
