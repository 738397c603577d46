import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { AdapterHandlers } from "../../adapters/adapter.ts";
import type { InboundMessage } from "../../adapters/record.ts";
import { normalizeCallback } from "../../adapters/telegram/callback.ts";
import { receive } from "../../adapters/telegram/intake.ts";
import { normalize } from "../../adapters/telegram/normalize.ts";
import { readUpdate, TelegramPayloadError } from "../../adapters/telegram/payload.ts";
import { adapterOn, RecordingGateway } from "../adapters/telegram/gateway.ts";
import { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import { bot, RECEIVED, telegramFixtures } from "../fakes/telegram/fixtures.ts";
import { corpus } from "./corpus.ts";
import { hostileValue } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { runs } from "./runs.ts";
import { expectWellFormed } from "./well-formed.ts";

const updates = telegramFixtures.map(({ update }) => update);
const anyUpdate = fc.oneof(
  { weight: 9, arbitrary: mutated(updates) },
  { weight: 1, arbitrary: hostileValue },
  { weight: 1, arbitrary: hostileValue.map((message) => ({ update_id: 1, message })) },
);

function read(update: unknown): InboundMessage | null {
  const found = readUpdate(update);
  if (found?.kind === "callback_query") return normalizeCallback(found.callback, bot, RECEIVED);
  return found && normalize(found.message, bot);
}

function expectRead(update: unknown): void {
  let message: InboundMessage | null;
  try {
    message = read(update);
  } catch (error) {
    expect(error).toBeInstanceOf(TelegramPayloadError);
    return;
  }
  if (message !== null) expectWellFormed(message, "telegram", update);
}

test("whatever an update holds, it is a message, nothing, or malformed", () => {
  fc.assert(fc.property(anyUpdate, expectRead), runs(6_000));
});

test.each(corpus("telegram"))("$is", ({ input }) => {
  expectRead(input);
});

const good = (id: number) => ({
  update_id: id,
  message: {
    message_id: id,
    date: 1_760_000_000,
    chat: { id: 5, type: "private" },
    from: { id: 5 },
    text: `good ${id}`,
  },
});

test("a gateway that takes everything is asked for no update twice, and hears what comes after", async () => {
  const check = async (all: readonly unknown[]) => {
    const gateway = new RecordingGateway();
    const options = {
      handlers: gateway satisfies AdapterHandlers,
      maxAttachmentBytes: 1_000,
      noteChat: () => {},
      acknowledge: () => {},
      now: () => RECEIVED,
    };
    await Promise.all([...all, good(1)].map((update) => receive(update, bot, options)));
    expect(gateway.texts().at(-1)).toBe("good 1");
    for (const error of gateway.malformed.all) expect(error).toBeInstanceOf(TelegramPayloadError);
    for (const { from, to } of gateway.moves.all) expect(`${from.chatId} ${to}`).toMatch(/^-?\d+ -?\d+$/);
  };
  await check(corpus("telegram").map(({ input }) => input));
  await fc.assert(fc.asyncProperty(fc.array(anyUpdate, { maxLength: 8 }), check), runs(400));
});

async function started(options: Parameters<typeof adapterOn>[1] = {}) {
  const telegram = await FakeTelegram.start();
  const gateway = new RecordingGateway();
  const adapter = adapterOn(telegram, options);
  onTestFinished(async () => {
    await adapter.close();
    await telegram.close();
  });
  await adapter.start(gateway);
  return { telegram, gateway, adapter };
}

test("polling goes on behind whatever it brought", async () => {
  const { telegram, gateway } = await started();
  const alice = telegram.user("Alice");
  const dm = telegram.dm(alice);
  let count = 0;
  const property = fc.asyncProperty(fc.array(anyUpdate, { maxLength: 5 }), async (all) => {
    for (const update of all) telegram.deliver(unnumbered(update));
    count += 1;
    await telegram.taken(dm.post(alice, `good ${count}`));
    expect(gateway.texts()).toContain(`good ${count}`);
  });
  await fc.assert(property, runs(60));
});

/** Telegram itself numbers what it delivers. */
function unnumbered(update: unknown): Record<string, unknown> {
  if (typeof update !== "object" || update === null || Array.isArray(update)) return { message: update };
  const { update_id: _, ...content } = update as Record<string, unknown>;
  return content;
}

test("a webhook takes whatever is posted with its secret, and what comes after", async () => {
  const { gateway, adapter } = await started({
    mode: { webhook: { url: "https://bot.example.org/telegram", secret: "s3cret", path: "/telegram" } },
  });
  const post = async (body: string | Uint8Array<ArrayBuffer>) => {
    const headers = { "x-telegram-bot-api-secret-token": "s3cret", "content-type": "application/json" };
    const request = new Request("https://bot.example.org/telegram", { method: "POST", headers, body });
    return (await adapter.http?.fetch(request))?.status;
  };
  const body = fc.oneof(
    { weight: 4, arbitrary: anyUpdate.map((update) => JSON.stringify(update) ?? "") },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.uint8Array().map((bytes) => new Uint8Array(bytes)) },
  );
  let count = 1_000;
  const property = fc.asyncProperty(body, async (posted) => {
    expect([200, 400, 413]).toContain(await post(posted));
    count += 1;
    expect(await post(JSON.stringify(good(count)))).toBe(200);
    expect(gateway.texts().at(-1)).toBe(`good ${count}`);
  });
  await fc.assert(property, runs(400));
});
