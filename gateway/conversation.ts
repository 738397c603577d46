import type { Adapter } from "../adapters/adapter.ts";
import type { Agent, Tool } from "../agents/agent.ts";
import { systemPrompt } from "../agents/prompt.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { Store } from "../sessions/store.ts";
import { type Author, type TranscriptMessage, type Usage, unknownResults } from "../sessions/transcript.ts";
import type { Answer } from "./endings.ts";
import type { Metrics } from "./metrics.ts";
import { patiently } from "./patience.ts";
import { type AttachmentLimits, turnMessage } from "./turn.ts";

export interface ConversationOptions {
  store: Store;
  agent: Agent;
  tools: readonly Tool[];
  persona: string;
  attachments: AttachmentLimits;
  metrics: Metrics;
  clock: Clock;
}

/** What one run converses with. */
export interface ConversationParts {
  run: Run;
  adapter: Adapter | undefined;
  settings: Pick<ChatSettings, "model" | "extraPrompt">;
  answer: Answer;
  isAdmin(): Promise<boolean>;
  /** Show what is written so far. */
  show(markdown: string): void;
  /** Aborted when this process will write nothing more for the run. */
  closing: AbortSignal;
}

/**
 * One run's exchange with the agent: the turn and each finished step are journalled before anything follows from them. A
 * step that the store does not take now is kept and tried again: the model is not asked twice for it.
 *
 * The author's own next message comes in where the chat wants it so: at the next step (`steer`), or at once (`interrupt`):
 * then the reply that was being written is broken off, what there is of it is kept as a reply, and the agent goes on with
 * both. Message, broken-off reply and journal change in one transaction, so that a crash leaves the message waiting or
 * part of the run.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #parts: ConversationParts;
  readonly #steps: TranscriptMessage[];
  /** What the model took in last, in tokens; 0 before it has answered. */
  contextTokens = 0;
  /** Whether a step waits for the store. */
  saving = false;
  /** What replies have cost that were begun and are not journalled; only the last may still be being written. */
  #begun: Array<{ usage: Usage; model: string }> = [];

  constructor(options: ConversationOptions, parts: ConversationParts) {
    this.#options = options;
    this.#parts = parts;
    this.#steps = [...parts.run.steps];
  }

  /** Whether the turn is written down. */
  get begun(): boolean {
    return this.#steps.length > 0;
  }

  /** Write the turn down, unless an earlier attempt has. Nothing comes into the run before this is done. */
  async begin(signal: AbortSignal): Promise<void> {
    const { run } = this.#parts;
    const turn = await this.#turn(run, signal);
    // Whoever fetches pictures may not heed its signal.
    signal.throwIfAborted();
    await this.#save(() => this.#options.store.journal(run, { message: turn }), signal);
    this.#steps.push(turn);
  }

  /** Converse until the agent has answered everything. Called again after an interruption, it goes on. */
  async go(signal: AbortSignal): Promise<void> {
    const { store, agent, tools, persona, metrics } = this.#options;
    const { run, adapter, settings, answer, show, isAdmin } = this.#parts;
    const history = await store.history(run.sessionId);
    const people = await this.#people();
    const { attribution, guidance, strategy, session } = run.plan;
    const events = agent.run({
      system: systemPrompt({
        persona,
        extra: settings.extraPrompt,
        // A conversation that began as a copy of a shared one holds what others have said.
        attribution: people.length > 1 ? "tagged" : attribution,
        guidance,
        participants: people.map(({ id, name }) => ({ id, name })),
      }),
      messages: [...history, ...this.#steps],
      tools,
      signal,
      textIsShown: adapter?.preview !== undefined,
      author: run.author,
      scene: { sessionKey: session, strategy, people },
      readBlob: async (hash) => (await store.blob(hash)) ?? missingBlob(hash),
      isAdmin,
      model: settings.model,
      following: () => this.#takeIn(signal),
      begun: (cost) => void this.#begun.push(cost),
    });
    for await (const event of events) {
      signal.throwIfAborted();
      if (event.type === "text") {
        answer.hear(event.text);
        show(answer.text);
      } else if (event.type === "restart") {
        answer.forget();
      } else if (event.type === "reply") {
        answer.keep(event.content);
        const message: TranscriptMessage = { role: "assistant", content: event.content };
        this.#begun.pop();
        const usage = { model: event.model, ...event.usage };
        await this.#save(() => store.journal(run, { message, usage }), signal);
        this.#steps.push(message);
        const { inputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
        this.contextTokens = inputTokens + cacheReadTokens + cacheWriteTokens;
        metrics.tokens.inc({ kind: "input" }, event.usage.inputTokens);
        metrics.tokens.inc({ kind: "output" }, event.usage.outputTokens);
        metrics.tokens.inc({ kind: "cache-read" }, event.usage.cacheReadTokens);
        metrics.tokens.inc({ kind: "cache-write" }, event.usage.cacheWriteTokens);
      } else if (event.type === "tool-results") {
        const message: TranscriptMessage = { role: "user", content: event.content };
        await this.#save(() => store.journal(run, { message }), signal);
        this.#steps.push(message);
      } else {
        answer.reason = event.reason;
      }
    }
  }

  /** Book what replies have cost that were broken off, what was written of the last by estimate. */
  async book(): Promise<void> {
    const { run, answer, closing } = this.#parts;
    const costs = this.#begun.splice(0);
    for (const [index, { usage, model }] of costs.entries()) {
      const written = index === costs.length - 1 ? Math.ceil(answer.unfinished.length / CHARS_PER_TOKEN) : 0;
      const outputTokens = Math.max(usage.outputTokens, written);
      await this.#save(() => this.#options.store.bookUsage(run, { ...usage, outputTokens, model }), closing);
    }
  }

  /** After the reply that was being written was broken off: take in what its author has said since. */
  async interrupted(signal: AbortSignal): Promise<void> {
    const { answer } = this.#parts;
    await this.book();
    const unfinished = answer.unfinished;
    const kept = unfinished.trim() === "" ? [] : [brokenOff(unfinished)];
    const taken = await this.#takeIn(signal, kept);
    answer.forget();
    if (taken.length > 0) for (const { content } of kept) answer.keep(content);
  }

  /** @returns turns that were taken into the run */
  async #takeIn(signal: AbortSignal, before: readonly TranscriptMessage[] = []): Promise<TranscriptMessage[]> {
    const { store } = this.#options;
    const { run } = this.#parts;
    // Once more where something is added or changed at that very moment.
    for (;;) {
      const messages = await store.following(run);
      if (messages.length === 0) return [];
      const turn = await this.#turn({ ...run, messages }, signal);
      const steps = [...before, turn];
      const records = steps.map((message) => ({ message }));
      signal.throwIfAborted();
      if (!(await this.#save(() => store.takeIn(run, messages, records), signal))) continue;
      const last = this.#steps.at(-1);
      const unknown = last === undefined ? undefined : unknownResults(last);
      this.#steps.push(...(unknown === undefined ? [] : [unknown]), ...steps);
      return [turn];
    }
  }

  async #save<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.saving = true;
    try {
      return await patiently(write, this.#options.clock, signal);
    } finally {
      this.saving = false;
    }
  }

  #turn(run: Run, signal: AbortSignal): Promise<TranscriptMessage> {
    const { store, attachments } = this.#options;
    const putBlob: Store["putBlob"] = (bytes, mimeType) => this.#save(() => store.putBlob(bytes, mimeType), signal);
    return turnMessage(run, this.#parts.adapter, { putBlob }, attachments, signal);
  }

  /** Everybody who has written into the session, the author of this turn included, with the number of turns. */
  async #people(): Promise<Array<Author & { turns: number }>> {
    const { run } = this.#parts;
    const people = await this.#options.store.participants(run.sessionId);
    const author = people.find((person) => person.id === run.author.id);
    if (author === undefined) return [...people, { ...run.author, turns: 1 }];
    author.turns += 1;
    author.name = run.author.name;
    return people;
  }
}

/** Of English text, about. */
const CHARS_PER_TOKEN = 4;

function brokenOff(text: string): TranscriptMessage {
  return { role: "assistant", content: [{ type: "text", text: `${text.trimEnd()} …` }] };
}

function missingBlob(hash: string): never {
  throw new Error(`no blob ${hash}`);
}
