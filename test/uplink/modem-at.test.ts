import { expect, test } from "vitest";
import {
  type AtItem,
  asciiBytes,
  awaitPayload,
  createAtReader,
  cutAt,
  feedAt,
  LINE_LIMIT,
  RECEIVE_LIMIT_BYTES,
  wholeNumber,
} from "../../firmware/uplink/at.ts";

function read(text: string, pieces = 1_000): AtItem[] {
  const items: AtItem[] = [];
  const reader = createAtReader();
  reader.awaitsPrompt = true;
  const bytes = asciiBytes(text);
  for (let at = 0; at < bytes.length; at += pieces)
    feedAt(reader, bytes.subarray(at, at + pieces), (item) => items.push(item));
  return items;
}

const line = (text: string): AtItem => ({ kind: "line", text });

test("lines come without their ends, and empty ones not at all", () => {
  expect(read("\r\n+CEREG: 1,5\r\n\r\nOK\r\nAPP RDY\n")).toEqual([line("+CEREG: 1,5"), line("OK"), line("APP RDY")]);
});

test("echo before an answer is a line of its own", () => {
  expect(read("AT+CGSN\r\r\n867698040000017\r\n")).toEqual([line("AT+CGSN"), line("867698040000017")]);
});

test("how the bytes are cut makes no difference", () => {
  const text = `\r\nRDY\r\n\r\n> \r\nOK\r\n+QMTRECV: 0,1,"a/b",5,"\r\nOK\r"\r\n+QMTSTAT: 0,1\r\n`;
  for (const pieces of [1, 2, 3, 7]) expect(read(text, pieces)).toEqual(read(text));
});

test("a `>` is the prompt only at a line's beginning, only when awaited, and only once", () => {
  expect(read("a>b\r\n\r\n> ")).toEqual([line("a>b"), { kind: "prompt" }]);
  expect(read("\r\n> \r\n> \r\n")).toEqual([{ kind: "prompt" }, line("> ")]);
});

test("a message's bytes are counted, whatever they look like", () => {
  const hostile = '\r\nOK\r\n\r\n> +QMTPUBEX: 0,1,0\r\nRDY\r\n","\0\xff';
  const items = read(`\r\n+QMTRECV: 0,7,"t/d",${hostile.length},"${hostile}"\r\n\r\nOK\r\n`);
  expect(items).toEqual([{ kind: "payload", head: "t/d", bytes: asciiBytes(hostile) }, line('"'), line("OK")]);
});

test("a message without quotation marks is read as well", () => {
  expect(read('+QMTRECV: 0,7,"t/d",3,\x83\x01\x02\r\nOK\r\n')).toEqual([
    { kind: "payload", head: "t/d", bytes: Uint8Array.of(0x83, 1, 2) },
    line("OK"),
  ]);
});

test("an empty message is none, and what follows is read", () => {
  expect(read('+QMTRECV: 0,7,"t/d",0,""\r\nOK\r\n').pop()).toEqual(line("OK"));
});

test("a message that is too long is counted, dropped, and what follows is read", () => {
  const length = RECEIVE_LIMIT_BYTES + 1;
  const items = read(`+QMTRECV: 0,7,"t/d",${length},"${"\n".repeat(length)}"\r\nOK\r\n`);
  expect(items).toEqual([{ kind: "payload", head: "t/d", bytes: new Uint8Array() }, line('"'), line("OK")]);
});

test("a length that no message has is noise in a line", () => {
  expect(read('+QMTRECV: 0,7,"t/d",99999,"x\r\nOK\r\n').pop()).toEqual(line("OK"));
});

test("a line too long is dropped whole, and the next one read", () => {
  expect(read(`${"x".repeat(LINE_LIMIT)}OK\r\nOK\r\n${"y".repeat(100_000)}\nRDY\r\n`)).toEqual([
    line("OK"),
    line("RDY"),
  ]);
});

test("NUL bytes are passed over, other noise makes a line that means nothing", () => {
  expect(read("\0\0O\0K\r\n\xff\x80OK\r\n")).toEqual([line("OK"), line("\xff\x80OK")]);
});

test("after a cut the half line and the half message are forgotten", () => {
  const items: AtItem[] = [];
  const reader = createAtReader();
  feedAt(reader, asciiBytes("+QMTS"), (item) => items.push(item));
  cutAt(reader);
  awaitPayload(reader, "file", 4, 10);
  feedAt(reader, asciiBytes("ab"), (item) => items.push(item));
  cutAt(reader);
  feedAt(reader, asciiBytes("OK\r\n"), (item) => items.push(item));
  expect(items).toEqual([line("OK")]);
});

test("numbers are one to four digits", () => {
  expect(["0", "7", "1280", "9999"].map(wholeNumber)).toEqual([0, 7, 1280, 9999]);
  expect(["", "-1", "1a", "12345", "1.5", " 1"].map(wholeNumber)).toEqual([-1, -1, -1, -1, -1, -1]);
});
