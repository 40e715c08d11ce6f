import { createHash } from "node:crypto";
import type { Effect } from "../../firmware/bracelet/effects.ts";

/** Every effect of a run in one hash: the same seed twice, or two engines, must give the same. */
export interface EffectLog {
  note(effect: Effect, nowMs: number): void;
  /** SHA-256, hex. */
  digest(): string;
}

/** `onLine` sees the canonical line of each effect; for comparing two engines line by line. */
export function createEffectLog(onLine?: (line: string) => void): EffectLog {
  const hash = createHash("sha256");
  return {
    note(effect, nowMs) {
      const line = `${nowMs} ${canonical(effect)}\n`;
      hash.update(line);
      onLine?.(line);
    },
    digest: () => hash.digest("hex"),
  };
}

/** JSON with bytes in hex. The order of keys is the order in which the device wrote them, and part of the comparison. */
function canonical(effect: Effect): string {
  if (effect.kind === "journal.append")
    return `{"kind":"journal.append","record":${effect.record},"body":"${Buffer.from(effect.body).toString("hex")}"}`;
  return JSON.stringify(effect);
}
