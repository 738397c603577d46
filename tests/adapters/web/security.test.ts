import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { WebPerson } from "../../fakes/web/client.ts";
import { Stage } from "./stage.ts";

/** A request with a Host header of choice, which `fetch` does not allow. */
function ask(baseUrl: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(new URL(path, baseUrl), { headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}

test("only names of this machine are answered, and those that are allowed", async () => {
  const stage = await Stage.open({ allowedHosts: ["Chat.Example.org"] });
  for (const host of ["localhost:8787", "127.0.0.1", "127.1.2.3:1", "[::1]:8787", "chat.example.org"]) {
    expect([host, await ask(stage.baseUrl, "/", { host })]).toEqual([host, 200]);
  }
  for (const host of ["evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]"]) {
    expect([host, await ask(stage.baseUrl, "/", { host })]).toEqual([host, 403]);
    expect([host, await ask(stage.baseUrl, "/web/api/about", { host })]).toEqual([host, 403]);
  }
});

test("with an access token any name is answered, and joining needs the token", async () => {
  const stage = await Stage.open({ access: { kind: "token", token: "open sesame" } });
  expect(await ask(stage.baseUrl, "/", { host: "chat.example.org" })).toBe(200);
  for (const token of [undefined, "", "open", "open sesame "]) {
    await expect(WebPerson.join(stage.baseUrl, "Eve", token)).rejects.toMatchObject({ code: "access-token" });
  }
  const ann = await stage.join("Ann", "open sesame");
  await ann.say("lobby", "inside");
  const about = await (await fetch(`${stage.baseUrl}/web/api/about`)).json();
  expect(about).toEqual({
    bot: { id: "parley", name: "parley", displayName: "Parley" },
    needsAccessToken: true,
    answersAll: false,
    commands: [],
  });
});

test("with open access any name is answered, and joining needs nothing", async () => {
  const stage = await Stage.open({ access: { kind: "open" } });
  expect(await ask(stage.baseUrl, "/", { host: "chat.example.org" })).toBe(200);
  await (await stage.join("Ann")).say("lobby", "inside");
  expect(await (await fetch(`${stage.baseUrl}/web/api/about`)).json()).toMatchObject({ needsAccessToken: false });
  const named = await Stage.open({ access: { kind: "open" }, allowedHosts: ["chat.example.org"] });
  expect(await ask(named.baseUrl, "/", { host: "evil.example" })).toBe(403);
});

test("pages of other sites can change nothing", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const say = (headers: Record<string, string>) => ann.request("POST", "/rooms/lobby/messages", { text: "x" }, headers);
  const foreign: Array<Record<string, string>> = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) expect((await say(headers)).status).toBe(403);
  for (const [method, path] of [
    ["PUT", "/rooms/new"],
    ["PATCH", "/me"],
    ["DELETE", "/rooms/lobby/messages/x"],
  ] as const) {
    expect((await ann.request(method, path, undefined, { origin: "https://evil.example" })).status).toBe(403);
  }
  expect((await say({ origin: stage.baseUrl, "sec-fetch-site": "same-origin" })).status).toBe(201);
  expect(stage.taker.messages).toHaveLength(1);
});

test("what is not JSON, too large or not of the documented form is refused", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const post = (body: string, type = "application/json") =>
    fetch(`${stage.baseUrl}/web/api/rooms/lobby/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${ann.token}`, "content-type": type },
      body,
    });
  const text = JSON.stringify({ text: "x" });
  expect((await post(text, "text/plain")).status).toBe(415);
  expect((await post(text, "application/json; charset=utf-8")).status).toBe(201);
  expect((await post("{")).status).toBe(400);
  expect((await post("[]")).status).toBe(400);
  expect((await post(JSON.stringify({ text: "x", admin: true }))).status).toBe(400);
  expect((await post(JSON.stringify({ text: "x".repeat(200_000) }))).status).toBe(400);
  expect((await post(JSON.stringify({ text: "x".repeat(12_000_000) }))).status).toBe(413);
  for (const wrong of ["", " \n ", "x".repeat(20_001), 42, null]) {
    expect((await post(JSON.stringify({ text: wrong }))).status).toBe(400);
  }
  expect((await post(JSON.stringify({ text: "\u0007".repeat(20_000) }))).status).toBe(201);
});

test("a body without a length is bounded as well", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(32)),
  });
  const init: RequestInit & { duplex: "half" } = {
    method: "POST",
    headers: { authorization: `Bearer ${ann.token}`, "content-type": "application/json" },
    body: endless,
    duplex: "half",
  };
  const response = await fetch(`${stage.baseUrl}/web/api/rooms/lobby/messages`, init);
  expect(response.status).toBe(413);
});

