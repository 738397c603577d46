import { once } from "node:events";
import {
  Client,
  type ClientOptions,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  type GatewayMessageCreateDispatchData,
  Partials,
  type REST,
} from "discord.js";
import type { FakeDiscord } from "../../fakes/discord/fake-discord.ts";

/** Clients of discord.js on a fake, all destroyed together. */
export class RawClients {
  readonly #discord: FakeDiscord;
  readonly #clients: Client[] = [];

  constructor(discord: FakeDiscord) {
    this.#discord = discord;
  }

  client(options: Partial<ClientOptions> = {}): Client {
    const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits;
    const client = new Client({
      intents: [Guilds, GuildMessages, DirectMessages, MessageContent],
      partials: [Partials.Channel, Partials.Message],
      // The library lets five seconds pass between two times that a shard identifies.
      ws: { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => undefined }) },
      ...options,
      rest: { api: this.#discord.apiRoot, retries: 0, ...options.rest },
    });
    this.#clients.push(client);
    return client;
  }

  /** A client that has logged in and knows its guilds. */
  async connected(options?: Partial<ClientOptions>): Promise<Client> {
    const client = this.client(options);
    const ready = once(client, Events.ClientReady);
    await client.login(this.#discord.token);
    await ready;
    return client;
  }

  /** REST without the gateway. */
  rest(options?: ClientOptions["rest"]): REST {
    return this.client(options && { rest: options }).rest.setToken(this.#discord.token);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.destroy();
  }
}

/** What the gateway tells a client of new messages, in order; `until` waits for one that says so. */
export function listen(client: Client) {
  const heard: GatewayMessageCreateDispatchData[] = [];
  client.on(Events.Raw, ({ t, d }) => {
    if (t !== "MESSAGE_CREATE") return;
    heard.push(d);
    client.emit("heard");
  });
  const until = async (content: string) => {
    while (!heard.some((message) => message.content === content)) await once(client, "heard");
  };
  return { heard, until, contents: () => heard.map(({ content }) => content) };
}

/** Discord's code for why a call is refused. */
export async function codeOf(refused: Promise<unknown>): Promise<number | string> {
  const error: unknown = await refused.then(
    () => "nothing was refused",
    (reason) => reason,
  );
  if (error instanceof DiscordAPIError) return error.code;
  throw new Error(`not refused by Discord: ${String(error)}`);
}
