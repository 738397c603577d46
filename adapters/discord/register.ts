import { ApplicationCommandType, Routes } from "discord.js";
import type { CommandOffer } from "../adapter.ts";
import type { DiscordApi } from "./client.ts";
import { commandBodies } from "./commands.ts";
import { DiscordError } from "./errors.ts";
import { recordOf } from "./payload.ts";

/**
 * Make Discord offer these commands and no others. Where it does already, nothing is written: Discord counts writes.
 *
 * What opens the app's activity, where it has one, stays: Discord makes that command, and refuses a list without it.
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
  const offered = await api.call(what, { method: "GET", route }).catch(unknown);
  const isEntry = ({ type }: Fields) => type === ApplicationCommandType.PrimaryEntryPoint;
  const entries = listed(offered).filter(isEntry).map(chosen);
  const isOffered = offered !== null && essence(listed(offered).filter((each) => !isEntry(each))) === essence(wanted);
  if (!isOffered) await api.call(what, { method: "PUT", route, body: [...entries, ...wanted] });
}

/** What is offered matters only as a reason to write nothing. */
function unknown(error: unknown): null {
  if (error instanceof DiscordError) return null;
  throw error;
}

/** What Discord adds to a command, and does not take back. */
const ADDED: ReadonlySet<string> = new Set(["application_id", "guild_id", "version"]);

function chosen(command: Fields): Fields {
  return Object.fromEntries(Object.entries(command).filter(([field]) => !ADDED.has(field)));
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
