import { Encoder } from "cbor-x";
import { expect, test } from "vitest";
import {
  createSmpReader,
  type Decoded,
  decoded,
  END,
  hasNext,
  nextKey,
  openList,
  openMap,
  readBool,
  readBytesBetween,
  readIntBetween,
  readTextBetween,
} from "../../protocol/index.ts";
import { seededRandom } from "../../simulator/world/random.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));

const UPLOAD_KEYS = ["off", "data", "len"];

/** As the server will read an image upload. */
function readUpload(bytes: Uint8Array): Decoded<{ off: number; data: number[]; len: number | undefined }> {
  const reader = createSmpReader(bytes);
  const upload: { off: number; data: number[]; len: number | undefined } = { off: -1, data: [], len: undefined };
  const map = openMap(reader);
  let key = nextKey(reader, map, UPLOAD_KEYS);
  while (key !== END) {
    if (UPLOAD_KEYS[key] === "off") upload.off = readIntBetween(reader, 0, 2 ** 32 - 1);
    else if (UPLOAD_KEYS[key] === "data") upload.data = [...readBytesBetween(reader, 0, 512)];
    else upload.len = readIntBetween(reader, 0, 2 ** 32 - 1);
    key = nextKey(reader, map, UPLOAD_KEYS);
  }
  return decoded(reader, upload);
}

interface Slot {
  slot: number;
  version: string;
  active: boolean;
}

/** As a client will read the state of the images: a list of maps in a map. */
function readImages(bytes: Uint8Array): Decoded<Slot[]> {
  const reader = createSmpReader(bytes);
  const images: Slot[] = [];
  const map = openMap(reader);
  while (nextKey(reader, map, ["images"]) !== END) {
    const list = openList(reader);
    while (hasNext(reader, list)) {
      const image = { slot: -1, version: "", active: false };
      const fields = openMap(reader);
      for (let key = nextKey(reader, fields, SLOT_KEYS); key !== END; key = nextKey(reader, fields, SLOT_KEYS)) {
        if (key === 0) image.slot = readIntBetween(reader, 0, 1);
        else if (key === 1) image.version = readTextBetween(reader, 1, 32);
        else image.active = readBool(reader);
      }
      images.push(image);
    }
  }
  return decoded(reader, images);
}
const SLOT_KEYS = ["slot", "version", "active"];

const GOOD = { ok: true, value: { off: 0, data: [1, 2], len: 300 } };

