import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { aliasRepeats } from "../../host/build/espruino/alias-repeats.ts";

const TEXT = '"a text long enough to be worth a name"';

function bundle(body: string): string {
  return `(()=>{${body}})();`;
}

test("a text that stands in the code again and again stands there once, and the code does the same", () => {
  const code = bundle(
    `function f(e){return ${TEXT}===e?${TEXT}:void 0}switch(${TEXT}){case ${TEXT}:out=f(${TEXT})}${"f(void 0);".repeat(20)}`,
  );
  const shorter = aliasRepeats(code);
  expect(shorter.split(TEXT)).toHaveLength(2);
  expect(shorter.split("void 0")).toHaveLength(2);
  const world = { out: "" };
  runInNewContext(shorter, world);
  expect(world.out).toBe(JSON.parse(TEXT));
});

test("words that touched the text without a space are parted from its name", () => {
  const code = bundle(
    `function f(e){switch(e){case${TEXT}:return${TEXT};default:return${TEXT}in{}}}out=f(${TEXT})+f(${TEXT})`,
  );
  const world = { out: "" };
  runInNewContext(aliasRepeats(code), world);
  expect(world.out).toBe(JSON.parse(TEXT) + JSON.parse(TEXT));
});

test("keys of objects, names of properties and directives stay", () => {
  const key = '"a key as long as any text of them"';
  const code = `(()=>{"use strict";out=[${`{${key}:1},`.repeat(9)}];})();`;
  expect(aliasRepeats(code)).toBe(code);
});

test("no name is one that the code has already", () => {
  const taken = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => `$${letter}`);
  const shorter = aliasRepeats(bundle(`let ${taken.join(",")};out=[${`${TEXT},`.repeat(9)}]`));
  const [, name] = /let ([\w$]+)="/.exec(shorter) ?? [];
  expect(taken).not.toContain(name);
});

test("what is too seldom to be worth a variable on the device stays, and so does code of another shape", () => {
  for (const code of [bundle(`out=${TEXT}`), `f(${`${TEXT},`.repeat(9)})`]) expect(aliasRepeats(code)).toBe(code);
});
