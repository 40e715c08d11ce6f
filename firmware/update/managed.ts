import { equalBytes } from "../../protocol/bytes.ts";
import { TLV_END_BYTES, u16At } from "../../protocol/image/header.ts";
import { IMAGE_MOST_BYTES, type ImageManifest, SEALED_MANIFEST_MOST_BYTES } from "../../protocol/messages/image.ts";
import { isProvisioned } from "../bracelet/identity.ts";
import type { ImageSlot, ManagedImages, Outcome, Uploaded } from "../management/managed.ts";
import { confirmImage, eraseIncoming, findOffer, isPending, keepManifest, testImage, type Update } from "./session.ts";
import { eraseBlock, INCOMING, OUTCOME_CONFIRMED, placeOf, readAt } from "./slots.ts";

/** An upload by SMP: the sealed container as a file, in order. It is judged when it is to be tested. */
interface Upload {
  /** As the client said: a client that brings another begins anew. */
  sha: Uint8Array;
  totalBytes: number;
  nextOffset: number;
}

/** The image group, as stock SMP clients use it. `batteryPercent`: as it is when asked. */
export function createManagedImages(update: Update, batteryPercent: () => number): ManagedImages {
  const upload: Upload = { sha: new Uint8Array(0), totalBytes: 0, nextOffset: 0 };
  return {
    slots: () => slotsOf(update),
    upload: (offset: number, data: Uint8Array, totalBytes: number | undefined, sha: Uint8Array | undefined) =>
      takeUpload(update, upload, offset, data, totalBytes, sha),
    setState: (hash: Uint8Array | undefined, confirm: boolean) => setState(update, hash, confirm, batteryPercent()),
    erase: () => {
      upload.nextOffset = 0;
      return eraseIncoming(update, true);
    },
  };
}

function slotsOf(update: Update): ImageSlot[] {
  const slots: ImageSlot[] = [];
  if (update.running !== undefined) slots.push(slotOf(0, update.running, false, !update.testing));
  findOffer(update);
  if (update.offered !== undefined) slots.push(slotOf(1, update.offered, isPending(update), false));
  return slots;
}

function slotOf(slot: number, manifest: ImageManifest, pending: boolean, confirmed: boolean): ImageSlot {
  return {
    slot: slot,
    version: manifest.version,
    hash: manifest.hash,
    bootable: true,
    pending: pending,
    confirmed: confirmed,
    active: slot === 0,
  };
}

function takeUpload(
  update: Update,
  upload: Upload,
  offset: number,
  data: Uint8Array,
  totalBytes: number | undefined,
  sha: Uint8Array | undefined,
): Uploaded {
  if (offset === 0) {
    const begun = begin(update, upload, totalBytes, sha);
    if (!begun.ok) return begun;
  }
  // What is not wanted now is passed over, and the client is told what is.
  if (offset === upload.nextOffset) {
    const end = offset + data.length;
    const place = placeOf(update, INCOMING);
    if (end > upload.totalBytes) return refused("image.too-long");
    // Erased as it is reached: all at once would take longer than a client waits.
    for (let at = offset; at < end; at++) if (at % update.flash.eraseBytes === 0) eraseBlock(update.flash, place + at);
    update.flash.program(place + offset, data);
    upload.nextOffset = end;
    if (end === upload.totalBytes) takeManifest(update, end);
  }
  return { ok: true, nextOffset: upload.nextOffset };
}

/** Goes on with the same file where it was, or makes room for another one. */
function begin(update: Update, upload: Upload, totalBytes: number | undefined, sha: Uint8Array | undefined): Outcome {
  if (totalBytes === undefined || totalBytes > IMAGE_MOST_BYTES) return refused("image.too-long");
  const isSame = sha !== undefined && totalBytes === upload.totalBytes && equalBytes(sha, upload.sha);
  if (isSame && (upload.nextOffset < totalBytes || findOffer(update) === "")) return { ok: true };
  if (isPending(update)) return refused("image.pending");
  update.offered = undefined;
  eraseBlock(update.flash, placeOf(update, INCOMING) + IMAGE_MOST_BYTES);
  upload.sha = sha === undefined ? new Uint8Array(0) : sha;
  upload.totalBytes = totalBytes;
  upload.nextOffset = 0;
  return { ok: true };
}

/** Copies the manifest from the end of the file to where it belongs; without one the image is there, but cannot be tested. */
function takeManifest(update: Update, totalBytes: number): void {
  const end = totalBytes - TLV_END_BYTES;
  const length = end < 0 ? 0 : u16At(readAt(update, INCOMING, totalBytes - 2, 2), 0);
  if (length > 0 && length <= SEALED_MANIFEST_MOST_BYTES && length <= end)
    keepManifest(update, readAt(update, INCOMING, end - length, length));
}

function setState(update: Update, hash: Uint8Array | undefined, confirm: boolean, batteryPercent: number): Outcome {
  const running = update.running;
  if (confirm && (hash === undefined || (running !== undefined && equalBytes(hash, running.hash))))
    // In the field an image proves itself, and nobody's word stands for it.
    return update.testing && isProvisioned(update.secrets)
      ? refused("image.unproven")
      : confirmImage(update, OUTCOME_CONFIRMED);
  findOffer(update);
  if (hash === undefined || update.offered === undefined || !equalBytes(hash, update.offered.hash))
    return refused("image.no-manifest");
  return confirm ? refused("image.untested") : testImage(update, batteryPercent);
}

function refused(reason: string): { ok: false; reason: string } {
  return { ok: false, reason: reason };
}
