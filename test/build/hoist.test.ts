import vm from "node:vm";
import { expect, test } from "vitest";
import { hoistFunctions } from "../../host/build/espruino/hoist.ts";
import { runUnhoisted, withoutHoisting } from "./unhoisted.ts";

test("the emulation does not hoist", () => {
  expect(() => runUnhoisted("f();function f(){}")).toThrow("f is not a function");
  expect(runUnhoisted("function f(){return 1}f();")).toBe(1);
});

test.each([
  ["var x=f();function f(){return 1}x", 1],
  ["(()=>{'use strict';return g();function g(){return 2}})();", 2],
  ["function f(){return h();function h(){return i();function i(){return 3}}}f();", 3],
  ["if(true){f();function f(){}}4", 4],
  // A line's end closed these; in their new place nothing does.
  ["var x={b:1}\nfunction f(){return x}\nf().b", 1],
  ["g()\nvar x={b:1}\nfunction g(){}\n(1,x).b", 1],
  ["if(true)var x={b:5}\nfunction f(){}\n[x][0].b", 5],
  ["var x=function(){}\nfunction f(){return 6}\nf()", 6],
  ["do var x=7;while(false)\nfunction f(){}\nx", 7],
  ["'use strict'\nvar x=8\nfunction f(){}\nx", 8],
])("functions come before what uses them: %s", (code, value) => {
  expect(runUnhoisted(hoistFunctions(code))).toBe(value);
});

test("what needs no hoisting stays as it is", () => {
  for (const code of ["function f(){}f();", "'use strict';function f(){}f();", "var x=1;"])
    expect(hoistFunctions(code)).toBe(code);
});

test("without functions between them, statements keep their meaning", () => {
  const code = "var x={b:1}\nfunction f(){return x.b}\nclass A{}\ntry{x.b=2}catch{}\nx.c=f()";
  expect(vm.runInNewContext(`${hoistFunctions(code)};x.c`)).toBe(2);
  expect(withoutHoisting(code)).toContain("f=function");
});
