import { ALERT, FINDING, type JournalRecord } from "../../protocol/journal/record.ts";
import { ORDER_PLACE_BYTES } from "../../protocol/limits.ts";
import { decodeAlert } from "../../protocol/messages/alert.ts";
import { apply, MODELS, type Model, type Moment, type Operation, tear } from "../../simulator/faults/power-cut.ts";
import { BULK, type Cells, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { type Day, imageAt, inBlock, isGenuine, journalAddress, lies, recordIn, type Stood } from "./day.ts";
import { type Boot, boot, liveOn, recordsOf, type Standing, standingOf } from "./device.ts";

/** As `orders/store.ts` has it: the order has ended, and not everything of it is known to be gone. */
const FORGETTING = 3;

/** A cut at an operation; or the bulk flash put back to what it was at an earlier one, while the chip goes on. */
export type Cut =
  | { kind: "cut"; index: number; moment: Moment; model: Model }
  | { kind: "rewind"; index: number; to: number };

export function idOf(cut: Cut): string {
  if (cut.kind === "rewind") return `rewind.${cut.index}.${cut.to}`;
  return `${cut.index}.${cut.moment}.${cut.model.replace(" ", "-")}`;
}

/** All that can be told apart at one operation: before and after it, only what rots differs by model; the chip does not rot. */
export function cutsAt(operation: Operation, index: number): Cut[] {
  const models = MODELS.filter((model) => model !== "bit rot" || operation.chip === BULK);
  const moments: [Moment, Model[]][] = [
    ["before", models.filter((model) => model !== "torn erase")],
    ["middle", models],
    ["after", models.filter((model) => model !== "torn erase")],
  ];
  return moments.flatMap(([moment, some]) => some.map((model): Cut => ({ kind: "cut", index, moment, model })));
}

/** The cells as a cut leaves them. */
export interface Left {
  cells: Cells;
  /** Operations that were done, whole. */
  done: number;
  rotted: number | undefined;
  isRewound: boolean;
  /** The next operation, if it was an erase, may be done in part. */
  isCutInErase: boolean;
}

/** `cells`: as they stand before the operation. They are copied. */
export function leave(day: Day, cells: Cells, cut: Extract<Cut, { kind: "cut" }>): Left {
  const left = { bulk: cells.bulk.slice(), onChip: cells.onChip.slice() };
  const operation = day.operations[cut.index];
  const chip = operation.chip === BULK ? left.bulk : left.onChip;
  const random = seededRandom(day.seed, idOf(cut));
  let rotted: number | undefined;
  if (cut.moment === "after") apply(chip, operation, ERASE_BYTES);
  if (cut.moment === "middle") rotted = tear(chip, operation, ERASE_BYTES, cut.model, random).rotted;
  else if (cut.model === "bit rot") {
    rotted = Math.floor(random() * chip.length);
    chip[rotted] &= ~(1 << Math.floor(random() * 8));
  }
  return {
    cells: left,
    done: cut.moment === "after" ? cut.index + 1 : cut.index,
    rotted,
    isRewound: false,
    isCutInErase: cut.moment === "middle",
  };
}

/** Between which the chip must stand: as before the operation, or as after it. */
export interface Between {
  before: Standing;
  after: Standing;
}

/** Boots, lives on, boots again. What went wrong, in words; empty: nothing. */
export function check(day: Day, cut: Cut, left: Left, between: Between): string[] {
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(what);
  // A torn operation is not done, but what it sealed must not be sealed again as something else.
  const begun = cut.kind === "cut" && cut.moment !== "before" ? cut.index + 1 : left.done;
  const sealed = new Map<string, string>();
  for (const record of day.records) if (record.after <= begun) sealed.set(nameOf(record), bodyOf(record));
  const nowMs = day.atMs[Math.min(cut.index, day.atMs.length - 1)] + 1_000;
  const salts: string[] = [];
  let operations: Operation[] = [];
  for (let round = 0; round < 2; round++) {
    let booting: Boot;
    try {
      booting = boot(left.cells, day.seed, nowMs + round * 3_600_000, 1_000 + round);
      checkBoot(day, left, between, booting, round, say);
      liveOn(booting, day.seed);
    } catch (error) {
      say(`boot ${round} throws: ${error instanceof Error ? error.stack : error}`);
      return wrong;
    }
    operations = [...operations, ...booting.operations];
    const salt = booting.bracelet.channel.sealer?.salt;
    if (salt !== undefined) salts.push(Buffer.from(salt).toString("hex"));
    const records = recordsOf(booting.bracelet);
    checkRecords(day, left, records, operations, say);
    if (round === 0 && cut.kind === "rewind") checkNoticed(day, cut.to, between.before, records, say);
  }
  checkSeals(day, left, between.before, operations, sealed, say);
  if (new Set(salts).size !== 2) say("two boots seal under one salt");
  return wrong;
}

const nameOf = (record: JournalRecord) => `${record.epoch}/${record.number}`;
const bodyOf = (record: JournalRecord) => `${record.kind} ${Buffer.from(record.body).toString("hex")}`;

function checkBoot(
  day: Day,
  left: Left,
  { before, after }: Between,
  { booted, bracelet }: Boot,
  round: number,
  say: (what: string) => void,
): void {
  const image = booted.ok ? imageAt(day, left.cells.bulk, booted.address, booted.bytes) : undefined;
  const least = left.isRewound ? after.rollback : before.rollback;
  // Put back to a time when only an image stood that is too old by now: nothing may be started.
  const isHopeless =
    left.isRewound && !day.images.some((i) => i.rollback >= least && lies(day, left.cells.bulk, i.name));
  if (!booted.ok && !isHopeless) say(`loader: ${booted.reason}`);
  if (booted.ok && image === undefined) say("what the loader starts is no whole image");
  if (image !== undefined && image.rollback < least) say(`image ${image.name} is rolled back`);
  checkOrder(left, before, after, bracelet, say);
  const standing = standingOf(left.cells.onChip);
  if (standing.downlink < before.downlink) say("downlink counter went back");
  if (standing.rollback < before.rollback) say("rollback counter went back");
  // An epoch in which nothing was sealed may begin once more.
  const isSpent = day.records.some(({ epoch, after: stood }) => epoch === standing.epoch && stood <= left.done + 1);
  if (standing.epoch < before.epoch || isSpent) say("no new epoch");
  if (standing.epochNumber < before.epochNumber) say("record numbers went back");
  // A boot finishes the end of an order that was cut off, and with it who was to wear it.
  const isEnded = before.order.place === FORGETTING || after.order.place === FORGETTING;
  const fits = isEnded ? [before.fit, after.fit, ""] : [before.fit, after.fit];
  if (round === 0 && !fits.includes(standing.fit)) say("fit is neither");
  if (before.order.place === FORGETTING && standing.fit !== "") say("fit outlives the order");
  const seqs = alertsKept(day, left, before).map(seqOf);
  if (bracelet.state.alertSeq < Math.max(0, ...seqs)) say(`alerts are counted from ${bracelet.state.alertSeq} again`);
}

/** Alerts that nobody may tell anew. Of what was put back, the epoch that was under way is lost with all that it holds. */
function alertsKept(day: Day, left: Left, before: Standing): Stood[] {
  const isKept = ({ after, epoch }: Stood) => after <= left.done && (!left.isRewound || epoch < before.epoch);
  return day.records.filter((record) => record.kind === ALERT && isKept(record));
}

/** The old or the new, whole; where the flash under it was struck or put back, none rather than another. */
function checkOrder(left: Left, before: Standing, after: Standing, { orders }: Boot["bracelet"], say: Say): void {
  const allowed = [before.order, after.order].map(({ counter, hash }) => `${counter} ${hash}`);
  const standing = `${orders.counter} ${Buffer.from(orders.hash).toString("hex")}`;
  if (!allowed.includes(standing)) say(`order ${standing} is neither ${allowed.join(" nor ")}`);
  const isStruck = left.rotted !== undefined && left.rotted < 2 * ORDER_PLACE_BYTES;
  if (orders.place < 2 && orders.inForce === undefined && !isStruck && !left.isRewound)
    say("the order is not in force");
  const { inForce } = orders;
  if (inForce !== undefined && Buffer.from(inForce.hash).compare(orders.hash) !== 0) say("another order is in force");
}

type Say = (what: string) => void;

function seqOf(record: JournalRecord): number {
  const alert = decodeAlert(record.body);
  return alert.ok ? alert.value.seq : 0;
}

function checkRecords(day: Day, left: Left, found: JournalRecord[], operations: Operation[], say: Say): void {
  const there = new Map(found.map((record) => [nameOf(record), record]));
  if (there.size !== found.length) say("a record is read twice");
  const known = new Map(day.records.map((record) => [nameOf(record), record]));
  for (const record of found) {
    const same = known.get(nameOf(record));
    const isKnown = same !== undefined && Buffer.from(same.tag).equals(record.tag) && bodyOf(same) === bodyOf(record);
    if (!isKnown && !isGenuine(day, record)) say(`record ${nameOf(record)} is not genuine`);
  }
  if (left.isRewound) return;
  const erased = operations.filter(({ chip, bytes }) => chip === BULK && bytes === undefined);
  for (const record of day.records) {
    if (record.after > left.done || record.gone < left.done || there.has(nameOf(record))) continue;
    if (record.gone === left.done && left.isCutInErase) continue;
    if (left.rotted !== undefined && isIn(record, left.rotted)) continue;
    if (erased.some(({ address }) => inBlock([record], address).length > 0)) {
      if (record.kind !== ALERT || record.atCentre <= left.done) continue;
      say(`alert ${nameOf(record)} made way, and the centre lacks it`);
    } else say(`record ${nameOf(record)} of kind ${record.kind} is lost`);
  }
}

/** Records that stood before the epoch began are gone: that is told. */
function checkNoticed(day: Day, to: number, { epochNumber }: Standing, found: JournalRecord[], say: Say): void {
  const newest = day.records.find((record) => record.number === epochNumber - 1);
  if (newest === undefined || newest.after <= to) return;
  const isTold = (record: JournalRecord) =>
    record.kind === FINDING && record.number >= epochNumber && Buffer.from(record.body).includes("journal.rewound");
  if (!found.some(isTold)) say("nobody noticed that the journal was put back");
}

const isIn = ({ address, bytes }: Stood, at: number) => at >= address && at < address + bytes;

/** No pair of epoch and number twice with different content, and no alert's number twice. */
function checkSeals(
  day: Day,
  left: Left,
  standing: Standing,
  operations: Operation[],
  sealed: Map<string, string>,
  say: Say,
): void {
  const journalAt = journalAddress(day.seed);
  let last: Pick<JournalRecord, "number" | "epoch"> = day.records
    .filter((record) => record.after <= left.done)
    .at(-1) ?? { number: 0, epoch: 0 };
  const seqs = new Set(alertsKept(day, left, standing).map(seqOf));
  for (const operation of operations) {
    const record = recordIn(operation, journalAt, last);
    if (record === undefined || !isGenuine(day, record)) continue;
    last = record;
    const other = sealed.get(nameOf(record));
    if (other !== undefined && other !== bodyOf(record)) say(`${nameOf(record)} is sealed twice`);
    sealed.set(nameOf(record), bodyOf(record));
    if (record.kind !== ALERT) continue;
    if (seqs.has(seqOf(record))) say(`alert ${seqOf(record)} is told twice`);
    seqs.add(seqOf(record));
  }
}
