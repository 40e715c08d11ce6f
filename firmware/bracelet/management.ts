import { bytesOf, joinBytes } from "../../protocol/bytes.ts";
import { readBool, readBytesBetween, readIntBetween } from "../../protocol/cbor/items.ts";
import { finish } from "../../protocol/cbor/writer.ts";
import { openAssignment } from "../../protocol/cose/assignment.ts";
import { KEY_BYTES, PURPOSE_MANAGEMENT, PURPOSE_MOST } from "../../protocol/cose/keys.ts";
import { openRotation } from "../../protocol/cose/rotation.ts";
import { SEALED_ORDER_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../../protocol/limits.ts";
import { createSmpReader, END, nextKey, openMap } from "../../protocol/smp/fields.ts";
import { writeBoolPair, writeIntPair, writeTextPair } from "../../protocol/smp/fields-writer.ts";
import { deframe, frameMessage } from "../../protocol/smp/serial.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { beginAnswer } from "../management/answer.ts";
import type { Managed, Outcome, Ran } from "../management/managed.ts";
import {
  COMMAND_FIT,
  COMMAND_IDENTITY,
  COMMAND_MANIFEST,
  COMMAND_ORDER,
  COMMAND_ORDER_CHUNK,
  COMMAND_ORDER_END,
  COMMAND_ORDER_INSTALL,
  COMMAND_PROVISION,
  COMMAND_REMOVAL,
  COMMAND_ROTATE,
  COMMAND_SELFTEST,
  COMMAND_WITHDRAW,
} from "../management/ours.ts";
import { serve } from "../management/server.ts";
import { expireSession } from "../management/session.ts";
import { offerOrder, offerPackChunk, type Took } from "../orders/store.ts";
import { raiseCounter, readCounter } from "../secrets/counters.ts";
import { SLOT_ASSIGNMENT } from "../secrets/slots.ts";
import { floorOf } from "../time/kept.ts";
import { errorOf, utcOf } from "../time/trusted.ts";
import { createManagedImages } from "../update/managed.ts";
import { offerManifest } from "../update/session.ts";
import { end, install, trustedMs } from "./commands.ts";
import { type Bracelet, holdsOrder, restart, take } from "./device.ts";
import { writeFit } from "./fit.ts";
import { deviceIdOf, isProvisioned, keyOf, provision } from "./identity.ts";
import { renewLink } from "./link.ts";
import { recordFit, refuseOrder } from "./order-records.ts";
import { flushInputs } from "./recorder.ts";

/** The bracelet as the management server knows it. */
export function createManaged(bracelet: Bracelet): Managed {
  const secrets = bracelet.ports.secrets;
  return {
    crypto: bracelet.ports.crypto,
    random: bracelet.ports.random,
    deviceId: () => deviceIdOf(secrets),
    isProvisioned: () => isProvisioned(secrets),
    managementKey: () => keyOf(secrets, PURPOSE_MANAGEMENT),
    leastAssignment: () => readCounter(secrets, SLOT_ASSIGNMENT),
    utcFloorMs: (nowMs: number) => utcFloorMs(bracelet, nowMs),
    about: bracelet.board.about,
    setTime: (utcMs: number, mostMs: number, nowMs: number) => setTime(bracelet, utcMs, mostMs, nowMs),
    reset: () => {
      restart(bracelet, bracelet.ports.clock.nowMs() + RESET_MS);
    },
    images: createManagedImages(bracelet.update, () => bracelet.state.tamper.batteryPercent),
    files: {
      length: (name: string) => (name === JOURNAL_FILE ? bracelet.board.journalBytes : -1),
      read: (_name: string, offset: number, into: Uint8Array) => {
        if (offset === 0) flushInputs(bracelet.recorder, bracelet.ports.clock.nowMs());
        bracelet.ports.flash.read(bracelet.board.journalAddress + offset, into, into.length);
        return into.length;
      },
    },
    ours: {
      run: (command: number, writes: boolean, argument: Uint8Array) => run(bracelet, command, writes, argument),
    },
  };
}

/** Never less than what earlier boots knew to have passed. */
function utcFloorMs(bracelet: Bracelet, nowMs: number): number {
  return Math.max(floorOf(bracelet.ports.secrets), utcOf(bracelet.state.time, nowMs));
}

/**
 * What anybody at the port says of the time proves as much as a network does. A field key's word is never a sealed one: where there is
 * none the guess begins anew with it, which neither brings back what has passed nor passes the key's own expiry; where there is one
 * nothing is taken, and it is only said whether the two agree.
 */
function setTime(bracelet: Bracelet, utcMs: number, mostMs: number, nowMs: number): boolean {
  const isField = mostMs > 0 && mostMs < NEVER_MS;
  if (isField && (utcMs > mostMs || utcMs + BEHIND_MS < utcFloorMs(bracelet, nowMs))) return false;
  const time = bracelet.state.time;
  if (isField && time.word === "sealed")
    return Math.abs(utcMs - utcOf(time, nowMs)) <= errorOf(time, nowMs) + BEHIND_MS;
  const source = isField ? "field" : mostMs > 0 ? "sealed" : "network";
  take(bracelet, { kind: "time", utcMs: utcMs, errorMs: SESSION_ERROR_MS, source: source });
  return true;
}

/** Bytes came from whoever is at the USB port: SMP in console frames, and what else it may be. */
export function receiveUsb(bracelet: Bracelet, bytes: Uint8Array): void {
  const usb = bracelet.console;
  if (usb === undefined) return;
  const nowMs = bracelet.ports.clock.nowMs();
  // Whoever fits it says more in his session, and is no stranger while it lasts.
  const isKnown = expireSession(usb.server.session, nowMs).phase === "open";
  if (!bracelet.state.tamper.usb && !isKnown) take(bracelet, { kind: "usb", attached: true });
  deframe(usb.deframer, bytes, (message) => {
    const answer = serve(usb.server, message, nowMs);
    if (answer !== undefined) bracelet.ports.usb.write(frameMessage(answer));
  });
}

/** The ring as it lies in flash. */
const JOURNAL_FILE = "/journal";
/** From the client's clock to here, over a slow line. Milliseconds. */
const SESSION_ERROR_MS = 1_000;
/** So far may a good clock be behind ours, which has gathered its own error. Milliseconds. */
const BEHIND_MS = 5_000;
/** As MCUmgr has it: the answer is out by then. */
const RESET_MS = 250;
const BYTES_MOST = 1024;

/** What a request of our own group may hold; whatever it lacks stays as it is here. */
interface Argument {
  /** `d`: the device's id, UTF-8. */
  device: Uint8Array;
  /** `g`: generation of the keys. */
  generation: number;
  /** `k`: eight keys. */
  keyring: Uint8Array;
  /** `s`: something sealed. */
  sealed: Uint8Array;
  /** `i` and `data`: a piece. */
  index: number;
  data: Uint8Array;
  /** `u`: until, UTC ms. */
  untilMs: number;
  /** `e`: an emergency. */
  emergency: boolean;
}

const NAMES = ["d", "g", "k", "s", "i", "data", "u", "e"];

function readArgument(bytes: Uint8Array): Argument | string {
  const none = new Uint8Array(0);
  const argument: Argument = {
    device: none,
    generation: 0,
    keyring: none,
    sealed: none,
    index: 0,
    data: none,
    untilMs: 0,
    emergency: false,
  };
  const reader = createSmpReader(bytes);
  const map = openMap(reader);
  let name = nextKey(reader, map, NAMES);
  while (name !== END) {
    if (name === 0) argument.device = readBytesBetween(reader, 1, 32);
    else if (name === 1) argument.generation = readIntBetween(reader, 1, UINT32_MOST);
    else if (name === 2)
      argument.keyring = readBytesBetween(reader, KEY_BYTES * PURPOSE_MOST, KEY_BYTES * PURPOSE_MOST);
    else if (name === 3) argument.sealed = readBytesBetween(reader, 1, SEALED_ORDER_MOST_BYTES);
    else if (name === 4) argument.index = readIntBetween(reader, 0, UINT32_MOST);
    else if (name === 5) argument.data = readBytesBetween(reader, 1, BYTES_MOST);
    else if (name === 6) argument.untilMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else argument.emergency = readBool(reader);
    name = nextKey(reader, map, NAMES);
  }
  return reader.error === "" ? argument : reader.error;
}

function run(bracelet: Bracelet, command: number, writes: boolean, bytes: Uint8Array): Ran {
  if (!writes) {
    if (command === COMMAND_IDENTITY) return tellIdentity(bracelet);
    return command === COMMAND_SELFTEST ? selfTest(bracelet) : refused("device.unknown-command");
  }
  const argument = readArgument(bytes);
  if (typeof argument === "string") return refused(argument);
  switch (command) {
    case COMMAND_PROVISION:
      // A field key opens a session for some hours; it must not bring keys of its own, which would last.
      if (isProvisioned(bracelet.ports.secrets)) return refused("provision.unsealed");
      return done(takeKeys(bracelet, argument.device, argument.generation, argument.keyring));
    case COMMAND_ORDER:
      return took(bracelet, offerOrder(bracelet.orders, argument.sealed, trustedMs(bracelet)));
    case COMMAND_ORDER_CHUNK:
      return took(bracelet, offerPackChunk(bracelet.orders, argument.index, argument.data));
    case COMMAND_ORDER_INSTALL:
      return orderDone(bracelet, install(bracelet));
    case COMMAND_ORDER_END:
      return orderDone(bracelet, end(bracelet, argument.sealed));
    case COMMAND_FIT:
      return putOn(bracelet);
    case COMMAND_REMOVAL:
      return remove(bracelet, argument.untilMs, argument.emergency);
    case COMMAND_ROTATE:
      return done(rotate(bracelet, argument.sealed));
    case COMMAND_WITHDRAW:
      return done(withdraw(bracelet, argument.sealed));
    case COMMAND_MANIFEST:
      return done(offerManifest(bracelet.update, argument.sealed));
  }
  return refused("device.unknown-command");
}

function takeKeys(bracelet: Bracelet, device: Uint8Array, generation: number, keyring: Uint8Array): Outcome {
  const taken = provision(bracelet.ports.secrets, device, generation, keyring);
  // Some of them may be there also where not all are.
  renewLink(bracelet);
  return taken;
}

/** The next generation of keys, sealed by the vault under the one that this device holds. */
function rotate(bracelet: Bracelet, sealed: Uint8Array): Outcome {
  const secrets = bracelet.ports.secrets;
  const key = keyOf(secrets, PURPOSE_MANAGEMENT);
  if (key === undefined) return { ok: false, reason: "provision.no-key" };
  const opened = openRotation(bracelet.ports.crypto, key, sealed);
  if (!opened.ok) return opened;
  const rotation = opened.value;
  return takeKeys(bracelet, bytesOf(rotation.device), rotation.generation, joinBytes(rotation.purposeKeys));
}

/** Field keys of assignments below a number are taken no more. */
function withdraw(bracelet: Bracelet, sealed: Uint8Array): Outcome {
  const secrets = bracelet.ports.secrets;
  const key = keyOf(secrets, PURPOSE_MANAGEMENT);
  if (key === undefined) return { ok: false, reason: "provision.no-key" };
  const opened = openAssignment(bracelet.ports.crypto, key, sealed);
  if (!opened.ok) return opened;
  if (opened.value.device !== deviceIdOf(secrets)) return { ok: false, reason: "provision.other-device" };
  const raised = raiseCounter(secrets, SLOT_ASSIGNMENT, opened.value.least);
  return raised ? { ok: true } : { ok: false, reason: "provision.old-assignment" };
}

function tellIdentity(bracelet: Bracelet): Ran {
  const writer = beginAnswer(4);
  writeTextPair(writer, "d", deviceIdOf(bracelet.ports.secrets));
  writeBoolPair(writer, "p", isProvisioned(bracelet.ports.secrets));
  writeIntPair(writer, "o", bracelet.orders.inForce === undefined ? 0 : bracelet.orders.inForce.counter);
  writeIntPair(writer, "n", bracelet.recorder.journal.nextNumber - 1);
  return { ok: true, answer: finish(writer) };
}

/** Each part by itself: journal, order, receiver, chance, centre. */
function selfTest(bracelet: Bracelet): Ran {
  const probe = new Uint8Array(16);
  const writer = beginAnswer(5);
  writeBoolPair(writer, "journal", bracelet.recorder.refused === 0);
  writeBoolPair(writer, "order", holdsOrder(bracelet.orders));
  writeBoolPair(writer, "receiver", bracelet.heardReceiver);
  writeBoolPair(writer, "random", bracelet.ports.random.fill(probe));
  writeBoolPair(writer, "centre", bracelet.channel.served);
  return { ok: true, answer: finish(writer) };
}

function took(bracelet: Bracelet, result: Took): Ran {
  if (!result.ok) return orderDone(bracelet, result.reason);
  const writer = beginAnswer(1);
  writeIntPair(writer, "missing", result.missing);
  return { ok: true, answer: finish(writer) };
}

function orderDone(bracelet: Bracelet, reason: string): Ran {
  if (reason === "") return done({ ok: true });
  refuseOrder(bracelet, reason);
  return refused(reason);
}

function putOn(bracelet: Bracelet): Ran {
  if (!bracelet.state.tamper.strapClosed) return refused("fit.strap-open");
  if (!writeFit(bracelet.ports.secrets, { fitted: true, removal: undefined })) return refused("fit.unwritten");
  bracelet.lasting.fit = undefined;
  recordFit(bracelet, "fitted", 0);
  take(bracelet, { kind: "fit" });
  return done({ ok: true });
}

/** Time-boxed: a day at most, however long was asked. */
const REMOVAL_MOST_MS = 86_400_000;

function remove(bracelet: Bracelet, untilMs: number, emergency: boolean): Ran {
  const nowMs = utcOf(bracelet.state.time, bracelet.ports.clock.nowMs());
  if (untilMs <= nowMs || untilMs > nowMs + REMOVAL_MOST_MS) return refused("fit.bad-removal");
  if (bracelet.state.tamper.wearing.phase === "loose") return refused("fit.not-fitted");
  const opened = !bracelet.state.tamper.strapClosed;
  const fit = { fitted: true, removal: { untilMs: untilMs, emergency: emergency, opened: opened, spentMin: 0 } };
  if (!writeFit(bracelet.ports.secrets, fit)) return refused("fit.unwritten");
  recordFit(bracelet, emergency ? "emergency" : "removal", untilMs);
  take(bracelet, { kind: "removal", untilMs: untilMs, emergency: emergency, spentMin: 0 });
  return done({ ok: true });
}

function done(result: { ok: true } | { ok: false; reason: string }): Ran {
  return result.ok ? { ok: true, answer: finish(beginAnswer(0)) } : refused(result.reason);
}

function refused(reason: string): Ran {
  return { ok: false, reason: reason };
}
