import { expect, test } from "vitest";
import { describeConfig } from "../../../gateway/config/describe.ts";
import { load } from "./scratch.ts";

test("it tells what was configured, without any secret", () => {
  const config = load(
    [
      "anthropic: { apiKey: SECRET-1, baseUrl: 'https://user:SECRET-2@proxy.example/SECRET-3' }",
      "discord: { token: SECRET-11, apiRoot: 'https://proxy.example/SECRET-12', shards: [0, 2], shardCount: 3 }",
      "telegram:",
      "  token: SECRET-4",
      "  apiRoot: https://api.example/SECRET-5",
      "  mode: webhook",
      "  webhook: { url: 'https://bot.example/SECRET-6', secret: SECRET-7 }",
      "whatsapp: { wsUrl: 'wss://user:SECRET-13@proxy.example/SECRET-14', typing: false, pacing: off }",
      "web: { joinToken: SECRET-8 }",
      "http: { token: SECRET-9 }",
      "agent: { prompt: SECRET-10 }",
      "extraPrompt: SECRET-15",
    ].join("\n"),
  );
  const lines = describeConfig(config);
  expect(lines).toContain("agent: main, claude-sonnet-5-5, API key set, at proxy.example");
  expect(lines).toContain("discord: shards 0, 2 of 3, answers shown while written, token set, by way of proxy.example");
  expect(lines).toContain("telegram: webhook at bot.example, token set, by way of api.example");
  expect(lines).toContain("whatsapp: on, read receipts, shows no typing, answers at once, by way of proxy.example");
  expect(lines).toContain("http: 127.0.0.1, port 8787, token set");
  expect(lines.join("\n")).not.toContain("SECRET");
});

test("it tells what is missing", () => {
  const lines = describeConfig(load("access: { dm: off }\n", { PARLEY_HOST: "0.0.0.0", PARLEY_PORT: "0" }));
  expect(lines).toContain("http: 0.0.0.0, any free port, token made at first start");
  expect(lines).toContain("agent: main, offline (set ANTHROPIC_API_KEY for claude-sonnet-5-5)");
  expect(lines).toContain("telegram: off (no token)");
  expect(lines).toContain("discord: off (no token)");
  expect(lines).toContain("whatsapp: off");
  expect(lines).toContain("web: access off in direct messages, pairing in groups, addressing always");
  expect(lines).toContain("web: nobody can join; set web.joinToken");
});

test("it tells what holds in chats, and on each platform only what is different there", () => {
  const config = load(
    [
      "strategy: shared",
      "compaction: 0.7",
      "limits: { userRunsPerDay: 50 }",
      "retention: { days: 1 }",
      "discord: { token: t, strategy: shared, access: allowlist }",
      "telegram:",
      "  token: t",
      "  busy: steer",
      "  compaction: { groups: 0.5 }",
      "  extraPrompt: The password is swordfish.",
      "  model: small",
      "  limits: { userRunsPerDay: none, chatRunsPerDay: 9 }",
    ].join("\n"),
  );
  const lines = describeConfig(config);
  expect(lines).toContain(
    "chats: strategy shared, threads per-user, addressing mention, busy collect, compaction 0.7, compactionTokens 200000, ambient off, tools all, maxAgeMs 43200000",
  );
  expect(lines).toContain("discord: access allowlist");
  expect(lines).toContain(
    "telegram: access pairing, busy steer, compaction 0.7 in direct messages, 0.5 in groups, extra prompt set, model small, userRunsPerDay none, chatRunsPerDay 9",
  );
  expect(lines).toContain("limits: userRunsPerDay 50, warnings from 0.8 on");
  expect(lines).toContain("retention: 1 day");
  expect(lines).toContain(
    "context: 20 messages from beside a conversation in 2000 tokens, none older than 3600000 ms, summing up for 120000 ms",
  );
  expect(lines).toContain("approvals: awaited for 120000 ms");
  expect(lines).toContain("attachments: 10 per turn, 5000000 bytes each, text files 200000 bytes");
  expect(lines).toContain("transcriber: none");
  expect(lines.join("\n")).not.toContain("swordfish");
  const untouched = describeConfig(load(""));
  expect(untouched).toContain("limits: none, warnings from 0.8 on");
  expect(untouched).toContain("retention: kept for ever");
});

test("of a transcriber it tells the program and not its arguments, which may hold a key", () => {
  const transcriber = "{ command: [/usr/bin/listen, --key, SECRET], timeoutMs: 5, maxBytes: 6 }";
  const lines = describeConfig(load(`attachments: { transcriber: ${transcriber} }\n`));
  expect(lines).toContain("transcriber: /usr/bin/listen, up to 6 bytes, 5 ms each");
  expect(lines.join("\n")).not.toContain("SECRET");
});

test("it says plainly that anybody can join", () => {
  const said = "web: anybody who reaches the port can join; set web.joinToken to prevent it";
  expect(describeConfig(load("", { PARLEY_HOST: "0.0.0.0", PARLEY_ACCESS: "open" }))).toContain(said);
  expect(describeConfig(load("", { PARLEY_ACCESS: "open" }))).not.toContain(said);
  expect(describeConfig(load("web: { joinToken: t }", { PARLEY_HOST: "0.0.0.0" })).join("\n")).not.toMatch(/can join/);
});

test("it tells a polling bot and a web chat that is off in a line each", () => {
  const lines = describeConfig(load("web: { enabled: false }\n", { TELEGRAM_BOT_TOKEN: "t" }));
  expect(lines).toContain("telegram: polling, token set");
  expect(lines.filter((line) => line.startsWith("web:"))).toEqual(["web: off"]);
});
