import type { AddressInfo } from "node:net";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Adapter, AdapterConfigError } from "../../../adapters/adapter.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { WireMessage, WireUser } from "../../fakes/telegram/wire.ts";
import { adapterOn, gate, RecordingGateway } from "./gateway.ts";

const SECRET = "s3cret_for-tests";

let tg: FakeTelegram;
let gateway: RecordingGateway;
let adapter: Adapter & { waits: number[] };
let server: ServerType;
let url: string;
let alice: WireUser;

beforeEach(async () => {
  tg = await FakeTelegram.start();
  gateway = new RecordingGateway();
  alice = tg.user("Alice");
  server = createAdaptorServer({
    fetch: (request) => adapter.http?.fetch(request) ?? new Response(null, { status: 404 }),
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/telegram`;
  adapter = adapterOn(tg, { mode: { webhook: { url, path: "/telegram", secret: SECRET } } });
});

afterEach(async () => {
  await adapter.close();
  await tg.close();
  await new Promise((closed) => server.close(closed));
});

async function started(): Promise<void> {
  await adapter.start(gateway);
  await gateway.ready();
}

function hello(text = "hello"): WireMessage {
  return tg.dm(alice).post(alice, text);
}

function post(body: string, headers: Record<string, string> = {}): Promise<number> {
  const all = { "content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET, ...headers };
  return status(fetch(url, { method: "POST", headers: all, body }));
}

async function status(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

describe("a webhook", () => {
  it("is set with its secret and the kinds of update that are read", async () => {
    await started();
    expect(tg.webhook).toEqual({ url, secret_token: SECRET });
    expect(await tg.waitForCall("setWebhook")).toMatchObject({ payload: { allowed_updates: expect.any(Array) } });
    expect(tg.calls.map(({ method }) => method)).not.toContain("getUpdates");
    expect(adapter.http?.path).toBe("/telegram");
  });

  it("makes up a secret where none is configured, another one each time", async () => {
    const secrets = new Set<unknown>();
    for (let n = 0; n < 2; n += 1) {
      await adapter.close();
      adapter = adapterOn(tg, { mode: { webhook: { url, path: "/telegram" } } });
      await started();
      secrets.add(tg.webhook?.secret_token);
    }
    expect([...secrets]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it("brings what people write, and what they wrote while nobody listened", async () => {
    const early = hello("early");
    await started();
    await tg.taken(early);
    await tg.taken(hello("late"));
    expect(gateway.texts()).toEqual(["early", "late"]);
  });

  it("is answered once the message is committed", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    await started();
    const message = hello();
    await gateway.messages.waitFor(() => true);
    expect(await post("{}", { "x-telegram-bot-api-secret-token": "barrier" })).toBe(403);
    expect(tg.webhookAnswers.all).toEqual([]);
    disk.open();
    await tg.taken(message);
    expect(tg.webhookAnswers.all).toMatchObject([{ status: 200 }]);
  });

  it("brings what people press, and again where that was not taken", async () => {
    await started();
    const dm = tg.dm(tg.user("Alice"));
    const to = { platform: "telegram" as const, account: "default", chatId: String(dm.id) };
    const choices = [{ label: "Confirm", command: "confirm" }];
    const chunk = { key: "k", to, index: 0, text: "Sure?", plain: "Sure?", choices };
    await adapter.send(chunk, new AbortController().signal);
    gateway.commit = async () => {
      throw new Error("the disk is full");
    };
    const [sent] = tg.sent;
    if (sent === undefined) throw new Error("nothing was sent");
    const press = tg.picks(tg.user("Alice"), sent, "Confirm");
    await tg.webhookAnswers.waitFor(({ status }) => status === 500);
    expect(press.isAnswered).toBe(false);
    gateway.commit = async () => {};
    await tg.retryWebhook();
    await press.answered;
    await tg.taken(press);
    expect(gateway.texts()).toEqual(["/confirm", "/confirm"]);
  });

  it("is answered with 500 if the gateway did not take the message, and brings it again", async () => {
    gateway.commit = async () => {
      throw new Error("the disk is full");
    };
    await started();
    const message = hello();
    await tg.webhookAnswers.waitFor(({ status }) => status === 500);
    gateway.commit = async () => {};
    await tg.retryWebhook();
    await tg.taken(message);
    expect(gateway.texts()).toEqual(["hello", "hello"]);
  });

  it("brings one update side by side as often as Telegram likes", async () => {
    await started();
    const message = hello();
    await tg.taken(message);
    await tg.redeliver(message, 3);
    expect(tg.webhookAnswers.all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(gateway.messages.all.map(({ source }) => source.messageId)).size).toBe(1);
  });
});

describe("calls that are not Telegram's", () => {
  it("a wrong or missing secret is turned away before anything is read", async () => {
    await started();
    const update = JSON.stringify({ update_id: 1, message: { message_id: 1 } });
    expect(await post(update, { "x-telegram-bot-api-secret-token": "wrong" })).toBe(403);
    expect(await post(update, { "x-telegram-bot-api-secret-token": `${SECRET}x` })).toBe(403);
    expect(await status(fetch(url, { method: "POST", body: update }))).toBe(403);
    expect(gateway.messages.all).toEqual([]);
    expect(gateway.malformed.all).toEqual([]);
  });

  it("only posts of JSON of a reasonable size are read", async () => {
    await started();
    expect(await status(fetch(url))).toBe(405);
    expect(await post("update_id=1", { "content-type": "application/x-www-form-urlencoded" })).toBe(415);
    expect(await post(`"${"x".repeat(1024 * 1024)}"`)).toBe(413);
    expect(await post("{half")).toBe(400);
    expect(gateway.malformed.all).toMatchObject([{ code: "telegram-payload" }]);
  });

  it("an update that is none is counted and not asked for again", async () => {
    await started();
    expect(await post('{"no":"number"}')).toBe(200);
    expect(gateway.malformed.all).toHaveLength(1);
  });
});

describe("a webhook that is not open", () => {
  it("asks Telegram to come again before the start and after the stop", async () => {
    expect(await post("{}")).toBe(503);
    await started();
    await adapter.stop();
    expect(await post("{}")).toBe(503);
    expect(gateway.malformed.all).toEqual([]);
  });

  it("stopping waits for the message that is being committed", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    await started();
    const message = hello();
    await gateway.messages.waitFor(() => true);
    let stopped = false;
    const stopping = adapter.stop().then(() => {
      stopped = true;
    });
    expect(await post("{}")).toBe(503);
    expect(stopped).toBe(false);
    disk.open();
    await stopping;
    await tg.taken(message);
  });

  it("is set again and again while Telegram is out of reach", async () => {
    tg.fail("setWebhook", { times: 2 });
    await started();
    expect(adapter.waits).toEqual([1000, 2000]);
  });

  it("an address that Telegram does not take is a configuration error", async () => {
    tg.fail("setWebhook", {
      status: 400,
      description: "Bad Request: bad webhook: HTTPS url must be provided for webhook",
    });
    const failure: unknown = await adapter.start(gateway).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdapterConfigError);
    expect(String(failure)).toMatch(/public and https/);
    expect(String(failure)).not.toContain(SECRET);
  });
});
