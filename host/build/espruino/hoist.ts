import * as acorn from "acorn";
import * as walk from "acorn-walk";

type Body = acorn.Program | acorn.BlockStatement;

/** Espruino runs declarations where they stand, so functions move to the front of the body that holds them. */
export function hoistFunctions(code: string): string {
  const program = acorn.parse(code, { ecmaVersion: 2022, sourceType: "script" });
  const bodies: Body[] = [];
  walk.full(program, (node) => {
    if ((node.type === "BlockStatement" || node.type === "Program") && needsHoisting(node as Body))
      bodies.push(node as Body);
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
  const emitBody = (body: Body): string => {
    const statements: acorn.Node[] = body.body;
    const ordered = statements
      .filter(isDirective)
      .concat(statements.filter(isFunction))
      .concat(statements.filter((s) => !isDirective(s) && !isFunction(s)));
    const text = ordered.map((s) => emitRange(s.start, s.end, body) + terminator(s, code)).join("");
    return body.type === "Program" ? text : `{${text}}`;
  };
  return bodies.includes(program) ? emitBody(program) : emitRange(0, code.length);
}

/** Whether a function is declared after something has already run. */
export function needsHoisting(body: Body): boolean {
  const statements: acorn.Node[] = body.body;
  return statements.some(
    (s, i) => isFunction(s) && statements.slice(0, i).some((t) => !isFunction(t) && !isDirective(t)),
  );
}

/** A statement that a line's end closed (`var x={b:1}`) would run into its new neighbour. */
function terminator(statement: acorn.Node, code: string): string {
  const closesItself = /^(Function|Class)Declaration$|^(Block|Try|Switch)Statement$/.test(statement.type);
  return closesItself || code[statement.end - 1] === ";" ? "" : ";";
}

function isDirective(statement: acorn.Node): boolean {
  return "directive" in statement && statement.directive !== undefined;
}

function isFunction(statement: acorn.Node): boolean {
  return statement.type === "FunctionDeclaration";
}
