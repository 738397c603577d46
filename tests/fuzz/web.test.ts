import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { normalize } from "../../adapters/web/normalize.ts";
import { Stage } from "../adapters/web/stage.ts";
import { BOT, webRow } from "../fakes/web/fixtures.ts";
import { corpus } from "./corpus.ts";
import { hostileText, hostileValue } from "./hostile.ts";
import { runs } from "./runs.ts";
import { expectWellFormed } from "./well-formed.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND", "get"] as const;

/** What stands between the slashes of an address. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("web", "api", "rooms", "lobby", "dm", "messages", "people", "me", "about") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("events", "files", "again", "ID", "0", "999", "-1", "chat.js", "index.html"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("..", ".", "%2e%2e", "%2f", "%00", "%", "%ff", "%E0%A4%A", "__proto__", "*", ""),
  },
  { weight: 1, arbitrary: hostileText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 300))) },
);
const path = fc.oneof(
  { weight: 3, arbitrary: fc.array(step, { maxLength: 8 }).map((steps) => `/${steps.join("/")}`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        "/",
        "/web/api/people",
        "/web/api/me",
        "/web/api/rooms",
        "/web/api/rooms/lobby",
        "/web/api/rooms/dm/messages",
      ],
      ...[
        "/web/api/rooms/lobby/messages",
        "/web/api/rooms/lobby/messages/ID",
        "/web/api/rooms/lobby/messages/ID/again",
      ],
      ...["/web/api/rooms/lobby/messages/ID/files/0", "/web/api/about", "/web/chat.js"],
    ),
  },
);
const query = fc.dictionary(
  fc.constantFrom("thread", "before", "limit", "after", "x", "__proto__"),
  fc.oneof(
    hostileText.map((text) => text.toWellFormed().slice(0, 300)),
    fc.constantFrom("ID", "0", "201", "1e3", "NaN"),
  ),
  { maxKeys: 3 },
);

const posted = fc.oneof(
  fc.record(
    {
      text: fc.oneof(hostileText, hostileValue),
      thread: fc.oneof(fc.constant("ID"), hostileValue),
      replyTo: fc.oneof(fc.constant("ID"), hostileValue),
      clientId: fc.oneof(hostileText, hostileValue),
      name: fc.oneof(hostileText, hostileValue),
      accessToken: hostileValue,
    },
    { requiredKeys: [] },
  ),
  fc.record({ text: hostileText }),
  fc.record({ name: hostileText }),
  hostileValue,
);
const body = fc.oneof(
  { weight: 6, arbitrary: posted.map((value) => JSON.stringify(value) ?? "") },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.uint8Array().map((bytes) => new Uint8Array(bytes)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"text":', "[".repeat(5_000), '{"text":"x","text":{}}', '{"text":1e999}', "\ufeff{}"),
  },
);

/** What can stand in a header at all. */
const headerValue = fc.oneof(
  fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
  }),
  fc.constantFrom(
    "application/json",
    "text/plain",
    "Bearer x",
    "Bearer TOKEN",
    "parley_web=TOKEN",
    "parley_web=%",
    "0",
    "NaN",
  ),
);
const headers = fc.dictionary(
  fc.constantFrom(
    ...["content-type", "authorization", "cookie", "origin", "sec-fetch-site", "last-event-id", "if-none-match"],
    ...["accept", "x-forwarded-host", "range", "expect", "x-forwarded-proto"],
  ),
  headerValue,
  { maxKeys: 4 },
);

interface Attempt {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
  joined: boolean;
}

const attempt: fc.Arbitrary<Attempt> = fc.record({
  method: fc.constantFrom(...METHODS),
  path,
  query,
  headers,
  body,
  joined: fc.boolean(),
});

/** What would tell more of the server than people need. */
const LEAKS = /node_modules|\.ts\b|\bat \w+|Sqlite|SELECT|\/tmp\/|stack|TypeError|ZodError/;

async function ask(stage: Stage, token: string, messageId: string, each: Attempt): Promise<Response> {
  const known = (text: string) => text.replaceAll("TOKEN", token).replaceAll("ID", messageId);
  const url = new URL(`http://127.0.0.1:1${known(each.path)}`.replace(/[\s\\]/g, ""));
  for (const [name, value] of Object.entries(each.query)) url.searchParams.set(name, known(value));
  const sent = new Headers({ "content-type": "application/json" });
  if (each.joined) sent.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(each.headers)) sent.set(name, known(value));
  const hasBody = !["GET", "HEAD", "get"].includes(each.method);
  const told = typeof each.body === "string" ? known(each.body) : each.body;
  const request = new Request(url, { method: each.method, headers: sent, ...(hasBody && { body: told }) });
  const response = await stage.adapter.http?.fetch(request);
  if (response === undefined) throw new Error("the web chat has no routes");
  return response;
}

