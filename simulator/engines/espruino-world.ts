/**
 * What Espruino 2v29 has of JavaScript's own library, found by 285 feature tests on its interpreter (design §5); what was
 * not found is not in here. The bundle's context is cut down to this table and the build's gate refuses names beyond it,
 * so that the two cannot disagree.
 */
export interface Builtin {
  /** Members of the object itself. */
  own: string[];
  /** Members of its prototype. */
  methods: string[];
}

const VIEW_METHODS = words(
  "buffer byteLength byteOffset every fill find findIndex forEach includes indexOf join length map reduce set slice sort subarray",
);
/** Eight widths of number; no 64-bit integers. */
const DATA_VIEW_METHODS = ["buffer", "byteLength", "byteOffset"].concat(
  words("Int8 Uint8 Int16 Uint16 Int32 Uint32 Float32 Float64").flatMap((width) => [`get${width}`, `set${width}`]),
);

/** Global name → what is there of it. `TypedArray` is no global: the common parent of the typed arrays. */
export const BUILTINS: Record<string, Builtin> = {
  Object: builtin(
    "assign create defineProperties defineProperty entries fromEntries getOwnPropertyDescriptor getOwnPropertyNames getPrototypeOf keys setPrototypeOf values",
    "__proto__ hasOwnProperty toString valueOf",
  ),
  Function: builtin("", "apply bind call toString"),
  Array: builtin(
    "isArray",
    "concat every fill filter find findIndex forEach includes indexOf join map pop push reduce reverse shift slice some sort splice toString unshift",
  ),
  TypedArray: { own: [], methods: VIEW_METHODS },
  ArrayBuffer: builtin("", "byteLength"),
  DataView: { own: [], methods: DATA_VIEW_METHODS },
  String: builtin(
    "fromCharCode",
    "charAt charCodeAt endsWith includes indexOf match padEnd padStart repeat replace replaceAll slice split startsWith substr substring toLowerCase toString toUpperCase trim valueOf",
  ),
  Number: builtin("MAX_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY", "toFixed toString valueOf"),
  Boolean: builtin("", "toString valueOf"),
  Math: builtin("E PI abs acos asin atan atan2 ceil cos exp floor log max min pow random round sign sin sqrt tan", ""),
  JSON: builtin("parse stringify", ""),
  // The limit is V8's own: without it a failure in the bundle would not say where.
  Error: builtin("stackTraceLimit", "message name toString"),
};

/** Globals with nothing of their own to look up. */
const PLAIN_GLOBALS = words(
  `NaN Infinity undefined isNaN isFinite parseInt parseFloat eval globalThis TypeError SyntaxError ReferenceError
  Uint8Array Int8Array Uint8ClampedArray Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array`,
);

/** Every global of the language that is there. The board's own (pins, timers, `require`) are no part of the language. */
export const GLOBALS = Object.keys(BUILTINS)
  .filter((name) => name !== "TypedArray")
  .concat(PLAIN_GLOBALS);

/** Members that any function or prototype has. */
const EVERYWHERE = ["constructor", "length", "name", "prototype"];

/** Names that the language knows as a built-in's method, by the engine that runs this, and that no object has there. */
export function absentMethods(): Set<string> {
  const there = new Set(EVERYWHERE.concat(...Object.values(BUILTINS).map((one) => one.methods)));
  const known = Object.keys(BUILTINS).flatMap((name) => Object.getOwnPropertyNames(prototypeOf(name) ?? {}));
  return new Set(known.filter((name) => !there.has(name)));
}

function prototypeOf(name: string): object | undefined {
  if (name === "TypedArray") return Object.getPrototypeOf(Uint8Array.prototype) as object;
  return (globalThis as unknown as Record<string, { prototype?: object }>)[name].prototype;
}

/** A program that takes everything else out of the global object it runs in. */
export function cutDownProgram(): string {
  return `(() => {
    const { getOwnPropertyNames, getPrototypeOf } = Object;
    const cut = (object, keep) => {
      for (const name of getOwnPropertyNames(object)) if (!keep.includes(name)) delete object[name];
    };
    const builtins = ${JSON.stringify(BUILTINS)};
    for (const name in builtins) {
      const object = name === "TypedArray" ? getPrototypeOf(Uint8Array) : globalThis[name];
      cut(object, builtins[name].own.concat(${JSON.stringify(EVERYWHERE)}));
      if (object.prototype) cut(object.prototype, builtins[name].methods.concat(${JSON.stringify(EVERYWHERE)}));
    }
    cut(globalThis, ${JSON.stringify(GLOBALS)});
    globalThis.global = globalThis;
  })()`;
}

function builtin(own: string, methods: string): Builtin {
  return { own: words(own), methods: words(methods) };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
