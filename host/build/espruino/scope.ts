import type * as acorn from "acorn";
import * as walk from "acorn-walk";

/** The names that each scope of a program declares; a scope is the node that opens it. */
export type Scopes = Map<acorn.Node, Set<string>>;

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
const LOOPS = ["ForStatement", "ForInStatement", "ForOfStatement", "WhileStatement", "DoWhileStatement"];
const BLOCKS = FUNCTIONS.concat(LOOPS, ["Program", "BlockStatement", "SwitchStatement", "CatchClause", "StaticBlock"]);

/** Where `var` is declared. */
const BODIES = FUNCTIONS.concat("Program");

export function findScopes(program: acorn.Program): Scopes {
  const scopes: Scopes = new Map();
  const declare = (scope: acorn.Node, pattern: acorn.Node | null | undefined) => {
    const names = scopes.get(scope) ?? new Set();
    scopes.set(scope, names);
    if (pattern) walk.full(pattern, (node) => isIdentifier(node) && names.add(node.name));
  };
  walk.fullAncestor(program, (any, ancestors: acorn.Node[]) => {
    const node = any as acorn.AnyNode;
    const outside = ancestors.slice(0, -1).reverse();
    switch (node.type) {
      case "VariableDeclaration":
        for (const one of node.declarations) declare(innermost(outside, node.kind === "var" ? BODIES : BLOCKS), one.id);
        break;
      case "FunctionDeclaration":
      case "ClassDeclaration":
        declare(innermost(outside, BLOCKS), node.id);
        break;
      case "FunctionExpression":
      case "ClassExpression":
        declare(node, node.id);
        break;
      case "CatchClause":
        declare(node, node.param);
        break;
      case "ImportDeclaration":
        for (const one of node.specifiers) declare(program, one.local);
        break;
    }
    if (!isFunction(node)) return;
    declare(node, undefined);
    for (const param of node.params) declare(node, param);
    if (node.type !== "ArrowFunctionExpression") scopes.get(node)?.add("arguments");
  });
  return scopes;
}

/** Where in `chain` (a node, then what holds it, outwards) the name is declared; −1: nowhere, so it is a global. */
export function declaredAt(name: string, chain: acorn.Node[], scopes: Scopes): number {
  return chain.findIndex((node) => scopes.get(node)?.has(name) ?? false);
}

/** Whether a function in a loop holds on to a name that the loop declares anew on each turn. */
export function outlivesTurn(chain: acorn.Node[], declared: number): boolean {
  const outwards = chain.slice(declared);
  const body = outwards.findIndex(isFunction);
  const turn = body < 0 ? outwards : outwards.slice(0, body);
  return turn.some((node) => LOOPS.includes(node.type)) && chain.slice(0, declared).some(isFunction);
}

export function isFunction(node: acorn.Node): node is acorn.Function {
  return FUNCTIONS.includes(node.type);
}

function isIdentifier(node: acorn.Node): node is acorn.Identifier {
  return node.type === "Identifier";
}

function innermost(outside: acorn.Node[], types: string[]): acorn.Node {
  return outside.find((node) => types.includes(node.type)) ?? outside[outside.length - 1];
}
