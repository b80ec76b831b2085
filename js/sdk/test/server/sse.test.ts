import { describe, expect, test } from "vitest";
import { APIError } from "../../src/errors.js";
import { ServerEventReader } from "../../src/server/sse.js";

const bytes = (text: string) => new TextEncoder().encode(text);

const STREAM = [
  ": a comment\n\n",
  "data: one\n\n",
  "event: progress\r\ndata: two\r\ndata:lines é€😀\r\n\r\n",
  "id: 7\nretry: 5\ndata\ndata: \n\n",
  "event: nothing\n\n",
  "data: last\r\r",
].join("");

const EVENTS = [
  { name: "message", data: "one" },
  { name: "progress", data: "two\nlines é€😀" },
  { name: "message", data: "\n" },
  { name: "message", data: "last" },
];

describe("server-sent events", () => {
  test.each([1, 2, 3, 5, 7, 64, 1000])("come whole from pieces of %i bytes", (size) => {
    const all = bytes(STREAM);
    const reader = new ServerEventReader();
    const events = [];
    for (let start = 0; start < all.length; start += size) {
      events.push(...reader.feed(all.subarray(start, start + size)));
    }
    expect(events).toEqual(EVENTS);
  });

  test("are none while they are incomplete", () => {
    const reader = new ServerEventReader();
    expect(reader.feed(bytes("data: hel"))).toEqual([]);
    expect(reader.feed(bytes("lo\n"))).toEqual([]);
    expect(reader.feed(bytes("\n"))).toEqual([{ name: "message", data: "hello" }]);
  });

  test("that are no UTF-8, or without end, are errors", () => {
    expect(() => new ServerEventReader().feed(new Uint8Array([0x64, 0xff, 0x0a]))).toThrowError(
      APIError,
    );
    const reader = new ServerEventReader();
    const piece = new Uint8Array(16 << 20).fill(0x61);
    const drown = () => {
      for (let number = 0; number < 5; number += 1) reader.feed(piece);
    };
    expect(drown).toThrowError("the server sent an event of more than 64 MiB");
  });
});
