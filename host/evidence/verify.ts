import { HEAD_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { verify1 } from "../../protocol/cose/sign1.ts";
import {
  type Bundle,
  LIST_MOST,
  readEpochKey,
  readHeader,
  readImage,
  readList,
  readOrderItem,
  readRecordItem,
  readSection,
  readTree,
} from "../../protocol/evidence/bundle.ts";
import {
  EVIDENCE_SIGNATURE_CONTEXT,
  inspect,
  type Place,
  type SectionName,
  type Sections,
  sealOf,
  signaturePlace,
} from "../../protocol/evidence/layout.ts";
import type { JournalRun } from "../../simulator/replay/journal-replay.ts";
import { keyIdOf, publicKeyOf } from "../vault/signing.ts";
import { type ChainChecked, checkChain } from "./check-chain.ts";
import { checkOrders, isSignedOrder, type OrdersChecked } from "./check-orders.ts";
import { checkReplay } from "./check-replay.ts";
import { checkTree, type TreeChecked } from "./check-tree.ts";
import { type Facts, factsOf, momentOf } from "./facts.ts";
import { type PublicKeys, verifyAny } from "./public-keys.ts";
import type { Limits } from "./re-execute.ts";
import { releasesIn } from "./releases.ts";
import { failed, notDone, passed, type Step } from "./step.ts";

/** Where something was altered, as far as it can be told. */
export interface FoundPlace extends Place {
  /** Of a record: its number, and the last instant that stands before it. */
  number: number | undefined;
  afterMs: number | undefined;
}

export interface Verification {
  /**
   * `genuine`: every step passed. `altered`: something is not as it was made, or not by whom it says. `unproven`: nothing is
   * wrong, and not every step could be done.
   */
  outcome: "genuine" | "altered" | "unproven";
  steps: Step[];
  places: FoundPlace[];
  /** What it says; `undefined` where it is altered. */
  bundle: Bundle | undefined;
  chain: ChainChecked | undefined;
  orders: OrdersChecked | undefined;
  tree: TreeChecked | undefined;
  run: JournalRun | undefined;
  /** Records that are missing, or that were not run though there were inputs or alerts in them. */
  notRun: number | undefined;
  facts: Facts | undefined;
}

export interface VerifyOptions {
  /** Without them nothing can be proven. */
  keys?: PublicKeys;
  /** A newer release list than the bundle's own. */
  releases?: Uint8Array;
  limits?: Limits;
  /** For checks without re-execution; the step is then not done. */
  noReplay?: boolean;
}

/** Needs public keys alone, no network, and nothing of the bundle is believed before it is checked. Never throws for what the file holds. */
export async function verifyBundle(file: Uint8Array, options: VerifyOptions = {}): Promise<Verification> {
  const crypto = createNodeCrypto();
  const { keys } = options;
  const inspected = inspect(file, crypto.sha256);
  const signature = signatureStep(file, keys);
  const places = inspected.places.slice();
  const read = inspected.sections === undefined ? undefined : bundleIn(inspected.sections);
  const isWhole = places.length === 0;
  // Where others of these keys' signatures hold, or none is there to ask, it is this one that was altered.
  const foreign =
    isWhole && signature.outcome === "failed" && read?.ok === true
      ? foreignStep(file, read.bundle, keys ?? [])
      : undefined;
  if (isWhole && signature.outcome === "failed" && foreign === undefined) places.push(signaturePlace());
  const found = describeAll(places, inspected.sections);
  const form =
    places.length === 0
      ? passed("form", "evidence.form-fits")
      : failed("form", "evidence.form-broken", { n: places.length });
  const stop = (...more: Step[]): Verification => ({
    ...NOTHING,
    outcome: "altered",
    steps: [form, foreign ?? (isWhole ? signature : ofTable(signature)), ...more],
    places: found,
  });
  if (form.outcome === "failed" || signature.outcome === "failed" || read === undefined) return stop();
  if (!read.ok) {
    const { section, reason, offset } = read;
    return stop(failed("form", "evidence.bad-section", { section, why: reason, offset }));
  }
  return checkAll(read.bundle, [form, signature], options);
}

const NOTHING = {
  places: [],
  bundle: undefined,
  chain: undefined,
  orders: undefined,
  tree: undefined,
  run: undefined,
  notRun: undefined,
  facts: undefined,
};

async function checkAll(
  bundle: Bundle,
  first: Step[],
  { keys, releases, limits, noReplay }: VerifyOptions,
): Promise<Verification> {
  const crypto = createNodeCrypto();
  const orders = checkOrders(bundle.orders, bundle.header.device, keys);
  const chain = checkChain(crypto, bundle.records, bundle.keys);
  const tree = checkTree(crypto, bundle.tree, bundle.records, keys);
  const steps = [...first, orders.step, chain.step, tree.step];
  const isBroken = steps.some(({ outcome }) => outcome === "failed");
  let run: JournalRun | undefined;
  let notRun: number | undefined;
  if (isBroken) steps.push(notDone("replay", "evidence.replay-after-failure"));
  else if (noReplay) steps.push(notDone("replay", "evidence.replay-unasked"));
  else {
    const replayed = await checkReplay(crypto, bundle.image, bundle.records, orders, keys, releases, limits);
    steps.push(replayed.step);
    ({ run, notRun } = replayed);
  }
  return {
    outcome: outcomeOf(steps),
    steps,
    places: [],
    bundle,
    chain,
    orders,
    tree,
    run,
    notRun,
    facts: factsOf(bundle, chain, tree),
  };
}

function outcomeOf(steps: Step[]): Verification["outcome"] {
  if (steps.some(({ outcome }) => outcome === "failed")) return "altered";
  return steps.every(({ outcome }) => outcome === "passed") ? "genuine" : "unproven";
}

function signatureStep(file: Uint8Array, keys: PublicKeys | undefined): Step {
  if (keys === undefined) return notDone("signature", "evidence.no-keys");
  const seal = sealOf(file);
  if (seal === undefined) return failed("signature", "evidence.no-signature");
  const opened = verifyAny(keys, "heads", seal, EVIDENCE_SIGNATURE_CONTEXT);
  return opened.ok ? passed("signature", "evidence.signed") : failed("signature", "evidence.signature-forged");
}

/** What is signed is the table of contents: where the rest is not what it lists, that it holds says nothing of the rest. */
function ofTable(signature: Step): Step {
  return signature.outcome === "passed" ? notDone("signature", "evidence.signed-table") : signature;
}

/** Where it is the keys that do not fit: somebody else's, or older than the signature. */
function foreignStep(file: Uint8Array, bundle: Bundle, keys: PublicKeys): Step | undefined {
  if (areForeign(bundle, keys)) return failed("signature", "evidence.keys-foreign");
  const seal = sealOf(file);
  const { signer } = bundle.header;
  if (seal === undefined || signer === undefined) return undefined;
  // A signature by one of the keys given, or by none at all, is what was altered.
  const isGiven = keys.some(({ role, key }) => role === "heads" && publicKeyOf(signer).equals(key));
  if (isGiven || !verify1(publicKeyOf(signer), seal, EVIDENCE_SIGNATURE_CONTEXT).ok) return undefined;
  return failed("signature", "evidence.signer-unknown", { id: keyIdOf(signer) });
}

/** Whether the bundle has other signatures and these keys made none of them: then they are somebody else's. */
function areForeign({ tree, orders, image }: Bundle, keys: PublicKeys): boolean {
  const heads = tree.heads.map((bytes) => verifyAny(keys, "heads", bytes, HEAD_SIGNATURE_CONTEXT).ok);
  const lists = image.releases.length === 0 ? [] : [releasesIn(keys, image.releases) !== undefined];
  const sealed = orders.filter((item) => "sealed" in item).map((item) => isSignedOrder(item.sealed, keys));
  const others = [...heads, ...lists, ...sealed];
  return others.length > 0 && !others.includes(true);
}

type Read = { ok: true; bundle: Bundle } | { ok: false; section: SectionName; reason: string; offset: number };

export function bundleIn(sections: Sections): Read {
  const header = readSection(sections.header, readHeader);
  if (!header.ok) return { ...header, section: "header" };
  const orders = readSection(sections.orders, (reader) =>
    readList(reader, LIST_MOST.orders, () => readOrderItem(reader)),
  );
  if (!orders.ok) return { ...orders, section: "orders" };
  const image = readSection(sections.image, readImage);
  if (!image.ok) return { ...image, section: "image" };
  const records = readSection(sections.records, (reader) =>
    readList(reader, LIST_MOST.records, () => readRecordItem(reader)),
  );
  if (!records.ok) return { ...records, section: "records" };
  const keys = readSection(sections.keys, (reader) => readList(reader, LIST_MOST.keys, () => readEpochKey(reader)));
  if (!keys.ok) return { ...keys, section: "keys" };
  const tree = readSection(sections.tree, readTree);
  if (!tree.ok) return { ...tree, section: "tree" };
  return {
    ok: true,
    bundle: {
      header: header.value,
      orders: orders.value,
      image: image.value,
      records: records.value,
      keys: keys.value,
      tree: tree.value,
    },
  };
}

/** A record that was altered cannot be trusted to say which it is: its neighbours are asked. */
function describeAll(places: Place[], sections: Sections | undefined): FoundPlace[] {
  const isRecord = ({ section, what }: Place) => section === "records" && what === "piece";
  const items = sections !== undefined && places.some(isRecord) ? readableRecords(sections) : [];
  return places.map((place) =>
    isRecord(place) && place.piece ? describe(place, place.piece - 1, items) : { ...place, ...UNKNOWN },
  );
}

const UNKNOWN = { number: undefined, afterMs: undefined };

function describe(place: Place, index: number, items: Readable[]): FoundPlace {
  const before = items.filter((item) => item.index < index);
  const after = items.find((item) => item.index > index);
  const own = items.find((item) => item.index === index);
  const last = before.at(-1);
  const least = last === undefined ? 1 : last.number + index - last.index;
  const most = after === undefined ? Number.POSITIVE_INFINITY : after.number - (after.index - index);
  const isLikely = own !== undefined && own.number >= least && own.number <= most;
  const number = isLikely ? own.number : least === most ? least : undefined;
  return { ...place, number, afterMs: before.filter(({ ms }) => ms !== undefined).at(-1)?.ms };
}

interface Readable {
  index: number;
  number: number;
  ms: number | undefined;
}

/** By the index, one by one, whatever the others have become. */
function readableRecords({ records, index }: Sections): Readable[] {
  const found: Readable[] = [];
  let at = 0;
  for (const [i, length] of recordLengths(index).entries()) {
    const piece = records.slice(at, at + length);
    at += length;
    if (i === 0) continue;
    const item = readSection(piece, readRecordItem);
    if (!item.ok) continue;
    const number = item.value.shown ? item.value.record.number : item.value.number;
    found.push({ index: i - 1, number, ms: item.value.shown ? momentOf(item.value.record) : undefined });
  }
  return found;
}

/** The index's lines of the records: they stand fourth. */
function recordLengths(index: Uint8Array): number[] {
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  let at = 0;
  for (let section = 0; section < 4 && at + 4 <= index.length; section++) {
    const count = view.getUint32(at);
    at += 4;
    if (at + 36 * count > index.length) return [];
    if (section === 3) return Array.from({ length: count }, (_, i) => view.getUint32(at + 36 * i));
    at += 36 * count;
  }
  return [];
}
