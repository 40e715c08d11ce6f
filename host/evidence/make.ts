import { createHash, type KeyObject, randomBytes } from "node:crypto";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import { ToolError } from "../../protocol/errors.ts";
import {
  BANDS_M,
  type Bundle,
  type Header,
  type ImageItem,
  type OrderItem,
  type RecordItem,
  type TreeItem,
} from "../../protocol/evidence/bundle.ts";
import {
  commitmentOf,
  holdBack,
  type Part,
  SALT_BYTES,
  type SealedRecord,
  showParts,
} from "../../protocol/evidence/commitment.ts";
import { EVIDENCE_SIGNATURE_CONTEXT, layOut } from "../../protocol/evidence/layout.ts";
import { nameOfRecord } from "../../protocol/journal/order.ts";
import { ALERT, CHECKPOINT } from "../../protocol/journal/record.ts";
import { decodeAlert } from "../../protocol/messages/alert.ts";
import { decodeSealedFile, encodeSealedFile, type Verified } from "../orders/sealed-file.ts";
import { type KeysFound, numbersText } from "./chain.ts";
import { publicBytesOfKey } from "./public-keys.ts";
import type { Received } from "./received.ts";
import type { SignedHead, Witness } from "./witness.ts";

/** What a bundle is made from. */
export interface Making {
  header: Omit<Header, "sent" | "signer">;
  /** From the device itself; may be empty. */
  journal: SealedRecord[];
  /** What had come in of it, and what has been kept since. */
  received: Received[];
  witness: Pick<Witness, "heads" | "inclusion" | "consistency">;
  /** Sealed orders as their files have them, with what they say. */
  orders: { bytes: Uint8Array; verified: Verified }[];
  image: ImageItem;
  /** M_i for these records, and which journal key sealed each. */
  keysFor: (records: SealedRecord[]) => KeysFound;
  /** Told of records that no key seals, which are then left out; without it they are refused. */
  leaveOut?: (records: SealedRecord[]) => void;
  /** Whether a record is of the span asked for. */
  isWanted: (record: SealedRecord) => boolean;
}

/** Draws salts; a test and the demonstration draw theirs from a seed. */
export type Draw = (bytes: number) => Uint8Array;

const drawSalt: Draw = (bytes) => Uint8Array.from(randomBytes(bytes));

/**
 * Throws `evidence.conflict` where the device's copy of a record is not the one that was received, `evidence.unsealed`,
 * `evidence.no-records`.
 */
export function makeBundle(making: Making, draw: Draw = drawSalt): Bundle {
  const wanted = mergeRecords(making).filter(({ record }) => making.isWanted(record));
  const { keys, generations } = making.keysFor(wanted.map(({ record }) => record));
  const chosen = onlySealed(wanted, generations, making);
  if (chosen.length === 0) throw new ToolError("evidence.no-records", { device: making.header.device });
  const heads = making.witness.heads();
  const size = heads.at(-1)?.head.size ?? 0;
  const known = chosen.map((one) => (one.leaf !== undefined && one.leaf < size ? one : { ...one, leaf: undefined }));
  const isSubject = making.header.purpose === "subject";
  const records = known.map((one) => (isSubject ? forSubject(one, draw) : shownItem(one)));
  return {
    header: { ...making.header, sent: sentOf(making.received) },
    orders: making.orders.map(({ bytes, verified }) => orderItem(bytes, verified, isSubject, draw)),
    image: making.image,
    records,
    keys,
    tree: treeOf(
      records.flatMap(({ leaf }) => (leaf === undefined ? [] : [leaf])),
      heads,
      making.witness,
    ),
  };
}

/** The file, signed by the key that signs the witness's heads. */
export function sealBundle(bundle: Bundle, key: KeyObject): Uint8Array {
  const hash = (bytes: Uint8Array) => Uint8Array.from(createHash("sha256").update(bytes).digest());
  const signed = { ...bundle, header: { ...bundle.header, signer: publicBytesOfKey(key) } };
  return layOut(signed, hash, (table) => sign1(key, table, EVIDENCE_SIGNATURE_CONTEXT));
}

interface Known {
  record: SealedRecord;
  leaf: number | undefined;
  salt: Uint8Array | undefined;
}

/** Both copies of a record must be one: a device whose journal tells otherwise now is the first thing to look into. */
function mergeRecords({ journal, received, header }: Making): Known[] {
  const known = new Map<string, Known>();
  for (const record of journal) known.set(nameOfRecord(record), { record, leaf: undefined, salt: undefined });
  for (const { leaf, content } of received) {
    if (content === undefined) continue;
    const name = nameOfRecord(content.record);
    const own = known.get(name)?.record;
    if (own !== undefined && !isSame(own, content.record))
      throw new ToolError("evidence.conflict", { device: header.device, number: own.number });
    known.set(name, { ...content, leaf });
  }
  return [...known.values()];
}

