import type { Crypto } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";

/** What the management server may know of the device and ask of it: the bracelet's shell, or a test in its place. */
export interface Managed {
  crypto: Crypto;
  random: Random;
  /** Empty before provisioning. */
  deviceId(): string;
  /** Once provisioned, a session is needed for all but echo, parameters and info. */
  isProvisioned(): boolean;
  /** 32 bytes; `undefined` before provisioning. */
  managementKey(): Uint8Array | undefined;
  /** Assignments below this one have been revoked. */
  leastAssignment(): number;
  /** UTC ms; while time is unknown, the latest instant that the device can vouch has passed. */
  utcFloorMs(nowMs: number): number;
  /** What `info` says, e.g. `omamori-bracelet 1.2.0 xiao-ble espruino`. */
  about: string;
  /** `mostMs`: the latest instant that a session of this key may claim; 0: said outside of one. False: it is not taken. */
  setTime(utcMs: number, mostMs: number, nowMs: number): boolean;
  /** Soon, so that the answer comes first. */
  reset(): void;
  images: ManagedImages;
  files: ManagedFiles;
  ours: ManagedCommands;
}

/** The image group's slots, in MCUmgr's words. */
export interface ManagedImages {
  /** Slot 0 is what runs, slot 1 what is to come. */
  slots(): ImageSlot[];
  /**
   * Takes `data` of an upload at `offset`; the first piece brings the whole length and, where the client has it, the SHA-256
   * of the container. Says the offset wanted next, or a reason.
   */
  upload(offset: number, data: Uint8Array, totalBytes: number | undefined, sha: Uint8Array | undefined): Uploaded;
  /** `hash` as `slots` gives it; `confirm` without a hash is about what runs. */
  setState(hash: Uint8Array | undefined, confirm: boolean): Outcome;
  erase(): Outcome;
}

export interface ImageSlot {
  slot: number;
  version: string;
  hash: Uint8Array;
  bootable: boolean;
  pending: boolean;
  confirmed: boolean;
  active: boolean;
}

export type Uploaded = { ok: true; nextOffset: number } | { ok: false; reason: string };
export type Outcome = { ok: true } | { ok: false; reason: string };

export interface ManagedFiles {
  /** Bytes of the file; −1: there is none of that name. */
  length(name: string): number;
  /** At most `into.length` bytes from `offset`; how many. */
  read(name: string, offset: number, into: Uint8Array): number;
}

/** Our own group: a command takes the map of its request and gives that of its answer, both as SMP has them. */
export interface ManagedCommands {
  /** `writes`: the request is one to change something. */
  run(command: number, writes: boolean, argument: Uint8Array, nowMs: number): Ran;
}

export type Ran = { ok: true; answer: Uint8Array } | { ok: false; reason: string };
