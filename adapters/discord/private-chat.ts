import { Routes } from "discord.js";
import type { DiscordApi } from "./client.ts";
import { DiscordError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

/**
 * The channel of the bot's private chat with somebody, which is made if there is none. Whether they take its messages is
 * known only once it sends one.
 *
 * @throws DiscordError
 * @see https://discord.com/developers/docs/resources/user#create-dm
 */
export async function privateChannel(api: DiscordApi, userId: string, signal?: AbortSignal): Promise<string> {
  const what = "opening a private chat";
  const request = { method: "POST" as const, route: Routes.userChannels(), body: { recipient_id: userId } };
  const { id } = recordOf(await api.call(what, { ...request, ...(signal !== undefined && { signal }) }));
  if (!isSnowflake(id)) throw new DiscordError(what, "no proper answer");
  return id;
}
