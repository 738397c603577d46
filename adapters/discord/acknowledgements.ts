import { InteractionResponseType, MessageFlags, Routes } from "discord.js";
import type { DiscordApi } from "./client.ts";
import { DiscordError } from "./errors.ts";
import type { DiscordInteraction } from "./interactions.ts";

const NOT_NOW = "I cannot take this right now. Please try again in a minute.";
const NO_QUESTION = "There is no question in that. Try /ask again and say what you want to know.";

/** After that, Discord does not listen any more. */
const IN_TIME_MS = 3_000;

/**
 * Tells Discord, within the three seconds that it gives, what becomes of a slash command or a choice.
 *
 * Only once the gateway has committed it does Discord learn that an answer will come; whoever sends that answer waits
 * for this first. An acknowledgement that fails is not repeated: the answer then finds another way.
 *
 * @see https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object
 */
export class Acknowledgements {
  readonly #api: DiscordApi;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(api: DiscordApi) {
    this.#api = api;
  }

  /**
   * `commit` is called before the first `await`.
   *
   * @param commit null if there is nothing to commit
   */
  async begin(
    interaction: DiscordInteraction,
    { ephemeral, commit }: { ephemeral: boolean; commit: (() => Promise<boolean>) | null },
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay.set(interaction.id, promise);
    try {
      await this.#acknowledge(interaction, ephemeral, commit);
    } finally {
      this.#underWay.delete(interaction.id);
      resolve();
    }
  }

  /** Resolves once an answer may be sent. */
  async of(interactionId: string): Promise<void> {
    await this.#underWay.get(interactionId);
  }

  /** Resolves once none is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #acknowledge(
    interaction: DiscordInteraction,
    ephemeral: boolean,
    commit: (() => Promise<boolean>) | null,
  ): Promise<void> {
    if (commit === null) return this.#say(interaction, NO_QUESTION);
    let willAnswer: boolean;
    try {
      willAnswer = await commit();
    } catch {
      return this.#say(interaction, NOT_NOW);
    }
    if (!willAnswer) return this.#say(interaction, notForYou(interaction.user.id));
    const type = InteractionResponseType.DeferredChannelMessageWithSource;
    await this.#respond(interaction, { type, ...(ephemeral && { data: { flags: MessageFlags.Ephemeral } }) });
  }

  #say(interaction: DiscordInteraction, content: string): Promise<void> {
    return this.#respond(interaction, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: { content, flags: MessageFlags.Ephemeral },
    });
  }

  async #respond({ id, token }: DiscordInteraction, body: object): Promise<void> {
    try {
      const route = Routes.interactionCallback(id, token);
      const signal = AbortSignal.timeout(IN_TIME_MS);
      await this.#api.call("acknowledging a command", { method: "POST", route, body, auth: false, signal });
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
    }
  }
}

/**
 * Only the asker reads it, so that it can say more than a message in the channel would. Why nobody will answer, whether
 * for want of access or because there were too many questions at once, is not known here.
 */
function notForYou(userId: string): string {
  return (
    "I do not answer here, or not you. If I have not said why a moment ago, somebody who runs me has to let you in: " +
    `\`discord:${userId}\``
  );
}
