import type { Origins } from "./origins.ts";
import { isSection, type RawSection, valueAt } from "./path.ts";
import type { Problem } from "./problems.ts";
import { isConfidential, parseUrl } from "./values.ts";

/**
 * What no single setting can get wrong by itself. Works on settings not yet validated, so that everything is reported
 * at once; a setting of the wrong kind is none of its business.
 */
export function checkRules(root: RawSection, origins: Origins): Problem[] {
  return [telegramToken(root, origins), telegramWebhook(root, origins)].filter((problem) => problem !== undefined);
}

function telegramToken(root: RawSection, origins: Origins): Problem | undefined {
  if (!isSection(root.telegram) || valueAt(root, ["telegram", "token"]) !== undefined) return undefined;
  return {
    ...origins.place("telegram"),
    message: "there is no token; set telegram.token or TELEGRAM_BOT_TOKEN, or leave the section out",
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
