import fc from "fast-check";
import { expect, test } from "vitest";
import { isUtf8, putUtf8, textOf, utf8Length } from "../../protocol/utf8.ts";

test("what is text and what is UTF-8 is what the platform says", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(utf8Length(text)).toBe(bytes.length);
      const ours = new Uint8Array(bytes.length + 2).fill(7);
      putUtf8(ours, 1, text);
      expect([...ours]).toEqual([7, ...bytes, 7]);
      expect(textOf(ours, 1, bytes.length + 1)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("bytes that are no UTF-8 are told from those that are", () => {
  const platform = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const isTheirs = (bytes: Uint8Array) => {
    try {
      platform.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const near = fc.constantFrom(
    0x00,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.array(near, { maxLength: 6 }), (list) => {
      const bytes = Uint8Array.from(list);
      expect(isUtf8(bytes, 0, bytes.length)).toBe(isTheirs(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test.each(["\ud800", "a\udc00", "\ud800\ud800\udc00"])("a lone surrogate is no text: %j", (text) => {
  expect(utf8Length(text)).toBe(-1);
});
