import { type AtItem, type AtReader, wholeNumber } from "./at.ts";
import type { UplinkAction } from "./uplink-events.ts";

/**
 * An MQTT session that stands, as the modem keeps it: messages out one at a time, messages in by slot.
 *
 * A message is acknowledged only when the modem reports the broker's PUBACK for the number under which it was handed over;
 * numbers are not used again within a session, so a report that comes late or twice acknowledges nothing else.
 * Source: Quectel BG95 MQTT application note (`+QMTPUBEX`, `+QMTRECV` in buffer mode).
 */
export interface Session {
  /** One of the five below. */
  task: number;
  publish: Publish | undefined;
  /** Of the last message offered, 1–65535. */
  messageId: number;
  /** The modem's slots in which a message waits, in the order in which they came: a downlink's counter only grows. */
  unread: number[];
  /** A message out goes before the next one in, and the other way round, so that neither waits for ever. */
  readsNext: boolean;
}

export interface Publish {
  token: number;
  topic: string;
  bytes: Uint8Array;
}

/** Nothing is under way. */
export const IDLE = 0;
/** QMTPUBEX is written; the data prompt is awaited. */
const OFFER = 1;
/** The message is written; OK is awaited. */
const HAND = 2;
/** The modem has it; the broker's word is awaited. */
const ACK = 3;
/** A question is asked whose answer ends in OK or ERROR. */
export const ASK = 4;

/**
 * How long each may last. An idle session is asked for messages whose report was lost, which also shows that the modem
 * lives. Answers: "maximum response time 300 ms", the line's own time, and patience. The broker's word: the modem tries four
 * times, ten seconds each. Milliseconds.
 */
export const TASK_MS = [300_000, 15_000, 15_000, 45_000, 15_000];

/** What is wrong when it lasts longer. After an unanswered offer the modem may take the next command for the message. */
export const TASK_FAULT = ["", "stuck", "stuck", "no-ack", "silent"];

/** What to say next, and the task that this begins; "" where there is nothing to do or something is being done. */
export function nextCommand(session: Session, reader: AtReader): string {
  const publish = session.publish;
  if (session.task !== IDLE) return "";
  if (publish !== undefined && !(session.readsNext && session.unread.length > 0)) {
    session.readsNext = true;
    session.messageId = (session.messageId % 65_535) + 1;
    session.task = OFFER;
    reader.awaitsPrompt = true;
    return `+QMTPUBEX=0,${session.messageId},1,0,"${publish.topic}",${publish.bytes.length}`;
  }
  const slot = session.unread.shift();
  if (slot === undefined) return "";
  session.readsNext = false;
  session.task = ASK;
  return `+QMTRECV=0,${slot}`;
}

/** Takes what the modem said. Why the session cannot go on, or "". */
export function takeInSession(session: Session, item: AtItem, actions: UplinkAction[]): string {
  if (item.kind === "line") return takeLine(session, item.text, actions);
  if (item.kind === "payload") {
    if (item.bytes.length > 0) actions.push({ kind: "received", topic: item.head, bytes: item.bytes });
  } else if (session.task === OFFER && session.publish !== undefined) {
    session.task = HAND;
    actions.push({ kind: "write", bytes: session.publish.bytes });
  }
  return "";
}

function takeLine(session: Session, text: string, actions: UplinkAction[]): string {
  const values = text.split(",");
  if (text === "OK") {
    if (session.task === ASK) session.task = IDLE;
    else if (session.task === HAND) session.task = ACK;
  } else if (text.includes("ERROR")) {
    if (session.task === ASK) session.task = IDLE;
    else if (session.task !== IDLE) return "refused";
  } else if (text.startsWith("+QMTRECV: 0,")) markUnread(session, values);
  else if (text.startsWith("+QMTSTAT: 0,")) return "lost";
  else if (text.startsWith("+QMTPUB")) return takeReport(session, values, actions);
  return "";
}

/** `+QMTPUBEX: 0,<number>,<result>`; of older firmwares `+QMTPUB:`. */
function takeReport(session: Session, values: string[], actions: UplinkAction[]): string {
  const publish = session.publish;
  const handed = session.task === HAND || session.task === ACK;
  if (publish === undefined || !handed || values[1] !== `${session.messageId}`) return "";
  if (values[2] !== "0") return "no-ack";
  actions.push({ kind: "acknowledged", token: publish.token });
  session.publish = undefined;
  // Where the report was quicker than the OK, that has still to come.
  session.task = session.task === HAND ? ASK : IDLE;
  return "";
}

/** `0,<slot>` when one came; `0,<bit>,<bit>…` when asked which wait. */
function markUnread(session: Session, values: string[]): void {
  const count = values.length - 1;
  if (count === 1) addUnread(session, wholeNumber(values[1]));
  else if (count === SLOTS) for (let i = 0; i < SLOTS; i++) if (values[1 + i] === "1") addUnread(session, i);
}

function addUnread(session: Session, slot: number): void {
  if (slot >= 0 && slot < SLOTS && !session.unread.includes(slot)) session.unread.push(slot);
}

/** The modem keeps so many messages. */
const SLOTS = 5;
