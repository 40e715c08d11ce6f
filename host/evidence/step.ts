/** What a verifier did, one after another; a later step says nothing where an earlier one failed. */
export type StepName = "form" | "signature" | "orders" | "chain" | "tree" | "replay";

export type Params = Readonly<Record<string, string | number>>;

/** `code` names the words in the catalogues, which `params` fill. `not-done` is never a pass. */
export interface Step {
  step: StepName;
  outcome: "passed" | "failed" | "not-done";
  code: string;
  params: Params;
}

export function passed(step: StepName, code: string, params: Params = {}): Step {
  return { step, outcome: "passed", code, params };
}

export function failed(step: StepName, code: string, params: Params = {}): Step {
  return { step, outcome: "failed", code, params };
}

export function notDone(step: StepName, code: string, params: Params = {}): Step {
  return { step, outcome: "not-done", code, params };
}
