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
  expect(lines).toContain(
    "web: strategy per-user, threads per-user, answers everything, access off in direct messages, allowlist in groups",
  );
  expect(lines).toContain("web: nobody can join; set web.joinToken");
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
