import vm from "node:vm";
export function createEspruinoContext(): vm.Context { return vm.createContext({}); }
