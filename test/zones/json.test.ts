import fc from "fast-check";
import { expect, test } from "vitest";
import { type Fields, parseJson } from "../../host/zones/json.ts";
import { refusal } from "./refusal.ts";

const parse = (text: string) => parseJson(text, "a.json", "zones.not-json");

test("what JSON.parse reads is read alike, and what it refuses is refused", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 6 }),
      fc.nat(),
      fc.constantFrom("", "x", ",", "]", '"', "\\", "0", "\u0000"),
      (text, at, put) => {
        const cut = at % (text.length + 1);
        for (const candidate of [text, text.slice(0, cut) + put + text.slice(cut + 1)]) {
          const expected = standard(candidate);
          if (expected === undefined) refusal(() => parse(candidate));
          else if (!hasRepeatedName(candidate))
            expect(JSON.stringify(parse(candidate).root)).toBe(JSON.stringify(expected));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

/** `undefined` for what is no JSON, or holds a number that is none in doubles. */
function standard(text: string): unknown {
  try {
    let finite = true;
    const value: unknown = JSON.parse(text, (_, item: unknown) => {
      if (typeof item === "number" && !Number.isFinite(item)) finite = false;
      return item;
    });
    return finite ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Then the two are meant to differ. Told by the number of names; a string that looks like one only spares a comparison. */
function hasRepeatedName(text: string): boolean {
  let names = 0;
  JSON.parse(text, function (this: unknown, key, value: unknown) {
    if (key !== "" && !Array.isArray(this)) names += 1;
    return value;
  });
  return (text.match(/"\s*:/g) ?? []).length > names;
}

test.each([
  ["a word that is none", '{"type":"Feature",\n"geometry":x,\n\n\n\n"a":1}', 2, 12, "reason.json-unexpected"],
  ["a comma too many", '{"a":{,\n\n}}', 1, 7, "reason.json-unexpected"],
  ["a comma at the end", "[1,\n2,\n]", 3, 1, "reason.json-unexpected"],
  ["a comment", "{\n// hi\n}", 2, 1, "reason.json-unexpected"],
  ["a cut", '{"a":[1,\r\n2', 2, 2, "reason.json-ends-early"],
  ["a cut in a string", '{"a":\n"b', 2, 3, "reason.json-ends-early"],
  ["nothing", "", 1, 1, "reason.json-ends-early"],
  ["more after the end", "{}\n{}", 2, 1, "reason.json-unexpected"],
  ["a line's end in a string", '["a\nb"]', 1, 4, "reason.json-unexpected"],
  ["an escape that is none", '["a",\n"\\x"]', 2, 1, "reason.json-bad-escape"],
  ["a name twice", '{"id":1,\n "id":2}', 2, 2, "reason.json-repeated-name"],
  ["a name twice, once in escapes", '{"id":1,\n "\\u0069d":2}', 2, 2, "reason.json-repeated-name"],
  ["a number beyond any", '{"a":\n1e999}', 2, 1, "reason.json-too-large"],
  ["a number with a leading nought", "[01]", 1, 3, "reason.json-unexpected"],
  ["a bottomless list", `[\n${"[".repeat(1_000_000)}`, 2, 32, "reason.json-too-deep"],
])("%s is refused where it stands", (_, text, line, column, detail) => {
  expect(refusal(() => parse(text))).toMatchObject({ code: "zones.not-json", params: { line, column, detail } });
});

test("an object and its members know their lines", () => {
  const { root, lineOf } = parse('\n{"a": 1,\n "": {\n"b": 2}}');
  const inner = (root as Fields)[""];
  expect([lineOf(root), lineOf(root, "a"), lineOf(root, ""), lineOf(root, "none")]).toEqual([2, 2, 3, 2]);
  expect([lineOf(inner), lineOf(inner, "b"), lineOf("elsewhere")]).toEqual([3, 4, 1]);
});
