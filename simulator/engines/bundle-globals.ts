import vm from "node:vm";

/** Global names that Espruino 2v29 has; everything else is taken out of the context in which the bundle runs. */
const GLOBALS = [
  ...[
    "Object",
    "Function",
    "Array",
    "Boolean",
    "Number",
    "String",
    "Math",
    "JSON",
    "Error",
    "TypeError",
    "SyntaxError",
    "ReferenceError",
  ],
  ...[
    "ArrayBuffer",
    "Uint8Array",
    "Int8Array",
    "Uint16Array",
    "Int16Array",
    "Uint32Array",
    "Int32Array",
    "Float32Array",
    "Float64Array",
    "Uint8ClampedArray",
    "DataView",
  ],
  ...["NaN", "Infinity", "undefined", "isNaN", "isFinite", "parseInt", "parseFloat", "eval", "globalThis"],
];

/** Methods that Espruino lacks, by the object that has them in Node. */
const ABSENT: Record<string, string[]> = {
  "Array.prototype": [
    "flat",
    "flatMap",
    "at",
    "lastIndexOf",
    "reduceRight",
    "findLast",
    "findLastIndex",
    "copyWithin",
    "entries",
    "keys",
    "values",
    "toSorted",
    "toReversed",
    "with",
    "toSpliced",
  ],
  Array: ["from", "of", "fromAsync"],
  "Object.getPrototypeOf(Uint8Array.prototype)": [
    "slice",
    "at",
    "copyWithin",
    "findLast",
    "findLastIndex",
    "lastIndexOf",
    "toSorted",
    "toReversed",
    "with",
  ],
  "Object.getPrototypeOf(Uint8Array)": ["from", "of"],
  "ArrayBuffer.prototype": ["slice", "resize", "transfer"],
  "String.prototype": ["matchAll", "normalize", "codePointAt", "localeCompare", "at", "isWellFormed", "toWellFormed"],
  String: ["raw", "fromCodePoint"],
  Math: [
    "trunc",
    "hypot",
    "imul",
    "log2",
    "log10",
    "cbrt",
    "expm1",
    "log1p",
    "sinh",
    "cosh",
    "tanh",
    "fround",
    "clz32",
  ],
  Number: ["isInteger", "isSafeInteger", "isFinite", "isNaN", "parseFloat", "parseInt"],
  "Number.prototype": ["toPrecision"],
  Object: ["freeze", "isFrozen", "seal", "is", "fromEntries", "groupBy"],
};

/** A context whose globals are cut down to what Espruino has. `global` is its global object, as there. */
export function createEspruinoContext(): vm.Context {
  const context = vm.createContext({});
  const cut = `(() => {
    const keep = ${JSON.stringify(GLOBALS)};
    ${Object.entries(ABSENT)
      .map(([owner, names]) => `for (const name of ${JSON.stringify(names)}) delete ${owner}[name];`)
      .join("\n")}
    globalThis.global = globalThis;
    for (const name of Object.getOwnPropertyNames(globalThis)) if (name !== "global" && !keep.includes(name)) delete globalThis[name];
  })()`;
  vm.runInContext(cut, context);
  return context;
}
