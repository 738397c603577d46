import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Adapter, AdapterConfigError } from "../../../adapters/adapter.ts";
import type { TelegramOptions } from "../../../adapters/telegram/options.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import { adapterOn, RecordingGateway } from "./gateway.ts";

let tg: FakeTelegram;
let gateway: RecordingGateway;
let adapters: Adapter[];

/** An adapter that is closed after the test. */
function opened(options: Partial<TelegramOptions> = {}) {
  const adapter = adapterOn(tg, options);
  adapters.push(adapter);
  return adapter;
}

beforeEach(async () => {
  tg = await FakeTelegram.start();
  gateway = new RecordingGateway();
  adapters = [];
});

afterEach(async () => {
  for (const adapter of adapters) await adapter.close();
  await tg.close();
});

describe("starting", () => {
  it("creating an adapter asks nothing of Telegram", async () => {
    const adapter = opened();
    await adapter.close();
    expect(tg.calls).toEqual([]);
  });

  it("is ready once a poll was answered", async () => {
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    expect(tg.calls.map(({ method }) => method).slice(0, 3)).toEqual(["getMe", "deleteWebhook", "getUpdates"]);
    expect(gateway.states.all).toEqual([{ ready: true }]);
  });

  it("asks for the kinds of update that it reads, and no others", async () => {
    const adapter = opened();
    await adapter.start(gateway);
    const { payload } = await tg.waitForCall("getUpdates");
    expect(payload.allowed_updates).toEqual([
      "message",
      "edited_message",
      "channel_post",
      "edited_channel_post",
      "callback_query",
    ]);
  });

  it.each([
    ["a token that Telegram does not know", "42:WRONG"],
    ["a token that looks like none", "nonsense"],
  ])("%s is a configuration error that says what to do", async (_, token) => {
    const adapter = opened({ token });
    const failure: unknown = await adapter.start(gateway).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdapterConfigError);
    expect(String(failure)).toContain("TELEGRAM_BOT_TOKEN");
    expect(String(failure)).not.toContain(token);
  });

  it("an address that is none is a configuration error", async () => {
    const adapter = opened({ apiRoot: "nowhere" });
    await expect(adapter.start(gateway)).rejects.toMatchObject({ code: "adapter-config" });
  });

  it("the Bot API may live below a path", async () => {
    const adapter = opened({ apiRoot: `${tg.apiRoot}/proxy` });
    const failure: unknown = await adapter.start(gateway).catch((error: unknown) => error);
    // The fake serves the root alone: a 404 shows that the path was asked for.
    expect(failure).toBeInstanceOf(AdapterConfigError);
    expect(tg.calls).toEqual([]);
  });
});

describe("a start without an answer", () => {
  it("is reported after a while, goes on in the background and is ready once Telegram answers", async () => {
    const hang = tg.hang("getMe");
    const adapter = opened({ startTimeoutMs: 20 });
    await adapter.start(gateway);
    expect(gateway.states.all).toMatchObject([{ ready: false }]);
    expect(await gateway.reason()).toContain("has not answered");
    hang.release();
    await gateway.ready();
    expect(tg.calls.filter(({ method }) => method === "getMe")).toHaveLength(1);
  });

  it("tells of a wrong token as a state", async () => {
    const hang = tg.hang("getMe");
    tg.fail("getMe", { status: 401, description: "Unauthorized" });
    const adapter = opened({ startTimeoutMs: 20 });
    await adapter.start(gateway);
    hang.release();
    await gateway.ready();
    const reasons = gateway.states.all.map((state) => (state.ready ? "ready" : state.reason));
    expect(reasons[1]).toContain("TELEGRAM_BOT_TOKEN");
  });

  it("ends when the adapter is stopped", async () => {
    const { arrived } = tg.hang("getMe");
    const adapter = opened({ startTimeoutMs: 20 });
    await adapter.start(gateway);
    await arrived;
    await adapter.stop();
    expect(gateway.states.all).toHaveLength(1);
  });
});