test("names are trimmed and bounded, and hold no control characters", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("  Ann  ");
  expect(ann.name).toBe("Ann");
  await stage.join("x".repeat(64));
  await stage.join("👩‍👩‍👧");
  for (const name of ["", "  ", "x".repeat(65), "A\nnn", "A\u0000", "\u202eevil", "\u200b\u200b", "\ud800", "Parley"]) {
    await expect(WebPerson.join(stage.baseUrl, name)).rejects.toMatchObject({ status: 400 });
    await expect(ann.rename(name)).rejects.toMatchObject({ status: 400 });
  }
});

test("nobody passes for the bot by characters that look the same or like nothing", async () => {
  const stage = await Stage.open();
  for (const name of ["Par\u200bley", "parley\u00ad", "par\u200dley", "\uff30arley", "\u2060PARLEY"]) {
    await expect(WebPerson.join(stage.baseUrl, name)).rejects.toMatchObject({ status: 400 });
  }
  expect((await stage.join("A\u200bn\u00adn\u2060")).name).toBe("Ann");
  expect((await stage.join("👩‍👩‍👧 می\u200cخواهم")).name).toBe("👩‍👩‍👧 می\u200cخواهم");
});

test("people who join within a minute are bounded", async () => {
  let now = Date.UTC(2026, 2, 1);
  const stage = await Stage.open({ limits: { joinsPerMinute: 2 }, environment: { now: () => now } });
  await stage.join("1");
  await stage.join("2");
  await expect(stage.join("3")).rejects.toMatchObject({ status: 429 });
  now += 60_000;
  await stage.join("3");
});

test("nothing is told without a token, and tokens are not kept", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  for (const path of ["/me", "/rooms", "/rooms/lobby/messages", "/events"]) {
    const bare = await fetch(`${stage.baseUrl}/web/api${path}`);
    const wrong = await fetch(`${stage.baseUrl}/web/api${path}`, { headers: { authorization: "Bearer nobody" } });
    expect([path, bare.status, wrong.status]).toEqual([path, 401, 401]);
  }
  await ann.say("lobby", "x");
  await stage.dark();
  expect(readFileSync(stage.file).includes(ann.token)).toBe(false);
});

test("the cookie works like the token and is out of reach of scripts and other sites", async () => {
  const stage = await Stage.open();
  const response = await fetch(`${stage.baseUrl}/web/api/people`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ann" }),
  });
  const cookie = response.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^parley_web=[\w-]{43};/);
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/web"]) expect(cookie).toContain(part);
  const me = await fetch(`${stage.baseUrl}/web/api/me`, { headers: { cookie: cookie.split(";")[0] ?? "" } });
  const { token, ...person } = await response.json();
  expect(await me.json()).toEqual(person);
  expect(token).toMatch(/^[\w-]{43}$/);
});

test("every answer forbids framing, sniffing and foreign or inline scripts", async () => {
  const stage = await Stage.open();
  for (const path of ["/", "/web/chat.js", "/web/chat.css", "/web/api/about", "/web/api/me", "/nothing/../here"]) {
    const { headers } = await fetch(stage.baseUrl + path);
    const policy = headers.get("content-security-policy") ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("the page holds no inline script or style, and its files are all that is served", async () => {
  const stage = await Stage.open();
  const page = await fetch(`${stage.baseUrl}/`);
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
  const etag = page.headers.get("etag") ?? "";
  expect((await fetch(`${stage.baseUrl}/`, { headers: { "if-none-match": etag } })).status).toBe(304);
  for (const path of ["/web/", "/web/..%2fadapter.ts", "/web/../adapter.ts", "/web/adapter.ts", "/package.json"]) {
    const answer = await fetch(stage.baseUrl + path);
    expect([path, answer.status]).toEqual([path, 404]);
  }
});

test("hostile text and names go through unchanged, as data", async () => {
  const stage = await Stage.open();
  const name = "<img src=x onerror=alert(1)>";
  const ann = await stage.join(name);
  const text = "</script><script>alert(1)</script>\nid: 99\nevent: delete\ndata: {}\n\n\u2028[Ann]: hi";
  const said = await ann.say("lobby", text);
  expect(await ann.hears(() => true)).toEqual(said);
  expect(said).toMatchObject({ text, user: { name } });
  expect(said).not.toHaveProperty("html");
  const answer = await ann.request("GET", "/rooms/lobby/messages");
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  const cleaned = await ann.say("lobby", "a\u0000b\ud800\r\nc");
  expect(cleaned.text).toBe("ab\ufffd\nc");
});
