import { NEVER_MS } from "../lib/instant.ts";
import { type AtItem, asciiBytes, cutAt, feedAt } from "./at.ts";
import { ASK, IDLE, nextCommand, TASK_FAULT, TASK_MS, takeInSession } from "./mqtt-session.ts";
import { takeNetworkTime } from "./network-time.ts";
import type { UplinkAction, UplinkEvent } from "./uplink-events.ts";
import { BOOT, createState, KEY, OFF, ONLINE, PROBE, REST, SCRIPT, type Uplink } from "./uplink-state.ts";

/**
 * The way to the centre over a Quectel BG95 or BG96: starts it, attaches, opens the session, and begins again whenever
 * anything ends. No clock, no chance and no line of its own: bytes, time and a random number come in, actions go out.
 */

// Quectel BG95 hardware design: PWRKEY low 500–1000 ms starts, 650–1500 ms stops, 2–3.8 s resets. Milliseconds.
/** Starts a modem that is off and does nothing to one that is on. */
const START_PULSE_MS = 600;
const RESET_PULSE_MS = 2_500;
/** The UART lives 2.5 s after the key, "APP RDY" comes some seconds later; on the outside. Milliseconds. */
const BOOT_MS = 15_000;
const PROBE_MS = 1_500;
/** "AT" three times; then the key, three times at most: a start and two resets. */
const PROBES = 3;
const PULSES = 3;
/** "Maximum response time 300 ms", and patience. Milliseconds. */
export const ANSWER_MS = 15_000;
/** QIACT: "maximum response time 150 s"; QMTOPEN and QMTCONN stay below. Milliseconds. */
const LONG_MS = 150_000;
const POLL_MS = 10_000;
/** A first search over all LTE-M bands takes a minute or two. Milliseconds. */
const ATTACH_MS = 180_000;
/** T3324 and the release before it; a network that grants no PSM shows by this. Milliseconds. */
const DOZE_MS = 60_000;
/** First rest, and the longest: about a heartbeat. Milliseconds. */
const REST_MS = 5_000;
const REST_LIMIT_MS = 900_000;
/** What is urgent does not hammer either. Milliseconds. */
const HURRY_MS = 10_000;
/** A modem that has failed so often in a row is reset, whatever it says of itself. */
const FAILURES_TO_RESET = 4;
/** As the outbox makes them; the modem takes 4,096. Bytes. */
export const PUBLISH_LIMIT_BYTES = 3_456;

/** Leave of the broker; then the network lets the modem sleep (`z`: until it says so); else it is switched off. */
const LEAVE = "?+QMTDISC=0\nz\n?+QPOWD=1\nz";

/**
 * `script`: what is said to a modem that has started (`modemScript`). `random`: in [0, 1), chooses the first message number,
 * so that two starts of ours do not share theirs.
 */
export function createUplink(script: string, random: number): Uplink {
  const uplink = createState(script, random);
  uplink.onItem = (item) => takeItem(uplink, item);
  return uplink;
}

/** One event. `random`: in [0, 1), fresh each time. Never waits; what follows comes with the next event. */
export function uplinkStep(uplink: Uplink, event: UplinkEvent, nowMs: number, random: number): UplinkAction[] {
  uplink.nowMs = nowMs;
  uplink.random = random;
  uplink.actions = [];
  switch (event.kind) {
    case "open":
      uplink.wanted = true;
      break;
    case "close":
      uplink.wanted = false;
      break;
    case "hurry":
      hurry(uplink);
      break;
    case "publish":
      takePublish(uplink, event.topic, event.bytes, event.token);
      break;
    case "bytes":
      feedAt(uplink.reader, event.bytes, uplink.onItem);
      break;
    case "wake":
      break;
  }
  if (nowMs >= uplink.untilMs) wakePhase(uplink);
  goOn(uplink);
  return uplink.actions;
}

/** When it wants to be woken; later than any time when nothing is due. */
export function uplinkWakeMs(uplink: Uplink): number {
  return uplink.untilMs;
}

