/** Later than any time: a plain integer that doubles hold exactly. Milliseconds. */
export const NEVER_MS = 9_000_000_000_000;
