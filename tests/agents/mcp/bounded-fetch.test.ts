import { expect, test } from "vitest";
import { boundedFetch } from "../../../agents/mcp/bounded-fetch.ts";

function streamOf(chunks: Iterable<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}

const answering = (type: string, chunks: Iterable<string>) =>
  boundedFetch(100, async () => new Response(streamOf(chunks), { headers: { "content-type": type }, status: 201 }));

test("a body within the bound comes as it is, with its status and headers", async () => {
  const response = await answering("application/json", ["[1,", "2]"])("http://x/");
  expect(response.status).toBe(201);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual([1, 2]);
});

test("a body without end fails where the bound is", async () => {
  function* endless() {
    for (;;) yield "x".repeat(10);
  }
  const response = await answering("application/json", endless())("http://x/");
  await expect(response.text()).rejects.toThrow("too long");
});

test.each(["\n", "\r\n"])("a stream may have any number of events, none of which is too long (%j)", async (end) => {
  const events = Array.from({ length: 50 }, () => `data: ${"x".repeat(60)}${end}${end}`);
  const response = await answering("text/event-stream; charset=utf-8", events)("http://x/");
  expect(await response.text()).toBe(events.join(""));
});

test.each(["\n", "\r\n"])("an event of too many lines fails (%j)", async (end) => {
  const lines = Array.from({ length: 50 }, () => `data: x${end}`);
  const response = await answering("text/event-stream", lines)("http://x/");
  await expect(response.text()).rejects.toThrow("too long");
});

test("an answer without a body stays one", async () => {
  const empty = boundedFetch(100, async () => new Response(null, { status: 202 }));
  expect((await empty("http://x/")).body).toBeNull();
});
