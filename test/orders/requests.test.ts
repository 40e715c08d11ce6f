import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { jsonLines } from "../cli/cli.ts";
import * as desks from "./desk.ts";
import { useDesk } from "./desk.ts";

const desk = useDesk();
const put = (name: string, text: string) => desks.put(desk, name, text);
const order = (...args: string[]) => desks.order(desk, ...args);
const putRequest = (name: string, more?: object) => desks.putRequest(desk, name, more);

test("requests of a folder are listed by name, in words and as JSON", () => {
  mkdirSync(path.join(desk.cwd, "requests"));
  putRequest("requests/b.json", { id: "r-2", change: { kind: "remove", zone: "work" } });
  putRequest("requests/a.json");
  put("requests/notes.txt", "not a request");
  const { code, out } = order("requests", "requests");
  expect(code).toBe(0);
  expect(out.split("\n").filter((line) => line.startsWith("request"))).toEqual([
    expect.stringContaining("r-1"),
    expect.stringContaining("r-2"),
  ]);
  expect(out).toContain("the school has moved");
  expect(jsonLines(order("requests", "requests", "--json").out)).toMatchObject([{ id: "r-1" }, { id: "r-2" }]);
  expect(order("requests", "requests", "--lang", "ja").out).toContain("申請者 A. Sato");
});

test("requests are listed though others among them are bad, and those are named with their place", () => {
  mkdirSync(path.join(desk.cwd, "inbox"));
  putRequest("inbox/a.json");
  put("inbox/b.json", "{");
  putRequest("inbox/c.json", { reason: "" });
  putRequest("inbox/d.json", { id: "r-4" });
  const { code, out, err } = order("requests", "inbox", "nowhere.json");
  expect(code).toBe(2);
  expect(out.match(/^request (\S+):/gm)).toEqual(["request r-1:", "request r-4:"]);
  expect(err).toMatch(
    /inbox.b\.json:1.*\[order\.not-json\][\s\S]*inbox.c\.json:\d+: reason.*\[order\.bad-field\][\s\S]*nowhere.*\[cli\.cannot-read\]/,
  );
  expect(err).toContain("2 requests, and 3 files refused");
  const json = order("requests", "inbox", "--json");
  expect([json.code, jsonLines(json.out).map(({ id }) => id)]).toEqual([2, ["r-1", "r-4"]]);
});

test("the example of a request is one to start from", () => {
  put("example.json", order("requests", "--example").out);
  expect(order("requests", "example.json")).toMatchObject({ code: 0, out: expect.stringContaining("new-school") });
  expect(order("requests", "--help").out).toContain('"requestedBy": "A. Sato"');
  expect(order("requests")).toMatchObject({ code: 2, err: expect.stringContaining("[cli.missing-argument]") });
});
