import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import { createServer, serve } from "../../firmware/management/server.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { fakeDevice, KEY } from "./device.ts";
import { type Carry, openSession, parse, read, request, write } from "./stock-client.ts";

const crypto = createNodeCrypto();

function served(provisioned: boolean) {
  const device = fakeDevice(provisioned);
  const server = createServer(device.managed);
  const clock = { nowMs: 0 };
  const carry: Carry = (message) => serve(server, message, clock.nowMs);
  return { ...device, server, carry, clock };
}

describe("before provisioning a stock client is served in full", () => {
  test("echo, parameters and info answer", () => {
    const { carry } = served(false);
    expect(write(carry, 0, 0, { d: "hello" }).body).toEqual({ r: "hello" });
    expect(read(carry, 0, 6).body).toEqual({ buf_size: 1536, buf_count: 1 });
    expect(read(carry, 0, 7, { format: "sv" }).body.output).toContain("omamori-bracelet");
  });

  test("the answer carries the request's sequence, group, command and version, with the answering operation", () => {
    const { carry } = served(false);
    expect(parse(carry(request(2, 0, 0, { d: "" }, 0, 200)))).toMatchObject({
      op: 3,
      version: 0,
      group: 0,
      sequence: 200,
      command: 0,
    });
    expect(parse(carry(request(0, 0, 6, {}, 1, 255)))).toMatchObject({ op: 1, version: 1, sequence: 255, command: 6 });
  });

  test("date and time are told and set", () => {
    const { carry, calls } = served(false);
    expect(read(carry, 0, 4).body).toEqual({ datetime: "2026-11-18T11:06:40.000" });
    expect(write(carry, 0, 4, { datetime: "2026-11-25T05:43:23.250" }).body).toEqual({});
    expect(calls).toEqual([["time", Date.UTC(2026, 10, 25, 5, 43, 23, 250), 0]]);
    expect(write(carry, 0, 4, { datetime: "2026-02-30T00:00:00" }).body.err).toMatchObject({ group: 0, rc: 3 });
  });

  test("an image is uploaded in pieces and its state set", () => {
    const { carry, calls } = served(false);
    expect(
      write(carry, 1, 1, { image: 0, len: 900, off: 0, sha: new Uint8Array(32), data: new Uint8Array(400) }).body,
    ).toEqual({ off: 400 });
    expect(write(carry, 1, 1, { off: 400, data: new Uint8Array(500) }).body).toEqual({ off: 900 });
    expect(calls).toEqual([
      ["upload", 0, 400, 900],
      ["upload", 400, 500, undefined],
    ]);
    expect(read(carry, 1, 0).body).toMatchObject({
      images: [{ slot: 0, version: "1.0.0", active: true }],
      splitStatus: 0,
    });
    expect(write(carry, 1, 0, { hash: new Uint8Array(32), confirm: false }).body).toMatchObject({
      err: { group: 1, rc: 6 },
    });
  });

  test("the journal is downloaded whole, in pieces", () => {
    const { carry, journal } = served(false);
    const pieces: Uint8Array[] = [];
    let at = 0;
    const first = read(carry, 8, 0, { name: "/journal", off: 0 }).body;
    expect(first.len).toBe(journal.length);
    while (at < journal.length) {
      const { off, data } = read(carry, 8, 0, { name: "/journal", off: at }).body as { off: number; data: Uint8Array };
      expect(off).toBe(at);
      pieces.push(data);
      at += data.length;
    }
    expect(Buffer.concat(pieces).equals(journal)).toBe(true);
    expect(read(carry, 8, 1, { name: "/journal" }).body).toEqual({ len: journal.length });
    expect(read(carry, 8, 0, { name: "/keys", off: 0 }).body).toMatchObject({ err: { rc: 5 } });
  });

  test("what is not there is not supported, in the version that asked", () => {
    const { carry } = served(false);
    expect(read(carry, 2, 0).body).toEqual({ err: { group: 2, rc: 8 } });
    expect(read(carry, 2, 0, {}, 0).body).toEqual({ rc: 8 });
  });
});

describe("a provisioned device without a session", () => {
  test("answers echo, parameters, info and who it is, and refuses all else by name", () => {
    const { carry, calls } = served(true);
    expect(write(carry, 0, 0, { d: "x" }).body).toEqual({ r: "x" });
    expect(read(carry, 0, 6).body.buf_size).toBe(1536);
    expect(read(carry, 0, 7).body).toHaveProperty("output");
    expect(read(carry, 64, 0).body).toEqual({});
    calls.length = 0;
    for (const [op, group, command] of [
      [2, 0, 5],
      [0, 0, 4],
      [2, 0, 4],
      [0, 1, 0],
      [2, 1, 1],
      [2, 1, 5],
      [0, 8, 0],
      [2, 64, 1],
      [0, 64, 9],
    ]) {
      const { body } = parse(carry(request(op, group, command, { d: "", off: 0, data: new Uint8Array(1) })));
      expect([group, command, body]).toEqual([group, command, { err: { group, rc: 11 }, rsn: "session.needed" }]);
      expect(parse(carry(request(op, group, command, {}, 0))).body).toEqual({ rc: 11, rsn: "session.needed" });
    }
    expect(calls).toEqual([]);
  });
});

