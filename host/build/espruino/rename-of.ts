import * as acorn from "acorn";
import * as walk from "acorn-walk";

/** An identifier named `of` does not parse on Espruino (design §5), and shortening makes one of every pair of letters. */
export function renameOf(code: string): string {
  const places: number[] = [];
  const taken = new Set<string>();
  walk.full(acorn.parse(code, { ecmaVersion: 2022, sourceType: "script" }), (node) => {
    if (node.type !== "Identifier") return;
    const { name } = node as acorn.Identifier;
    taken.add(name);
    if (name === "of") places.push(node.start);
  });
  let name = "o_";
  while (taken.has(name)) name += "_";
  let out = "";
  let at = 0;
  for (const place of [...new Set(places)].sort((a, b) => a - b)) {
    out += code.slice(at, place) + name;
    at = place + 2;
  }
  return out + code.slice(at);
}
