/** What happened to something sealed that honest wear and weather do not bring about; other findings are only journalled. */
const GRAVE = [".forged", ".rewound", ".rolled-back", ".damaged"];

/** A finding's code, as rooms name them: `journal.rewound`. */
export function isGrave(reason: string): boolean {
  for (const ending of GRAVE) if (reason.endsWith(ending)) return true;
  return false;
}
