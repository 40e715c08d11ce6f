import { createUplink, uplinkStep, uplinkWakeMs } from "../../firmware/uplink/bg9x.ts";
import type { UplinkAction, UplinkEvent } from "../../firmware/uplink/uplink-events.ts";
import { ONLINE, type Uplink } from "../../firmware/uplink/uplink-state.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { scriptOf, UP } from "../uplink/modem-world.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

/** What a modem says, and some of what it might. */
const GOOD = [
  "OK",
  "ERROR",
  "+CME ERROR: 3",
  "RDY",
  "APP RDY",
  "PSM POWER DOWN",
  "POWERED DOWN",
  "+CEREG: 1,5",
  "+CEREG: 2",
  '+QLTS: "2026/11/25,05:52:27+36,0"',
  "+QMTOPEN: 0,0",
  "+QMTCONN: 0,0,0",
  "+QMTSUB: 0,1,0,1",
  "+QMTPUBEX: 0,1,0",
  "+QMTRECV: 0,4",
  "+QMTRECV: 0,1,0,1,0,1",
  '+QMTRECV: 0,9,"t/d",6,"\r\nOK\r\n"',
  '+QMTRECV: 0,9,"t/d",1281,"',
  "+QMTSTAT: 0,1",
].map((line) => Uint8Array.from(Buffer.from(`\r\n${line}\r\n`, "latin1")));
GOOD.push(Uint8Array.from(Buffer.from("\r\n> ")));

/** A driver in its time. */
interface Life {
  uplink: Uplink;
  nowMs: number;
  owed: Set<number>;
  random: () => number;
}

/**
 * One driver lives through all runs. What hostile bytes bring about must be sound, each message must end once, a wake-up
 * must lie ahead, and from time to time a modem that behaves must bring it to a session again.
 */
export const fuzzAt: Fuzz = (runs, seed, onRun) => {
  const next = createMutator(seed, "at", GOOD);
  const random = seededRandom(seed, "at-times");
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  const life: Life = { uplink: createUplink(scriptOf(), random()), nowMs: 0, owed: new Set(), random };
  let token = 0;
  step(life, { kind: "open" });
  for (let run = 0; run < runs; run++) {
    life.nowMs += Math.floor(random() * 100);
    const before = life.uplink.phase;
    const actions = step(life, { kind: "bytes", bytes: next() });
    if (life.uplink.phase === ONLINE && life.owed.size === 0) {
      life.owed.add(++token);
      step(life, { kind: "publish", topic: UP, bytes: Uint8Array.of(0x83, 1, 2), token });
    }
    if (actions.length > 0 || life.uplink.phase !== before) count.accepted += 1;
    else count.refused.nothing = (count.refused.nothing ?? 0) + 1;
    if (uplinkWakeMs(life.uplink) <= life.nowMs) throw new Error(`at: run ${run}, seed ${seed}: a wake-up in the past`);
    if (random() < 0.05) wake(life);
    if (run % 100 === 99) behave(life);
    onRun?.(run);
  }
  return count;
};

function step(life: Life, event: UplinkEvent): UplinkAction[] {
  const actions = uplinkStep(life.uplink, event, life.nowMs, life.random());
  for (const action of actions) checkAction(action, life.owed);
  return actions;
}

function wake(life: Life): UplinkAction[] {
  life.nowMs = uplinkWakeMs(life.uplink);
  return step(life, { kind: "wake" });
}

function checkAction(action: UplinkAction, owed: Set<number>): void {
  if ((action.kind === "acknowledged" || action.kind === "failed") && !owed.delete(action.token))
    throw new Error(`at: message ${action.token} ended twice`);
  if (action.kind === "received" && action.bytes.length === 0) throw new Error("at: a message of no bytes");
  if (action.kind === "network-time" && !(action.utcMs > Date.UTC(2020) && action.utcMs < Date.UTC(2200)))
    throw new Error(`at: no time at all: ${action.utcMs}`);
}

/** Ends the session there may be, and answers every command as a good modem does until there is one again. */
function behave(life: Life): void {
  const said: string[] = [];
  const hear = (actions: UplinkAction[]) => {
    for (const action of actions) if (action.kind === "write") said.push(Buffer.from(action.bytes).toString("latin1"));
  };
  const say = (text: string) => hear(step(life, { kind: "bytes", bytes: Buffer.from(text) }));
  // As much as may be awaited of a message that was cut off.
  say(`${"\n".repeat(10_000)}+QMTSTAT: 0,1\r\n`);
  for (let i = 0; i < 2_000; i++) {
    if (life.uplink.phase === ONLINE) return;
    const command = said.shift();
    if (command === undefined) hear(wake(life));
    else say(answerTo(command));
  }
  throw new Error("at: a modem that behaves brings it to no session");
}

function answerTo(command: string): string {
  if (command.includes("+CEREG?")) return "\r\n+CEREG: 1,1\r\n\r\nOK\r\n";
  if (command.includes("QMTOPEN")) return "\r\nOK\r\n\r\n+QMTOPEN: 0,0\r\n";
  if (command.includes("QMTCONN")) return "\r\nOK\r\n\r\n+QMTCONN: 0,0,0\r\n";
  if (command.includes("QMTSUB")) return "\r\nOK\r\n\r\n+QMTSUB: 0,1,0,1\r\n";
  return "\r\nOK\r\n";
}
