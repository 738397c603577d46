import type { APIUser } from "discord.js";
import type { Bell } from "../bell.ts";
import { FileStore } from "./file-store.ts";
import { SentMessages } from "./sent-messages.ts";
import { Snowflakes } from "./snowflakes.ts";
import type { GatewayEvent, World } from "./world.ts";

const BOT_ID = "1000000000000000001";
const YEAR_MS = 365 * 24 * 60 * 60_000;

interface WorldOptions {
  botName: string;
  clock: () => number;
  shards: number;
  bell: Bell;
  publish(event: GatewayEvent): void;
}

/** A Discord with nobody in it but the bot. */
export function newWorld({ botName, clock, shards, bell, publish }: WorldOptions): World {
  const bot: APIUser = { ...person(BOT_ID, botName), bot: true };
  const files = new FileStore();
  return {
    bot,
    users: new Map([[bot.id, bot]]),
    guilds: new Map(),
    channels: new Map(),
    interactions: new Map(),
    ephemeral: new Map(),
    refusingDms: new Set(),
    commands: new Map(),
    commandWrites: 0,
    created: new Map(),
    files,
    sent: new SentMessages(bell, files),
    ids: new Snowflakes(clock),
    oldIds: new Snowflakes(longAgo(clock)),
    gatewayUrl: "",
    shards,
    starts: { remaining: 999, resetAfterMs: 0 },
    now: clock,
    publish,
  };
}

/** A time of its own for each call, so that what was made then is spread over the shards. */
function longAgo(clock: () => number): () => number {
  let at = clock() - YEAR_MS;
  return () => {
    at += 1;
    return at;
  };
}

export function person(id: string, name: string): APIUser {
  const username = name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, "_");
  return { id, username, discriminator: "0", global_name: name, avatar: null };
}
