import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { HttpKitchen } from "../../fakes/mcp/http-server.ts";
import { address, call, McpStage, soon } from "./stage.ts";

async function open(kind?: "sessions" | "stateless" | "modern"): Promise<HttpKitchen> {
  const kitchen = await HttpKitchen.open(kind);
  onTestFinished(() => kitchen.close());
  return kitchen;
}

test.each(["sessions", "stateless", "modern"] as const)("a server at an address serves (%s)", async (kind) => {
  const fake = await open(kind);
  const stage = new McpStage();
  const kitchen = stage.connect({ reach: address(fake.url, { Authorization: "Bearer SECRET" }) });
  if (kind === "modern") {
    await stage.logs("a tool server is out of reach");
    stage.clock.advance(1_000);
  }
  await kitchen.tried;
  expect(kitchen.status).toMatchObject({ connected: true, problem: undefined });
  expect(await call(kitchen, "kitchen__look", { shelf: 1 })).toBe("milk on shelf 1");
  expect(new Set(fake.requests.map(({ headers }) => headers.get("authorization")))).toEqual(new Set(["Bearer SECRET"]));
  expect(JSON.stringify(stage.logged)).not.toContain("SECRET");
});

test("tools that come later are announced by the server", async () => {
  const fake = await open();
  const stage = new McpStage();
  const kitchen = await stage.open({ reach: address(fake.url) });
  await soon(() => fake.requests.some(({ method }) => method === "GET")).toBe(true);
  await call(kitchen, "kitchen__shop");
  await soon(() => stage.clock.due).toBe(500);
  stage.clock.advance(500);
  await soon(() => kitchen.status.tools.some(({ name }) => name === "kitchen__apples")).toBe(true);
});

test("a call that is broken off is cancelled at the server", async () => {
  const fake = await open();
  const kitchen = await new McpStage().open({ reach: address(fake.url) });
  const stopping = new AbortController();
  const before = fake.requests.length;
  const simmering = call(kitchen, "kitchen__simmer", {}, stopping.signal);
  await soon(() => fake.requests.length).toBeGreaterThan(before);
  stopping.abort();
  await expect(simmering).rejects.toMatchObject({ code: "cancelled" });
  await soon(() => call(kitchen, "kitchen__cancelled")).toBe("1");
});

test("a server that has forgotten the session is greeted again", async () => {
  const fake = await open();
  const stage = new McpStage();
  const kitchen = await stage.open({ reach: address(fake.url) });
  fake.forget();
  await expect(call(kitchen, "kitchen__look")).rejects.toMatchObject({ code: "lost" });
  await stage.logs("a tool server is out of reach");
  expect(kitchen.status.problem).toBe("it answered with HTTP 404");
  stage.clock.advance(1_000);
  await stage.logs("a tool server is connected", 2);
  expect(await call(kitchen, "kitchen__look")).toBe("milk on shelf 0");
});

test("a server that goes away is noticed within a minute, and comes back", async () => {
  const fake = await open("stateless");
  const stage = new McpStage();
  const kitchen = await stage.open({ reach: address(fake.url) });
  fake.refuse(503);
  stage.clock.advance(60_000);
  await stage.logs("a tool server is out of reach");
  expect(kitchen.status).toMatchObject({ connected: false, problem: "it answered with HTTP 503" });
  fake.refuse(undefined);
  stage.clock.advance(1_000);
  await stage.logs("a tool server is connected", 2);
});

test.each([401, 403, 404, 500])(
  "a server that answers with HTTP %s is out of reach, and its words are not logged",
  async (status) => {
    const fake = await open();
    fake.refuse(status);
    const stage = new McpStage();
    const kitchen = stage.connect({ reach: address(fake.url) });
    await stage.logs("a tool server is out of reach");
    expect(kitchen.status.problem).toBe(`it answered with HTTP ${status}`);
    expect(JSON.stringify(stage.logged)).not.toContain("SECRET");
  },
);

test("an address where nobody listens is out of reach", async () => {
  const fake = await open();
  const { url } = fake;
  await fake.close();
  const stage = new McpStage();
  const kitchen = stage.connect({ reach: address(url) });
  await stage.logs("a tool server is out of reach");
  expect(kitchen.status.problem).toBe("nobody listens at the address");
  // So it is when it was tried with the other greeting.
  await soon(() => stage.clock.due).toBeDefined();
  stage.clock.step();
  await kitchen.tried;
  expect(kitchen.status.problem).toBe("nobody listens at the address");
});

test("a redirect to somebody else is not followed: what proves us to one server is not shown to another", async () => {
  const other = await open();
  const server = createServer((_, response) => response.writeHead(307, { location: other.url }).end());
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const stage = new McpStage();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  stage.connect({ reach: address(url, { "X-Key": "SECRET" }) });
  await stage.logs("a tool server is out of reach");
  expect(other.requests).toEqual([]);
});
