import { equalBytes, joinBytes } from "../../protocol/bytes.ts";
import { ORDER_PLACE_BYTES, SEALED_ORDER_MOST_BYTES } from "../../protocol/limits.ts";
import type { Flash } from "../ports/flash.ts";
import { i32In } from "../zones/pack.ts";

/**
 * A place for one order in the bulk flash (`protocol/limits.ts`): length i32, the sealed order, and from
 * `ORDER_PACK_AT` on the zones. Whoever has a clip can write all of it, so nothing here is believed; `store.ts` verifies.
 */
const HEAD_BYTES = 4;
const BLOCK_BYTES = 256;

/** The sealed order as it stands there; empty where none does. */
export function readSealed(flash: Flash, address: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  flash.read(address, head, HEAD_BYTES);
  const length = i32In(head, 0);
  // Erased flash says −1.
  const sealed = new Uint8Array(length > 0 && length <= SEALED_ORDER_MOST_BYTES ? length : 0);
  if (sealed.length > 0) flash.read(address + HEAD_BYTES, sealed, sealed.length);
  return sealed;
}

/** Into an erased place. False: it does not read back. */
export function writeSealed(flash: Flash, address: number, sealed: Uint8Array): boolean {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = sealed.length & 255;
  head[1] = sealed.length >> 8;
  flash.program(address, joinBytes([head, sealed]));
  return equalBytes(readSealed(flash, address), sealed);
}

/** Erases what is not erased yet, and reads it back. False: something of it can still be read. */
export function erasePlace(flash: Flash, address: number): boolean {
  let erased = true;
  for (let at = address; at < address + ORDER_PLACE_BYTES; at += flash.eraseBytes) {
    if (isErased(flash, at)) continue;
    flash.erase(at);
    if (!isErased(flash, at)) erased = false;
  }
  return erased;
}

/** One erase block. */
function isErased(flash: Flash, address: number): boolean {
  const block = new Uint8Array(BLOCK_BYTES);
  for (let at = 0; at < flash.eraseBytes; at += BLOCK_BYTES) {
    flash.read(address + at, block, BLOCK_BYTES);
    for (let i = 0; i < BLOCK_BYTES; i++) if (block[i] !== 0xff) return false;
  }
  return true;
}