describe("staying connected", () => {
  it("a platform out of reach is tried again with growing waits until it answers", async () => {
    tg.fail("getMe", { times: 3 });
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    expect(await gateway.reason()).toMatch(/out of reach.*ECONNRESET/);
    expect(adapter.waits).toEqual([1000, 2000, 4000]);
    // The same reason is reported once.
    expect(gateway.states.all).toHaveLength(2);
  });

  it("waits for as long as Telegram says", async () => {
    tg.fail("getUpdates", { status: 429, description: "Too Many Requests: retry after 17", retryAfter: 17 });
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    expect(adapter.waits).toEqual([17_000]);
  });

  it.each([500, 502])("a poll answered with %i is repeated", async (status) => {
    tg.fail("getUpdates", { status });
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    expect(await gateway.reason()).toContain(String(status));
  });

  it("another poller is named as the reason, and polling goes on once it is gone", async () => {
    const description = "Conflict: terminated by other getUpdates request";
    tg.fail("getUpdates", { status: 409, description, times: 2 });
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    expect(await gateway.reason()).toContain("another program");
  });

  it("a webhook that somebody sets is taken away again", async () => {
    const adapter = opened();
    await adapter.start(gateway);
    await gateway.ready();
    const alice = tg.user("Alice");
    tg.useWebhook({ url: "http://127.0.0.1:9/never" });
    // The poll that was waiting ends with this message; the next one meets the webhook.
    const message = tg.dm(alice).post(alice, "hello");
    await gateway.reason();
    await tg.taken(message);
    await tg.taken(tg.dm(alice).post(alice, "still there?"));
    expect(tg.webhook).toBeUndefined();
  });

  it("a token that is revoked later is a state, not an end", async () => {
    const adapter = opened();
    tg.fail("getMe", { status: 502 });
    tg.fail("getMe", { status: 401, description: "Unauthorized" });
    await adapter.start(gateway);
    await gateway.ready();
    const reasons = gateway.states.all.map((state) => (state.ready ? "ready" : state.reason));
    expect(reasons[1]).toContain("TELEGRAM_BOT_TOKEN");
    expect(reasons.at(-1)).toBe("ready");
  });
});

describe("ending", () => {
  it("stop and close may be called at any time, more than once", async () => {
    const fresh = opened();
    await fresh.stop();
    await fresh.close();
    await fresh.close();
    const started = opened();
    await started.start(gateway);
    await gateway.ready();
    await Promise.all([started.stop(), started.stop(), started.close(), started.close()]);
    await started.close();
  });

  it("ends a poll that Telegram holds open", async () => {
    const adapter = opened();
    await adapter.start(gateway);
    await tg.waitForCall("getUpdates", ({ payload }) => payload.timeout === 50);
    await adapter.close();
  });

  it("ends a wait between two attempts", async () => {
    tg.fail("getMe", { times: 100 });
    const waiting = Promise.withResolvers<void>();
    const adapter = opened({
      sleep: (_, signal) => {
        waiting.resolve();
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
    });
    await adapter.start(gateway);
    await waiting.promise;
    await adapter.close();
    expect(tg.calls.filter(({ method }) => method === "getMe")).toHaveLength(1);
  });

  it("ends a start that waits for an answer", async () => {
    const { arrived } = tg.hang("getMe");
    const adapter = opened();
    const starting = adapter.start(gateway);
    await arrived;
    await adapter.close();
    await starting;
    expect(gateway.states.all).toEqual([]);
  });

  it("starting after closing begins nothing", async () => {
    const adapter = opened();
    await adapter.close();
    await adapter.start(gateway);
    expect(tg.calls).toEqual([]);
  });

  it("sending still works between stop and close", async () => {
    const adapter = opened();
    await adapter.start(gateway);
    await adapter.stop();
    const chat = tg.dm(tg.user("Alice"));
    const to = { platform: "telegram" as const, account: "default", chatId: String(chat.id) };
    await adapter.send({ key: "k", to, index: 0, text: "bye", plain: "bye" }, new AbortController().signal);
    expect(tg.sent.map(({ text }) => text)).toEqual(["bye"]);
    await adapter.close();
  });
});
