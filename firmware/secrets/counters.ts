import { uint32Bytes } from "../../protocol/bytes.ts";
import { numberAt } from "../lib/big-end.ts";
import type { Secrets } from "../ports/secrets.ts";

/**
 * Counters that only ever go up: downlinks, image rollback, assignments. They lie where nobody can rewind them; what was
 * taken once is refused when it comes again.
 */
const COUNTER_BYTES = 4;

/** 0 where nothing stands, or nothing that is a counter. */
export function readCounter(secrets: Secrets, slot: number): number {
  const bytes = secrets.read(slot);
  if (bytes === undefined || bytes.length !== COUNTER_BYTES) return 0;
  return numberAt(bytes, 0, COUNTER_BYTES);
}

/** Raises to a uint32 and is durable on return. False: it stands higher already, or could not be written. */
export function raiseCounter(secrets: Secrets, slot: number, value: number): boolean {
  const standing = readCounter(secrets, slot);
  if (value <= standing) return value === standing;
  return secrets.write(slot, uint32Bytes(value));
}
