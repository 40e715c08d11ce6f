import * as acorn from "acorn";
import * as walk from "acorn-walk";

/** Espruino runs declarations where they stand, so functions move to the front of the body that holds them. */
export function hoistFunctions(code: string): string {
  const program = acorn.parse(code, { ecmaVersion: 2022, sourceType: "script" });
  const bodies: (acorn.Program | acorn.BlockStatement)[] = [];
  walk.full(program, (node) => {
    if (
      (node.type === "BlockStatement" || node.type === "Program") &&
      needsHoisting((node as acorn.BlockStatement).body)
    ) {
      bodies.push(node as acorn.Program | acorn.BlockStatement);
    }
  });
  const emitRange = (start: number, end: number, except?: acorn.Node): string => {
    const within = bodies.filter((b) => b !== except && b.start >= start && b.end <= end);
    const outermost = within.filter((b) => !within.some((o) => o !== b && o.start <= b.start && o.end >= b.end));
    let out = "";
    let at = start;
    for (const body of outermost.sort((a, b) => a.start - b.start)) {
      out += code.slice(at, body.start) + emitBody(body);
      at = body.end;
    }
    return out + code.slice(at, end);
  };
  const emitBody = (body: acorn.Program | acorn.BlockStatement): string => {
    const statements = body.body as acorn.Node[];
    const isDirective = (s: acorn.Node) => "directive" in s && s.directive !== undefined;
    const isFunction = (s: acorn.Node) => s.type === "FunctionDeclaration";
    const ordered = [
      ...statements.filter(isDirective),
      ...statements.filter(isFunction),
      ...statements.filter((s) => !isDirective(s) && !isFunction(s)),
    ];
    const text = ordered.map((s) => terminated(emitRange(s.start, s.end, body))).join("");
    return body.type === "Program" ? text : `{${text}}`;
  };
  return bodies.includes(program) ? emitBody(program) : emitRange(0, code.length);
}

function needsHoisting(body: acorn.Node[]): boolean {
  return body.some(
    (s, i) =>
      s.type === "FunctionDeclaration" &&
      body.slice(0, i).some((t) => t.type !== "FunctionDeclaration" && !("directive" in t)),
  );
}

function terminated(statement: string): string {
  return /[;}]\s*$/.test(statement) ? statement : `${statement};`;
}