function takePublish(uplink: Uplink, topic: string, bytes: Uint8Array, token: number): void {
  const session = uplink.session;
  let why = "";
  if (uplink.phase !== ONLINE || !uplink.wanted) why = "offline";
  else if (session.publish !== undefined) why = "busy";
  else if (bytes.length === 0 || bytes.length > PUBLISH_LIMIT_BYTES) why = "too-long";
  else session.publish = { token: token, topic: topic, bytes: bytes };
  if (why !== "") failPublish(uplink, token, why);
}

function failPublish(uplink: Uplink, token: number, why: string): void {
  uplink.actions.push({ kind: "failed", token: token, reason: `uplink.${why}` });
}

/** What is wanted, wherever nothing is under way. */
function goOn(uplink: Uplink): void {
  const wanted = uplink.wanted;
  switch (uplink.phase) {
    case OFF:
      if (wanted) startModem(uplink);
      break;
    case REST:
      if (!wanted && uplink.down) goOff(uplink);
      else if (!wanted) leave(uplink);
      break;
    case SCRIPT:
      // Wanted again while it dozes off.
      if (wanted && uplink.lines[uplink.index] === "z") probe(uplink, 1);
      break;
    case ONLINE:
      goOnOnline(uplink);
      break;
  }
}

function goOnOnline(uplink: Uplink): void {
  const command = nextCommand(uplink.session, uplink.reader);
  if (command !== "") {
    say(uplink, command);
    enterTask(uplink);
  } else if (!uplink.wanted && uplink.session.task === IDLE) {
    endSession(uplink, "closed");
    leave(uplink);
  }
}

function leave(uplink: Uplink): void {
  startScript(uplink, LEAVE);
}

function startModem(uplink: Uplink): void {
  uplink.pulses = 0;
  if (uplink.needsReset) {
    uplink.needsReset = false;
    press(uplink, RESET_PULSE_MS);
  } else if (uplink.down) press(uplink, START_PULSE_MS);
  else probe(uplink, 1);
}

function enter(uplink: Uplink, phase: number, forMs: number): void {
  uplink.phase = phase;
  uplink.untilMs = uplink.nowMs + forMs;
}

function goOff(uplink: Uplink): void {
  uplink.phase = OFF;
  uplink.untilMs = NEVER_MS;
}

function enterTask(uplink: Uplink): void {
  enter(uplink, ONLINE, TASK_MS[uplink.session.task]);
}

function press(uplink: Uplink, forMs: number): void {
  uplink.pulses += 1;
  uplink.down = false;
  uplink.actions.push({ kind: "key", down: true });
  enter(uplink, KEY, forMs);
}

/** `index` counts the tries. */
function probe(uplink: Uplink, tries: number): void {
  cutAt(uplink.reader);
  say(uplink, "");
  uplink.index = tries;
  enter(uplink, PROBE, PROBE_MS);
}

function say(uplink: Uplink, text: string): void {
  uplink.actions.push({ kind: "write", bytes: asciiBytes(`AT${text}\r`) });
}

function wakePhase(uplink: Uplink): void {
  switch (uplink.phase) {
    case KEY:
      uplink.actions.push({ kind: "key", down: false });
      enter(uplink, BOOT, BOOT_MS);
      break;
    case BOOT:
      probe(uplink, 1);
      break;
    case PROBE:
      if (uplink.index < PROBES) probe(uplink, uplink.index + 1);
      else if (uplink.pulses < PULSES) press(uplink, uplink.pulses === 0 ? START_PULSE_MS : RESET_PULSE_MS);
      else fail(uplink, "silent");
      break;
    case SCRIPT:
      wakeScript(uplink);
      break;
    case ONLINE:
      wakeOnline(uplink);
      break;
    case REST:
      startModem(uplink);
      break;
  }
}

function startScript(uplink: Uplink, script: string): void {
  uplink.lines = script.split("\n");
  startLine(uplink, 0);
}

