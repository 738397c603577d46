import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { createDiscordAdapter } from "../../adapters/discord/adapter.ts";
import { createTelegramAdapter } from "../../adapters/telegram/adapter.ts";
import { createWebAdapter } from "../../adapters/web/adapter.ts";
import { createWhatsAppAdapter } from "../../adapters/whatsapp/adapter.ts";
import { linkAccount } from "../../adapters/whatsapp/link.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { discordRecords } from "../fakes/discord/fixtures.ts";
import { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import { telegramRecords } from "../fakes/telegram/fixtures.ts";
import { WebPerson } from "../fakes/web/client.ts";
import { webRecords } from "../fakes/web/fixtures.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/fake-whatsapp.ts";
import { whatsappRecords } from "../fakes/whatsapp/fixtures.ts";
import { type AdapterUnderTest, adapterContract } from "./contract.ts";
import { MemoryVault } from "./memory-vault.ts";

async function discord(): Promise<AdapterUnderTest> {
  const fake = await FakeDiscord.start();
  const channel = fake.guild("Team").text("general");
  const alice = fake.user("Alice");
  const at = (chatId: string, threadId?: string) => ({
    platform: "discord" as const,
    account: "default",
    chatId,
    ...(threadId === undefined ? {} : { threadId }),
  });
  return {
    // The adapter's pauses are not what is tested.
    adapter: createDiscordAdapter({ token: fake.token, apiRoot: fake.apiRoot, sleep: async () => {} }),
    requests: () => fake.calls.length,
    serve: async () => {},
    post: async (text) => void channel.post(alice, `<@${fake.bot.id}> ${text}`),
    redeliver: async () => {},
    group: at(channel.id),
    unknownChat: at("1"),
    unknownThread: at(channel.id, "1"),
    dm: async () => ({ to: at(fake.dm(alice).id), userId: alice.id }),
    async pick(label) {
      const last = fake.sent.findLast(({ channelId }) => channelId === channel.id);
      if (last !== undefined) await fake.picks(alice, last, label).acknowledged;
    },
    said: async () => fake.sent.map(({ text }) => text),
    limit: 2_000,
    dispose: () => fake.close(),
  };
}

async function telegram(): Promise<AdapterUnderTest> {
  const tg = await FakeTelegram.start();
  const group = tg.group("Team", { forum: true });
  const alice = tg.user("Alice");
  const at = (chatId: string, threadId?: string) => ({
    platform: "telegram" as const,
    account: "default",
    chatId,
    ...(threadId === undefined ? {} : { threadId }),
  });
  return {
    // The adapter's pauses are not what is tested.
    adapter: createTelegramAdapter({ token: tg.token, apiRoot: tg.apiRoot, sleep: async () => {} }),
    requests: () => tg.calls.length,
    serve: async () => {},
    post: async (text) => void group.post(alice, `@parley_bot ${text}`),
    redeliver: async () => {},
    group: at(String(group.id)),
    unknownChat: at("-1"),
    unknownThread: at(String(group.id), "99999"),
    dm: async () => ({ to: at(String(tg.dm(alice).id)), userId: String(alice.id) }),
    async pick(label) {
      const last = tg.sent.findLast(({ chatId }) => chatId === group.id);
      if (last !== undefined) await tg.picks(alice, last, label).answered;
    },
    said: async () => tg.sent.map(({ text }) => text),
    limit: 4_096,
    dispose: () => tg.close(),
  };
}

async function web(): Promise<AdapterUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "parley-contract-"));
  const adapter = createWebAdapter({ file: join(folder, "web.db"), access: { kind: "loopback" } });
  let server: ReturnType<typeof serve> | undefined;
  let requests = 0;
  let url = "";
  let alice: WebPerson | undefined;
  const person = async () => (alice ??= await WebPerson.join(url, "Alice"));
  const at = (chatId: string, threadId?: string) => ({
    platform: "web" as const,
    account: "default",
    chatId,
    ...(threadId === undefined ? {} : { threadId }),
  });
  return {
    adapter,
    requests: () => requests,
    async serve() {
      const { promise, resolve } = Promise.withResolvers<AddressInfo>();
      const fetch = (request: Request) => {
        requests += 1;
        return adapter.http?.fetch(request) ?? new Response(null, { status: 404 });
      };
      server = serve({ fetch, hostname: "127.0.0.1", port: 0 }, resolve);
      url = `http://127.0.0.1:${(await promise).port}`;
    },
    post: async (text) => void (await (await person()).say("lobby", `@parley ${text}`, { clientId: text })),
    redeliver: async () => void (await (await person()).say("lobby", "@parley hello", { clientId: "hello" })),
    group: at("lobby"),
    unknownChat: at("dm:nobody"),
    unknownThread: at("lobby", "nothing"),
    dm: async () => ({ to: at(`dm:${(await person()).id}`), userId: (await person()).id }),
    async pick(label) {
      const someone = await person();
      const offered = (await someone.history("lobby")).findLast(({ choices }) => choices !== undefined)?.choices ?? [];
      const command = offered.find((each) => each.label === label)?.command;
      if (command !== undefined) await someone.say("lobby", `/${command}`);
    },
    async said() {
      const { messages } = (await (await (await person()).request("GET", "/rooms/lobby/messages")).json()) as {
        messages: Array<{ text: string; user: { isBot: boolean } }>;
      };
      return messages.filter(({ user }) => user.isBot).map(({ text }) => text);
    },
    limit: 20_000,
    async dispose() {
      await alice?.close();
      await new Promise<void>((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
      rmSync(folder, { recursive: true });
    },
  };
}

async function whatsapp(): Promise<AdapterUnderTest> {
  const wa = await FakeWhatsApp.start();
  const vault = new MemoryVault();
  const alice = wa.contact("Alice");
  const team = wa.group("Team", [alice]);
  const at = (chatId: string, threadId?: string) => ({
    platform: "whatsapp" as const,
    account: "default",
    chatId,
    ...(threadId === undefined ? {} : { threadId }),
  });
  let linking = 0;
  return {
    // The adapter's pauses are not what is tested, but somebody else has to get a turn in them.
    adapter: createWhatsAppAdapter({ wsUrl: wa.url, pacing: false, sleep: () => new Promise(setImmediate) }),
    vault,
    requests: () => wa.connections - linking,
    async serve() {
      const { signal } = new AbortController();
      const { url: wsUrl, link } = wa;
      await linkAccount({ vault, wsUrl, signal, onQr: (text) => void link.scan(text), onPairingCode: () => {} });
      linking = wa.connections;
    },
    post: async (text) => void (await alice.writes(text, { in: team, mention: true })),
    redeliver: async () => {},
    group: at(team.id),
    unknownChat: at("120363999999999999@g.us"),
    unknownThread: at(team.id, "1"),
    dm: async () => ({ to: at(alice.jid()), userId: alice.jid() }),
    said: async () => wa.sent.filter(({ to }) => to === team.id).map(({ text }) => text),
    limit: 4_096,
    dispose: () => wa.close(),
  };
}

adapterContract("discord", discord, discordRecords);
adapterContract("telegram", telegram, telegramRecords);
adapterContract("web", web, webRecords);
adapterContract("whatsapp", whatsapp, whatsappRecords);
