import { mcpRules } from "./mcp.ts";
import type { Origins } from "./origins.ts";
import { isSection, type RawSection, valueAt } from "./path.ts";
import type { Problem } from "./problems.ts";
import { isConfidential, parseUrl } from "./values.ts";

/**
 * What no single setting can get wrong by itself. Works on settings not yet validated, so that everything is reported
 * at once; a setting of the wrong kind is none of its business.
 */
export function checkRules(root: RawSection, origins: Origins): Problem[] {
  return [
    noToken("discord", "DISCORD_TOKEN", root, origins),
    discordShards(root, origins),
    noToken("telegram", "TELEGRAM_BOT_TOKEN", root, origins),
    telegramWebhook(root, origins),
    noTranscriber(root, origins),
    ...mcpRules(root, origins),
  ].filter((problem) => problem !== undefined);
}

function noToken(platform: string, variable: string, root: RawSection, origins: Origins): Problem | undefined {
  if (!isSection(root[platform]) || valueAt(root, [platform, "token"]) !== undefined) return undefined;
  return {
    ...origins.place(platform),
    message: `there is no token; set ${platform}.token or ${variable}, or leave the section out`,
  };
}

function discordShards(root: RawSection, origins: Origins): Problem | undefined {
  const shards = valueAt(root, ["discord", "shards"]);
  const count = valueAt(root, ["discord", "shardCount"]);
  const place = origins.place("discord.shards");
  if (!Array.isArray(shards)) {
    if (count === undefined) return undefined;
    return { ...origins.place("discord.shardCount"), message: "it goes with a list of shards and with nothing else" };
  }
  if (typeof count !== "number") {
    return { ...place, message: "a list of shards needs discord.shardCount: how many there are in all processes" };
  }
  const beyond = shards.find((shard) => typeof shard === "number" && shard >= count);
  if (shards.length === 0) return { ...place, message: "the list of shards is empty" };
  if (new Set(shards).size < shards.length) return { ...place, message: "a shard stands twice in the list" };
  if (beyond === undefined) return undefined;
  return { ...place, message: `there is no shard ${beyond}: with ${count} in all they are 0 to ${count - 1}` };
}

/** Somebody who says how long it may take means to have one. */
function noTranscriber(root: RawSection, origins: Origins): Problem | undefined {
  const transcriber = valueAt(root, ["attachments", "transcriber"]);
  if (!isSection(transcriber) || Object.keys(transcriber).length === 0) return undefined;
  const { command } = transcriber;
  if (command !== undefined && !(Array.isArray(command) && command.length === 0)) return undefined;
  return {
    ...origins.place("attachments.transcriber"),
    message: "there is no command; set attachments.transcriber.command, or leave the section out",
  };
}

function telegramWebhook(root: RawSection, origins: Origins): Problem | undefined {
  if (valueAt(root, ["telegram", "mode"]) !== "webhook") return undefined;
  const url = valueAt(root, ["telegram", "webhook", "url"]);
  const expected = "an address that begins with https:// (http:// on this machine only)";
  if (url === undefined) {
    return {
      ...origins.place("telegram.mode"),
      message: `mode "webhook" needs telegram.webhook.url: ${expected}`,
      expected: "telegram.webhook.url",
    };
  }
  const address = typeof url === "string" ? parseUrl(url) : undefined;
  if (address === undefined || isConfidential(address)) return undefined;
  return { ...origins.place("telegram.webhook.url"), message: `expected ${expected}`, expected };
}
