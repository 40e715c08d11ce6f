import vm from "node:vm";
import { cutDownProgram } from "./espruino-world.ts";

/** A context whose globals are cut down to what Espruino has. `global` is its global object, as there. */
export function createEspruinoContext(): vm.Context {
  // Without a prototype: that of a plain object would be Node's, and lead out of the context.
  const context = vm.createContext(Object.create(null) as object);
  vm.runInContext(cutDownProgram(), context);
  return context;
}

/**
 * Takes the shell's values into the context: what the bundle is handed has the context's cut-down prototypes, not Node's.
 * Arrays and plain objects are copied; functions are wrapped, and still fill the caller's own arrays.
 */
export function createAdopter(context: vm.Context): <T>(value: T) => T {
  return vm.runInContext(ADOPTER, context) as <T>(value: T) => T;
}

const ADOPTER = `(() => {
  const views = { Uint8Array, Int32Array, Float64Array };
  const adopt = (value, owner) => {
    if (typeof value === "function") return (...args) => adopt(value.apply(owner, args));
    if (typeof value !== "object" || value === null) return value;
    if (typeof value.byteLength === "number") return new (views[value.constructor.name] || Uint8Array)(value);
    const copy = Array.isArray(value) ? [] : {};
    for (const key in value) copy[key] = adopt(value[key], value);
    return copy;
  };
  return adopt;
})()`;
