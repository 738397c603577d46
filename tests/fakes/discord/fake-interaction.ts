import type { SentMessage } from "./posted.ts";
import type { InteractionState, World } from "./world.ts";

/** `waiting` for the bot, `deferred` ("… is thinking"), `answered` with a text, or `removed` after that. */
export type ResponseState = "waiting" | "deferred" | "answered" | "removed";

/** A command that somebody called, or a choice that somebody picked, as they see it. */
export class FakeInteraction {
  readonly #world: World;
  readonly #interaction: InteractionState;

  constructor(world: World, interaction: InteractionState) {
    this.#world = world;
    this.#interaction = interaction;
  }

  get id(): string {
    return this.#interaction.id;
  }

  get token(): string {
    return this.#interaction.token;
  }

  /** Resolves with the type of the first response: 4 for a message, 5 for a deferred one. */
  get acknowledged(): Promise<number> {
    return this.#interaction.acknowledged.promise;
  }

  get state(): ResponseState {
    const { response } = this.#interaction;
    if (response === undefined) return "waiting";
    if (this.response !== undefined) return "answered";
    return this.#stands(response.messageId) ? "deferred" : "removed";
  }

  /** Whether only the asker sees the response. */
  get ephemeral(): boolean {
    return this.#interaction.response?.ephemeral === true;
  }

  /** The response, once it says something. */
  get response(): SentMessage | undefined {
    const { response } = this.#interaction;
    return response && this.#world.sent.of(response.messageId);
  }

  /** What the response says now; undefined while it says nothing. */
  get text(): string | undefined {
    return this.response?.text;
  }

  get followUps(): SentMessage[] {
    return this.#interaction.followUps.flatMap((id) => this.#world.sent.of(id) ?? []);
  }

  /** Discord takes nothing more by the token. */
  expire(): void {
    this.#interaction.expiresAt = this.#world.now();
  }

  #stands(messageId: string): boolean {
    return this.#world.ephemeral.has(messageId) || this.#interaction.channel.messages.has(messageId);
  }
}
