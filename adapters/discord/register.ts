import { Routes } from "discord.js";
import type { CommandOffer } from "../adapter.ts";
import type { DiscordApi } from "./client.ts";
import { commandBodies } from "./commands.ts";
import { recordOf } from "./payload.ts";

/**
 * Make Discord offer these commands and no others. Where it does already, nothing is written: Discord counts writes.
 *
 * @throws DiscordError
 * @see https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
 */
export async function register(
  commands: readonly CommandOffer[],
  { api, applicationId }: { api: DiscordApi; applicationId: string },
): Promise<void> {
  const what = "registering commands";
  const route = Routes.applicationCommands(applicationId);
  const wanted = commandBodies(commands);
  const offered = await api.call(what, { method: "GET", route });
  if (essence(offered) !== essence(wanted)) await api.call(what, { method: "PUT", route, body: wanted });
}

/** What was chosen about commands, without what Discord adds and whatever order it lists them in. */
function essence(commands: unknown): string {
  return JSON.stringify(listed(commands).map(commandEssence).sort());
}

function commandEssence({ type = 1, name, description, integration_types, contexts, options }: Fields): string {
  const lists = [integration_types, contexts].map((list) => (Array.isArray(list) ? list.toSorted() : []));
  return JSON.stringify([name, type, description, ...lists, listed(options).map(optionEssence)]);
}

function optionEssence({ type, name, description, required = false, max_length = null, choices }: Fields): unknown[] {
  const offered = listed(choices).map(({ name, value }) => [name, value]);
  return [type, name, description, required, max_length, offered];
}

type Fields = Record<string, unknown>;

function listed(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