/** By generation, epoch, number: as they were written. A record that no key seals would make a verifier call all of it altered. */
function onlySealed(known: Known[], generations: KeysFound["generations"], { header, leaveOut }: Making): Known[] {
  const unsealed = known.map(({ record }) => record).filter((record) => !generations.has(record));
  if (unsealed.length > 0 && leaveOut === undefined) {
    const numbers = numbersText(unsealed);
    throw new ToolError("evidence.unsealed", { device: header.device, n: unsealed.length, numbers });
  }
  if (unsealed.length > 0) leaveOut?.(unsealed);
  const sealed = known.filter(({ record }) => generations.has(record));
  const generationOf = ({ record }: Known) => generations.get(record) ?? 0;
  return sealed.sort(
    (a, b) => generationOf(a) - generationOf(b) || a.record.epoch - b.record.epoch || a.record.number - b.record.number,
  );
}

function isSame(a: SealedRecord, b: SealedRecord): boolean {
  const isOne = a.epoch === b.epoch && a.kind === b.kind;
  return isOne && Buffer.compare(a.body, b.body) === 0 && Buffer.compare(a.tag, b.tag) === 0;
}

/** After a rewind the highest number is not the last that was written. */
function sentOf(received: Received[]): Header["sent"] {
  const last = received.reduce<Received | undefined>(
    (most, one) => (one.number > (most?.number ?? 0) ? one : most),
    undefined,
  );
  return last === undefined ? undefined : { number: last.number, atMs: last.receivedMs };
}

function shownItem({ record, leaf, salt }: Known): RecordItem {
  return { shown: true, record, leaf, salt: leaf === undefined ? undefined : salt };
}

/** Of an alert: how far from the boundary. Several such, with the fixes, would give the place away. */
const SIGNED_MM_KEY = 8;

/**
 * What the wearer gets: his own positions, and of the protected person's place a distance class. A checkpoint holds distances to
 * boundaries and goes whole. With a field the seal goes too: who has the epoch's key could try out every distance against it.
 */
function forSubject(known: Known, draw: Draw): RecordItem {
  const { record, leaf } = known;
  if (record.kind !== ALERT && record.kind !== CHECKPOINT) return shownItem(known);
  const parts = showParts(createNodeCrypto(), record, known.salt ?? draw(SALT_BYTES));
  const band = record.kind === ALERT ? bandOf(record.body) : undefined;
  const hides = (part: Part, i: number) =>
    record.kind === CHECKPOINT ? i > 0 : i === parts.length - 1 || ("bytes" in part && part.bytes[0] === SIGNED_MM_KEY);
  const isCut = record.kind === CHECKPOINT || parts.some((part, i) => i > 1 && i < parts.length - 1 && hides(part, i));
  if (!isCut) return shownItem(known);
  return {
    shown: false,
    number: record.number,
    epoch: record.epoch,
    kind: record.kind,
    parts: parts.map((part, i) => (i > 0 && hides(part, i) ? holdBack(createNodeCrypto(), part) : part)),
    leaf,
    band,
  };
}

function bandOf(body: Uint8Array): number | undefined {
  const alert = decodeAlert(body);
  const signedMm = alert.ok ? alert.value.signedMm : undefined;
  return signedMm === undefined ? undefined : BANDS_M.findIndex((most) => signedMm <= 1000 * most);
}

/** The centre's own places leave no bundle; an order that is held back is committed to with its salt. */
function orderItem(bytes: Uint8Array, { statement, deviceOrder }: Verified, isSubject: boolean, draw: Draw): OrderItem {
  const sealed = encodeSealedFile({ ...decodeSealedFile(bytes, deviceOrder.id), centre: undefined });
  if (!isSubject) return { sealed };
  const commitment = commitmentOf(createNodeCrypto(), { salt: draw(SALT_BYTES), bytes: sealed });
  return { id: deviceOrder.id, counter: statement.counter, commitment };
}

/** For each leaf the first head that holds it, and the last of all; each hash once, however many proofs it serves. */
function treeOf(leaves: number[], heads: SignedHead[], witness: Making["witness"]): TreeItem {
  const last = heads.at(-1);
  if (last === undefined || leaves.length === 0) return { heads: [], nodes: [], consistency: [], inclusion: [] };
  const wanted = new Set([heads.length - 1, ...leaves.map((leaf) => firstHead(heads, leaf))]);
  const used = heads.filter((_, i) => wanted.has(i));
  const nodes: Uint8Array[] = [];
  const places = new Map<string, number>();
  const refOf = (node: Uint8Array) => {
    const name = Buffer.from(node).toString("latin1");
    let ref = places.get(name);
    if (ref === undefined) {
      ref = nodes.push(node) - 1;
      places.set(name, ref);
    }
    return ref;
  };
  const consistency = used.slice(1).map(({ head }, i) => witness.consistency(used[i].head.size, head.size).map(refOf));
  const inclusion = leaves.map((leaf) => witness.inclusion(leaf, last.head.size).map(refOf));
  return { heads: used.map(({ bytes }) => bytes), nodes, consistency, inclusion };
}

/** By bisection: sizes ascend. */
function firstHead(heads: SignedHead[], leaf: number): number {
  let low = 0;
  let high = heads.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heads[middle].head.size > leaf) high = middle;
    else low = middle + 1;
  }
  return low;
}
