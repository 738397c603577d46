import { GatewayCloseCodes } from "discord.js";
import { AdapterConfigError } from "../adapter.ts";
import { failureOf } from "./errors.ts";
import { StartsUsedUpError } from "./gateway-client.ts";

const WRONG_TOKEN =
  "Discord does not know the bot's token: set DISCORD_TOKEN to the one under Bot > Token in the Discord Developer Portal.";

/** Why Discord ends a connection for good. */
const FATAL: ReadonlyMap<number, string> = new Map([
  [GatewayCloseCodes.AuthenticationFailed, WRONG_TOKEN],
  [
    GatewayCloseCodes.DisallowedIntents,
    "Discord does not let the bot read messages: switch on Message Content Intent under Bot > Privileged Gateway " +
      "Intents in the Discord Developer Portal.",
  ],
  [GatewayCloseCodes.InvalidShard, "Discord refuses these shards: each number has to be below the number of shards."],
  [
    GatewayCloseCodes.ShardingRequired,
    'The bot is in too many servers for so few shards: set shards to "auto" or to more.',
  ],
  [GatewayCloseCodes.InvalidAPIVersion, "Discord does not speak this version of its gateway any more: update Parley."],
  [GatewayCloseCodes.InvalidIntents, "Discord does not know what the bot wants to hear of: update Parley."],
]);

/** Why a client came to its end: the configuration is wrong, or else a reason that may pass. */
export type Failure = AdapterConfigError | { reason: string; retryAfterMs?: number };

export function endedBy(code: number): Failure {
  const known = FATAL.get(code);
  return known === undefined
    ? { reason: `Discord closed the connection with code ${code}, connecting anew` }
    : new AdapterConfigError(known);
}

export function failedLogin(error: unknown): Failure {
  if (error instanceof StartsUsedUpError) {
    const { message, retryAfterMs } = error;
    return { reason: `${message}, trying again in ${Math.ceil(retryAfterMs / 60_000)} minutes`, retryAfterMs };
  }
  if (error instanceof Error && "code" in error && error.code === "TokenInvalid") {
    return new AdapterConfigError(WRONG_TOKEN);
  }
  const { message, refusal } = failureOf("connecting", error);
  const reason = `Discord is out of reach, trying again: ${message}`;
  return refusal?.retryAfterMs === undefined ? { reason } : { reason, retryAfterMs: refusal.retryAfterMs };
}
