import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "../../protocol/smp/base64.ts";
import { readHeader, writeMessage } from "../../protocol/smp/header.ts";
import { crc16, createDeframer, deframe, FRAME_BYTES_MOST, frameMessage } from "../../protocol/smp/serial.ts";

const ascii = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

function received(stream: Uint8Array, cut: number, mostBytes = 2_048): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const deframer = createDeframer(mostBytes);
  for (let at = 0; at < stream.length; at += cut)
    deframe(deframer, stream.subarray(at, at + cut), (message) => messages.push(message));
  return messages;
}

test("the CRC is CRC-16/XMODEM", () => {
  expect(crc16(ascii("123456789"), 0, 9)).toBe(0x31c3);
});

/** An echo of "hello" as MCUmgr's own documentation and clients send it: op 2, group 0, id 0, {"d": "hello"}. */
const ECHO = new Uint8Array(Buffer.from("0200000900004200a161646568656c6c6f", "hex"));

test("an echo request has the head and the frame of MCUmgr", () => {
  const header = readHeader(ECHO);
  expect(header).toMatchObject({ op: 2, version: 0, length: 9, group: 0, sequence: 0x42, command: 0 });
  const framed = frameMessage(ECHO);
  expect(framed[0]).toBe(6);
  expect(framed[1]).toBe(9);
  const packet = Buffer.from(Buffer.from(framed.subarray(2, -1)).toString("latin1"), "base64");
  expect(packet.readUInt16BE(0)).toBe(ECHO.length + 2);
  expect(packet.readUInt16BE(packet.length - 2)).toBe(crc16(ECHO, 0, ECHO.length));
});

test("what was framed comes back, however it is cut, amid the console's own lines", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 200 }),
      (messages, cut) => {
        const noise = ascii("[00:00:01] <inf> gnss: on\r\n");
        const stream = Buffer.concat(messages.flatMap((message) => [noise, frameMessage(message)]));
        expect(received(stream, cut).map((m) => Buffer.from(m))).toEqual(messages.map((m) => Buffer.from(m)));
        for (const line of Buffer.concat(messages.map(frameMessage)).toString("latin1").split("\n"))
          expect(line.length).toBeLessThan(FRAME_BYTES_MOST);
      },
    ),
  );
});

describe("a frame that was damaged is passed over, and the next one is whole", () => {
  const bad: [string, (frame: Buffer) => Buffer][] = [
    ["a character is another", (f) => Buffer.concat([f.subarray(0, 9), ascii("z"), f.subarray(10)])],
    ["a character is no base64", (f) => Buffer.concat([f.subarray(0, 9), ascii("!"), f.subarray(10)])],
    ["it ends early", (f) => Buffer.concat([f.subarray(0, 12), ascii("\n")])],
    ["a line is far too long", (f) => Buffer.concat([f.subarray(0, 12), Buffer.alloc(5_000, 65), ascii("\n")])],
    ["its first line is missing", (f) => f.subarray(f.indexOf(10) + 1)],
    ["its marker is missing", (f) => f.subarray(2)],
  ];
  for (const [name, damage] of bad) {
    test(name, () => {
      const long = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 255));
      const stream = Buffer.concat([damage(Buffer.from(frameMessage(long))), frameMessage(ECHO)]);
      expect(received(stream, 64)).toEqual([ECHO]);
    });
  }
});

test("a message longer than the device takes is passed over", () => {
  const stream = Buffer.concat([frameMessage(new Uint8Array(300)), frameMessage(ECHO)]);
  expect(received(stream, 50, 128)).toEqual([ECHO]);
});

test("base64 is RFC 4648's, and only in its one form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = toBase64(bytes);
      expect(Buffer.from(text).toString("latin1")).toBe(Buffer.from(bytes).toString("base64"));
      expect(fromBase64(text, 0, text.length)).toEqual(bytes);
    }),
  );
  for (const wrong of ["QQ=", "QR==", "QUF=", "Q===", "====", "QQ==QQ==", "Q Q="]) {
    expect([wrong, fromBase64(ascii(wrong), 0, wrong.length)]).toEqual([wrong, undefined]);
  }
});

test("a head whose length is not that of the bytes is no message", () => {
  const header = { op: 2, version: 1, length: 0, group: 64, sequence: 7, command: 3 };
  const message = writeMessage(header, new Uint8Array([0xa0]));
  expect(readHeader(message)).toEqual({ ...header, length: 1 });
  expect(readHeader(message.subarray(0, 8))).toBeUndefined();
  expect(readHeader(Buffer.concat([message, message]))).toBeUndefined();
});