/** Reads no more of a stream than its beginning. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) return response.text();
  await response.body?.cancel();
  return "";
}

async function expectAnswer(response: Response): Promise<void> {
  const text = await textOf(response);
  expect(response.status).toBeLessThan(500);
  if (response.status < 400) return;
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(text).not.toMatch(LEAKS);
  if (text === "") return;
  expect(JSON.parse(text)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  // Nobody's own words come back, however long they were.
  expect(text.length).toBeLessThan(500);
}

test("whatever is asked, it is answered or refused in good order, and people go on talking", async () => {
  const stage = await Stage.open({ limits: { joinsPerMinute: 1e9, postsPerMinute: 1e9, rooms: 50 } });
  const ann = await stage.join("Ann");
  const eve = await stage.join("Eve");
  const first = await ann.say("lobby", "first");
  let count = 0;
  const check = async (all: readonly Attempt[]) => {
    for (const each of all) await expectAnswer(await ask(stage, eve.token, first.id, each));
    count += 1;
    const said = await ann.say("lobby", `hello ${count}`);
    expect(said.text).toBe(`hello ${count}`);
    expect(stage.taker.texts()).toContain(`hello ${count}`);
    for (const message of stage.taker.messages.splice(0)) expectWellFormed(message, "web", all);
  };
  for (const { input } of corpus<Attempt>("web")) await check([input]);
  await fc.assert(fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 6 }), check), runs(120));
  // What Eve did to what is Ann's.
  expect((await ann.history("lobby")).some(({ deleted, editedAt }) => deleted || editedAt)).toBe(false);
});

/** Sends bytes as they are, and waits until the other side has closed. */
function raw(port: number, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("error", () => {}).on("close", () => resolve());
    socket.resume();
  });
}

test("whatever comes over the line, the server goes on", async () => {
  const stage = await Stage.open({ limits: { postsPerMinute: 1e9 } });
  const ann = await stage.join("Ann");
  const port = Number(new URL(stage.baseUrl).port);
  const head = fc.constantFrom(
    "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "POST /web/api/people HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{}",
    "GET http://[::1 HTTP/1.1\r\nhost: [::1\r\n\r\n",
    "GET //e.com/%2e HTTP/1.1\r\nhost: \r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "POST /web/api/people HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "GET / HTTP/1.1\r\nhost: localhost\r\ncookie: parley_web=\xff\r\n\r\n",
  );
  const bytes = fc.oneof(
    head,
    fc.tuple(head, fc.nat(60), fc.string()).map(([text, at, put]) => text.slice(0, at) + put + text.slice(at)),
    fc.uint8Array(),
  );
  let count = 0;
  const property = fc.asyncProperty(bytes, async (sent) => {
    await raw(port, sent);
    count += 1;
    expect((await ann.say("lobby", `hello ${count}`)).text).toBe(`hello ${count}`);
  });
  await fc.assert(property, runs(60));
});

test("whatever a row of its log holds, it is a message or nothing", () => {
  const id = fc.oneof(
    fc.constantFrom("m_1", "u_ann", "lobby", "dm:u_ann"),
    hostileText.filter((text) => text !== "").map((text) => text.slice(0, 200)),
  );
  const property = fc.property(
    fc.record(
      {
        ...{
          id,
          chat: id,
          userId: id,
          text: hostileText.filter((text) => text !== ""),
          userName: hostileText.map((text) => text.slice(0, 64)),
        },
        ...{ thread: fc.option(id), replyTo: fc.option(id), quoteUserId: fc.option(id) },
        quoteText: fc.option(hostileText),
        quoteIsBot: fc.constantFrom(0, 1, null),
        isBot: fc.constantFrom(0, 1),
      },
      { requiredKeys: [] },
    ),
    (change) => {
      const message = normalize(webRow(change as Parameters<typeof webRow>[0]), BOT);
      if (message !== null) expectWellFormed(message, "web", `${JSON.stringify(change)}\\ud800`);
    },
  );
  fc.assert(property, runs(1_000));
});
