/**
 * MCUboot's trailer at the end of a slot, as `imgtool sign --pad --confirm` leaves it. Read only to be shown: it lies in flash
 * that anybody with a clip can write, so our loader keeps what counts on the chip (`firmware/update/slots.ts`).
 */
export interface ImageTrailer {
  imageOk: boolean;
  copyDone: boolean;
}

const MAGIC = [0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80];
/** BOOT_MAX_ALIGN: a flag has this much room to itself. */
const FLAG_BYTES = 8;
const SET = 1;

/** `undefined`: the bytes do not end with one. */
export function readImageTrailer(slot: Uint8Array): ImageTrailer | undefined {
  const at = slot.length - MAGIC.length;
  if (at < 2 * FLAG_BYTES || MAGIC.some((byte, i) => slot[at + i] !== byte)) return undefined;
  return { imageOk: slot[at - FLAG_BYTES] === SET, copyDone: slot[at - 2 * FLAG_BYTES] === SET };
}