function startLine(uplink: Uplink, index: number): void {
  uplink.index = index;
  uplink.sinceMs = uplink.nowMs;
  if (index < uplink.lines.length) sayLine(uplink);
  else if (isLeaving(uplink)) goOff(uplink);
  else {
    uplink.actions.push({ kind: "session", online: true });
    uplink.silences = 0;
    // What waits is asked for at once.
    enter(uplink, ONLINE, 0);
    wakeOnline(uplink);
  }
}

function sayLine(uplink: Uplink): void {
  const line = uplink.lines[uplink.index];
  let forMs = ANSWER_MS;
  if (line === "z") forMs = DOZE_MS;
  else if (line[0] === "=") forMs = LONG_MS;
  else say(uplink, line.substring(1));
  if (line[0] === "@") forMs = LONG_MS;
  enter(uplink, SCRIPT, forMs);
}

function wakeScript(uplink: Uplink): void {
  const awaited = uplink.lines[uplink.index][0];
  if (awaited === "z") startLine(uplink, uplink.index + 1);
  else if (awaited === "=") fail(uplink, "no-report");
  else if (awaited !== "&") fail(uplink, "silent");
  else if (uplink.nowMs - uplink.sinceMs < ATTACH_MS) sayLine(uplink);
  else {
    tellCoverage(uplink, false);
    fail(uplink, "no-coverage");
  }
}

function wakeOnline(uplink: Uplink): void {
  const session = uplink.session;
  if (session.task !== IDLE) fail(uplink, TASK_FAULT[session.task]);
  else {
    session.task = ASK;
    say(uplink, "+QMTRECV?");
    enterTask(uplink);
  }
}

function takeItem(uplink: Uplink, item: AtItem): void {
  if (item.kind === "line" && takeNews(uplink, item.text)) return;
  if (uplink.phase === ONLINE) takeOnline(uplink, item);
  else if (item.kind === "line") takeLine(uplink, item.text);
}

function takeOnline(uplink: Uplink, item: AtItem): void {
  const session = uplink.session;
  const before = session.task;
  const owed = session.publish;
  const why = takeInSession(session, item, uplink.actions);
  if (why !== "") fail(uplink, why);
  else if (session.task !== before) enterTask(uplink);
  if (why === "" && owed !== session.publish) uplink.failures = 0;
}

/** What the modem says unasked, at any moment. Whether it was that. */
function takeNews(uplink: Uplink, text: string): boolean {
  if (text.endsWith("RDY")) takeReady(uplink, text === "RDY" ? BOOT_MS : 0);
  else if (text.endsWith("POWER DOWN") || text === "POWERED DOWN") takeDown(uplink);
  else if (text.startsWith("+CEREG: ")) takeRegistration(uplink, text.substring(8).split(","));
  else return false;
  return true;
}

/** It has started; unless that was asked for, it has started again under our hands. */
function takeReady(uplink: Uplink, waitMs: number): void {
  uplink.down = false;
  switch (uplink.phase) {
    case BOOT:
    case PROBE:
      enter(uplink, BOOT, waitMs);
      break;
    case SCRIPT:
    case ONLINE:
      if (isLeaving(uplink)) enter(uplink, BOOT, waitMs);
      else fail(uplink, "restarted");
      break;
  }
}

function takeDown(uplink: Uplink): void {
  const phase = uplink.phase;
  // Under the key it says so as well.
  if (phase === KEY || phase === BOOT) return;
  uplink.down = true;
  // It would not feel the key at once.
  if (isLeaving(uplink)) rest(uplink);
  else if (phase !== OFF && phase !== REST) fail(uplink, "down");
}