describe("a session", () => {
  test("proves both sides and carries whole messages", () => {
    const { carry, calls } = served(true);
    const session = openSession(carry, crypto, KEY);
    expect(session).toMatchObject({ deviceProven: true, proof: {} });
    expect(write(session.carry!, 0, 5).body).toEqual({});
    expect(write(session.carry!, 0, 4, { datetime: "2026-11-25T00:00:00Z" }).body).toEqual({});
    expect(write(session.carry!, 64, 6).body).toEqual({});
    expect(calls).toEqual([["reset"], ["time", Date.UTC(2026, 10, 25), NEVER_MS], ["ours", 6, true]]);
  });

  test("with another key comes to nothing", () => {
    const { carry, calls } = served(true);
    const session = openSession(carry, crypto, new Uint8Array(32).fill(1));
    expect(session.deviceProven).toBe(false);
    expect(session.proof).toMatchObject({ rsn: "session.forged" });
    expect(() => write(session.carry!, 0, 5)).toThrow("session.none");
    expect(calls).toEqual([]);
  });

  test("of a field unit holds for its assignment until it expires or is revoked", () => {
    const { carry, clock } = served(true);
    const expiryS = 1_795_000_000 + 72 * 3_600;
    expect(openSession(carry, crypto, KEY, { assignment: 2, expiryS }).refused).toMatchObject({
      rsn: "session.revoked",
    });
    expect(openSession(carry, crypto, KEY, { assignment: 3, expiryS })).toMatchObject({ proof: {} });
    clock.nowMs = 73 * 3_600_000;
    expect(openSession(carry, crypto, KEY, { assignment: 3, expiryS }).refused).toMatchObject({
      rsn: "session.expired",
    });
  });

  test("of a field unit can not be stretched by saying a later expiry", () => {
    const { carry } = served(true);
    const said = { assignment: 5, expiryS: 1_799_999_999, keyExpiryS: 1_795_000_000 };
    expect(openSession(carry, crypto, KEY, said)).toMatchObject({
      deviceProven: false,
      proof: { rsn: "session.forged" },
    });
  });

  test("takes each counter once: a repeat is given the same answer again and is not done again", () => {
    const { carry, calls } = served(true);
    const session = openSession(carry, crypto, KEY);
    const message = session.sealed!(request(2, 64, 6, {}), 0);
    const once = carry(message);
    expect(carry(message)).toEqual(once);
    expect(calls).toEqual([["ours", 6, true]]);
    expect(parse(carry(session.sealed!(request(2, 64, 6, {}), 2))).body).toMatchObject({ rsn: "session.counter" });
  });

  test("is not kept open by what somebody recorded of it", () => {
    const { carry, clock } = served(true);
    const session = openSession(carry, crypto, KEY);
    const message = session.sealed!(request(2, 64, 6, {}), 0);
    carry(message);
    clock.nowMs = 59_000;
    carry(message);
    clock.nowMs = 60_000;
    expect(parse(carry(message)).body).toMatchObject({ rsn: "session.none" });
  });

  test("is not disturbed by rubbish, another's hello or a forged frame", () => {
    const { carry } = served(true);
    const session = openSession(carry, crypto, KEY);
    expect(write(carry, 64, 34, { c: 0, s: new Uint8Array(40) }).body).toMatchObject({ err: { rc: 11 } });
    expect(openSession(carry, crypto, KEY).refused).toMatchObject({ rsn: "session.taken" });
    expect(write(session.carry!, 64, 6).body).toEqual({});
  });

  test("ends after a minute without use", () => {
    const { carry, clock } = served(true);
    const session = openSession(carry, crypto, KEY);
    clock.nowMs = 59_000;
    expect(write(session.carry!, 64, 6).body).toEqual({});
    clock.nowMs += 60_000;
    expect(() => write(session.carry!, 64, 6)).toThrow("session.none");
    expect(openSession(carry, crypto, KEY, { random: new Uint8Array(16).fill(9) }).proof).toEqual({});
  });

  test("recorded once opens nothing the next time", () => {
    const { carry, clock, calls } = served(true);
    const said: Uint8Array[] = [];
    const tap: Carry = (message) => {
      said.push(message);
      return carry(message);
    };
    const session = openSession(tap, crypto, KEY);
    write((message) => parseSealed(tap, session, message), 64, 6);
    clock.nowMs = 120_000;
    calls.length = 0;
    for (const message of said) carry(message);
    expect(calls).toEqual([]);
  });
});

function parseSealed(carry: Carry, session: ReturnType<typeof openSession>, message: Uint8Array): Uint8Array {
  carry(session.sealed!(message, 0));
  return request(3, 64, 6, {});
}

test("whatever arrives, the server answers with a message or not at all, and nothing is done outside a session", () => {
  const { carry, calls } = served(true);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc
          .tuple(fc.nat(7), fc.constantFrom(0, 1, 8, 64), fc.nat(40), fc.uint8Array({ maxLength: 60 }))
          .map(
            ([op, group, command, body]) =>
              new Uint8Array([(1 << 3) | op, 0, 0, body.length, 0, group, 1, command, ...body]),
          ),
      ),
      (message) => {
        const answer = carry(message);
        if (answer !== undefined) parse(answer);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(calls.filter((call) => JSON.stringify(call) !== '["ours",0,false]')).toEqual([]);
});