test.each([
  ["definite, as most clients send it", "a3 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  ["another order", "a3 63 6c656e 19 012c 64 64617461 42 0102 63 6f6666 00"],
  ["indefinite, as Jackson writes it", "bf 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c ff"],
  ["wide heads", "b9 0003 78 03 6f6666 1b 0000000000000000 64 64617461 5a 00000002 0102 63 6c656e 1a 0000012c"],
  ["an unknown integer", "a4 63 6f6666 00 65 696d616765 00 64 64617461 42 0102 63 6c656e 19 012c"],
  ["an unknown float", "a4 61 78 fb 3ff199999999999a 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  ["half and single floats", "a5 61 78 f9 3c00 61 79 fa 47c35000 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  ["undefined and null", "a5 61 78 f7 61 79 f6 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  ["simple values", "a5 61 78 f0 61 79 f8ff 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  [
    "a tag, and tags within tags",
    "a5 61 78 c1 1a 514b67b0 61 79 c1c2c3 80 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c",
  ],
  [
    "strings in chunks",
    "a5 61 78 5f 42 0102 40 ff 61 79 7f 61 61 ff 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c",
  ],
  ["four levels", "a4 61 78 81 a1 01 9f ff 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c"],
  [
    "a wide integer and a map of any keys",
    "a4 61 78 a2 f5 1b ffffffffffffffff 80 00 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c",
  ],
])("an upload is read whatever else comes with it: %s", (_, bytes) => {
  expect(readUpload(hex(bytes))).toEqual(GOOD);
});

test.each([
  ["not a map", "80", "message.not-map", 0],
  ["a key twice", "a2 63 6f6666 00 63 6f6666 00", "cbor.duplicate-key", 6],
  ["a key twice, once with a wide head", "a2 63 6f6666 00 7803 6f6666 00", "cbor.duplicate-key", 6],
  ["an unknown key twice", "a2 61 78 00 61 78 f7", "cbor.duplicate-key", 4],
  ["a key that is no text", "a1 01 00", "cbor.bad-key", 1],
  ["a key in chunks", "a1 7f 63 6f6666 ff 00", "cbor.indefinite", 1],
  ["a key that is no UTF-8", "a1 61 ff 00", "cbor.not-utf8", 1],
  ["a known key with a float", "a1 63 6f6666 f9 3c00", "cbor.not-integer", 5],
  ["a known key with undefined", "a1 64 64617461 f7", "message.not-bytes", 6],
  ["known bytes in chunks", "a1 64 64617461 5f 41 01 ff", "cbor.indefinite", 6],
  ["five levels", "a1 61 78 81 a1 01 9f 80 ff", "cbor.too-deep", 7],
  ["no end", "bf 63 6f6666 00", "cbor.truncated", 6],
  ["a break where a value belongs", "bf 61 78 ff", "cbor.break", 3],
  ["a break in a definite map", "a1 ff 00", "cbor.break", 1],
  ["an odd map inside", "a1 61 78 bf 01 ff", "cbor.break", 5],
  ["a chunk of another kind", "a1 61 78 5f 61 61 ff", "cbor.bad-chunk", 4],
  ["a chunk of chunks", "a1 61 78 5f 5f ff ff", "cbor.indefinite", 4],
  ["a reserved head", "a1 61 78 1c", "cbor.reserved-head", 3],
  ["a simple value that is none", "a1 61 78 f8 18", "cbor.reserved-head", 3],
  ["an integer without end", "a1 61 78 1f", "cbor.reserved-head", 3],
  ["a tag of nothing", "a1 61 78 c1", "cbor.truncated", 4],
  ["a string past the end", "a1 61 78 5a ffffffff 00", "cbor.truncated", 3],
  ["a list past the end", "a1 61 78 9b ffffffffffffffff", "cbor.truncated", 3],
  ["something after it", "a0 00", "cbor.trailing-bytes", 1],
  ["nothing", "", "cbor.truncated", 0],
])("refused with its code and place: %s", (_, bytes, reason, offset) => {
  expect(readUpload(hex(bytes))).toEqual({ ok: false, reason, offset });
});

test("the state of the images, as a stock server lists it, with all it says besides", () => {
  // {_ "images": [_ {_ "slot", "version", "hash", "bootable", "pending", "confirmed", "active", "permanent"}], "splitStatus"}
  const bytes =
    hex(`bf 66 696d61676573 9f bf 64 736c6f74 00 67 76657273696f6e 65 312e322e30 64 68617368 58 20 ${"5a".repeat(32)}
    68 626f6f7461626c65 f5 67 70656e64696e67 f4 69 636f6e6669726d6564 f5 66 616374697665 f5 69 7065726d616e656e74 f4 ff
    bf 64 736c6f74 01 67 76657273696f6e 65 312e332e30 ff ff 6b 73706c6974537461747573 00 ff`);
  expect(readImages(bytes)).toEqual({
    ok: true,
    value: [
      { slot: 0, version: "1.2.0", active: true },
      { slot: 1, version: "1.3.0", active: false },
    ],
  });
});

test("what cbor-x writes of a client's object is read", () => {
  const theirs = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });
  const bytes = theirs.encode({
    off: 0,
    x: { y: [1.5, undefined] },
    data: Uint8Array.of(1, 2),
    len: 300,
    t: new Date(0),
  });
  expect(readUpload(Uint8Array.from(bytes))).toEqual(GOOD);
});

test("a map of more pairs than anyone needs is refused, not searched", () => {
  const pairs = Array.from({ length: 33 }, (_, i) =>
    `62 61${(97 + (i % 26)).toString(16)} 00`.replace("61", i < 26 ? "61" : "62"),
  );
  expect(readUpload(hex(`b821${pairs.join("")}`))).toMatchObject({ ok: false, reason: "message.out-of-bounds" });
});

test("a message cut off at any byte is refused, and hostile bytes neither crash nor hang", () => {
  const good = hex("a5 61 78 5f 42 0102 40 ff 61 79 81 a1 01 9f ff 63 6f6666 00 64 64617461 42 0102 63 6c656e 19 012c");
  for (let n = 0; n < good.length; n++) expect(readUpload(good.subarray(0, n)).ok).toBe(false);
  const random = seededRandom(7, "smp");
  let accepted = 0;
  for (let run = 0; run < 50_000; run++) {
    const bytes = Uint8Array.from(good);
    for (let k = 0; k < 3; k++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const read = readUpload(bytes);
    if (read.ok) accepted += 1;
    else expect(read.offset <= bytes.length).toBe(true);
  }
  expect(accepted).toBeGreaterThan(100);
});
