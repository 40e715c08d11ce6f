import vm from "node:vm";
import * as acorn from "acorn";
import * as walk from "acorn-walk";

/** The program as an interpreter runs it that does not hoist: each declaration takes effect where it stands. */
export function withoutHoisting(code: string): string {
  const edits: { at: number; text: string }[] = [];
  walk.full(acorn.parse(code, { ecmaVersion: 2022, sourceType: "script" }), (node) => {
    if (node.type !== "FunctionDeclaration") return;
    const { name } = (node as acorn.FunctionDeclaration).id;
    edits.push({ at: node.start, text: `var ${name}=` }, { at: node.end, text: ";" });
  });
  // From the back, so that places stay true; at one place a `;` goes before what follows it.
  return edits
    .sort((a, b) => b.at - a.at || (a.text === ";" ? 1 : -1))
    .reduce((out, { at, text }) => out.slice(0, at) + text + out.slice(at), code)
    .replace(/var (\w+)=function \1\(/g, "var $1=function(");
}

export function runUnhoisted(code: string): unknown {
  return vm.runInNewContext(withoutHoisting(code));
}
