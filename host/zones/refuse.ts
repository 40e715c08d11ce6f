import type { en } from "../cli/messages.en.ts";

/** Why something is refused: a text of the catalogue, for the `detail` of an error. */
export type Reason = Extract<keyof typeof en, `reason.${string}`>;

export type Params = Record<string, string | number>;

/** Ends the reading with a reason and what fills its text. */
export type Refuse = (reason: Reason, params?: Params) => never;
