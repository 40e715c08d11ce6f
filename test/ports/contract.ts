import { describe, test } from "vitest";

/** What must hold for every implementation of a port, in a sentence, and how to see whether it does. */
export interface Rule<Subject> {
  says: string;
  check: (make: () => Subject) => void;
}

/** One test a rule. `make` gives a fresh subject each time it is called. */
export function holdTo<Subject>(name: string, rules: Rule<Subject>[], make: () => Subject): void {
  describe(name, () => {
    for (const rule of rules) test(rule.says, () => rule.check(make));
  });
}

/** The first rule that a subject breaks: a contract that nothing can break is none. */
export function firstBroken<Subject>(rules: Rule<Subject>[], make: () => Subject): string | undefined {
  return rules.find((rule) => breaks(rule, make))?.says;
}

function breaks<Subject>(rule: Rule<Subject>, make: () => Subject): boolean {
  try {
    rule.check(make);
    return false;
  } catch {
    return true;
  }
}