/** `+CEREG: <state>` unasked, `+CEREG: 1,<state>` when asked. */
function takeRegistration(uplink: Uplink, values: string[]): void {
  const state = values[values.length > 1 ? 1 : 0];
  // Home, or roaming.
  uplink.attached = state === "1" || state === "5";
  // One that is still searching after its start has lost nothing yet.
  if (uplink.attached || uplink.phase === ONLINE) tellCoverage(uplink, uplink.attached);
  if (!uplink.attached) return;
  hurry(uplink);
  // Between two questions whether it is attached, the second is due.
  if (uplink.phase === SCRIPT && uplink.lines[uplink.index][0] === "&" && uplink.untilMs - uplink.nowMs <= POLL_MS)
    uplink.untilMs = uplink.nowMs;
}

function tellCoverage(uplink: Uplink, attached: boolean): void {
  if (uplink.told !== attached) uplink.actions.push({ kind: "coverage", attached: attached });
  uplink.told = attached;
}

function takeLine(uplink: Uplink, text: string): void {
  if (uplink.phase === SCRIPT) takeAnswer(uplink, uplink.lines[uplink.index], text);
  else if (uplink.phase === PROBE && text === "OK") {
    uplink.pulses = 0;
    uplink.attached = false;
    startScript(uplink, uplink.script);
  }
}

function takeAnswer(uplink: Uplink, line: string, text: string): void {
  const awaited = line[0];
  const report = line.substring(1);
  takeNetworkTime(text, uplink.actions);
  if (awaited === "z") return;
  if (awaited === "=") {
    if (text === report) endLine(uplink);
    // The same report with another result.
    else if (text.startsWith(report.split(" ")[0])) fail(uplink, "refused");
  } else if (text === "OK") {
    if (awaited === "&" && !uplink.attached) uplink.untilMs = uplink.nowMs + POLL_MS;
    else endLine(uplink);
  } else if (text.includes("ERROR")) {
    if (awaited === "?") endLine(uplink);
    else fail(uplink, "refused");
  }
}

/** The next line; but whoever wants no session any more needs none opened. */
function endLine(uplink: Uplink): void {
  if (uplink.wanted || isLeaving(uplink)) startLine(uplink, uplink.index + 1);
  else leave(uplink);
}

function isLeaving(uplink: Uplink): boolean {
  return uplink.phase === SCRIPT && uplink.lines[uplink.lines.length - 1] === "z";
}

/** An attempt or a session has ended: what was in flight has failed, and there is a rest before the next attempt. */
function fail(uplink: Uplink, why: string): void {
  const during = uplink.phase === SCRIPT ? uplink.lines[uplink.index].substring(1).split("=")[0] : "";
  uplink.actions.push({ kind: "fault", reason: `uplink.${why}`, during: during });
  if (uplink.phase === ONLINE) endSession(uplink, why);
  // Whoever does not answer a leave-taking is left; the key will find it again.
  if (isLeaving(uplink)) uplink.down = true;
  uplink.failures += 1;
  uplink.silences = why === "silent" ? uplink.silences + 1 : 0;
  // Where one silence is an answer lost, two are a modem that hangs.
  uplink.needsReset = why === "stuck" || uplink.silences > 1 || uplink.failures % FAILURES_TO_RESET === 0;
  cutAt(uplink.reader);
  rest(uplink);
}

function endSession(uplink: Uplink, why: string): void {
  const session = uplink.session;
  if (session.publish !== undefined) failPublish(uplink, session.publish.token, why);
  session.publish = undefined;
  session.task = IDLE;
  session.unread = [];
  uplink.actions.push({ kind: "session", online: false });
}

/** Twice as long each time, and never the same for two devices: they would come back together from an outage. */
function rest(uplink: Uplink): void {
  let limitMs = REST_MS;
  for (let i = 1; i < uplink.failures && limitMs < REST_LIMIT_MS; i++) limitMs *= 2;
  uplink.sinceMs = uplink.nowMs;
  enter(uplink, REST, Math.floor(Math.min(limitMs, REST_LIMIT_MS) * (0.5 + uplink.random)));
}

function hurry(uplink: Uplink): void {
  if (uplink.phase !== REST) return;
  uplink.untilMs = Math.min(uplink.untilMs, Math.max(uplink.sinceMs + HURRY_MS, uplink.nowMs));
}
