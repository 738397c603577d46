import type { Adapter } from "../adapters/adapter.ts";
import { type Agent, AgentError, type Tool } from "../agents/agent.ts";
import { systemPrompt } from "../agents/prompt.ts";
import { CHARS_PER_TOKEN } from "../agents/tokens.ts";
import { allowedTools, type ToolSource } from "../agents/tool-list.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { Store } from "../sessions/store.ts";
import { type Author, type TranscriptMessage, type Usage, unknownResults } from "../sessions/transcript.ts";
import type { Approvals } from "./approvals.ts";
import type { AttachmentOptions } from "./attachments.ts";
import { type BackgroundBounds, backgroundOf, mayHaveBackground } from "./background.ts";
import { type Compacted, Context } from "./context.ts";
import type { Answer } from "./endings.ts";
import type { Log } from "./log.ts";
import { countTokens, type Metrics } from "./metrics.ts";
import { patiently } from "./patience.ts";
import { pause } from "./pause.ts";
import type { SummaryFailures } from "./summary-failures.ts";
import { turnMessage } from "./turn.ts";

export interface ConversationOptions {
  store: Store;
  agent: Agent;
  tools: ToolSource;
  persona: string;
  attachments: AttachmentOptions;
  /** What the model can take in at once, and what one reply of it takes of that, in tokens. */
  contextTokens: number;
  maxTokens: number;
  compactionTimeoutMs: number;
  failures?: SummaryFailures;
  background: BackgroundBounds;
  approvals: Pick<Approvals, "consent">;
  metrics: Metrics;
  clock: Clock;
  log: Log;
}

/** What one run converses with. */
export interface ConversationParts {
  run: Run;
  adapter: Adapter | undefined;
  settings: ChatSettings;
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
  #context: Context | undefined;
  /** Of the round that goes on. */
  #signal: AbortSignal;
  /** Whether a step waits for the store. */
  saving = false;
  /** What replies have cost that were begun and are not journalled; only the last may still be being written. */
  #begun: Array<{ usage: Usage; model: string }> = [];

  /** The same of summaries. */
  readonly #summaries: Array<{ usage: Usage; model: string }> = [];

  constructor(options: ConversationOptions, parts: ConversationParts) {
    this.#options = options;
    this.#parts = parts;
    this.#signal = parts.closing;
    this.#steps = [...parts.run.steps];
  }

  /** Whether the turn is written down. */
  get begun(): boolean {
    return this.#steps.length > 0;
  }

  /** Write the turn down, unless an earlier attempt has. Nothing comes into the run before this is done. */
  async begin(signal: AbortSignal): Promise<void> {
    const { run, settings } = this.#parts;
    const { store, background: bounds, clock } = this.#options;
    const said = await this.#turn(run, signal);
    const background = await backgroundOf(store, run, settings, bounds, clock.now());
    const turn = background === undefined ? said : { ...said, background };
    // Whoever fetches pictures may not heed its signal.
    signal.throwIfAborted();
    await this.#save(() => store.journal(run, { message: turn }), signal);
    this.#steps.push(turn);
  }

  /** Converse until the agent has answered everything. Called again after an interruption, it goes on. */
  async go(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#exchange(signal);
      } catch (error) {
        // What was counted was too little: it is made to fit, so that the conversation does not end here for good.
        const isFull = error instanceof AgentError && error.code === "context-full";
        if (!isFull || this.#context?.overflowed() !== true) throw error;
        this.#parts.answer.forget();
      }
    }
  }

  async #exchange(signal: AbortSignal): Promise<void> {
    const { store, agent, metrics, approvals } = this.#options;
    const { run, adapter, settings, answer, show, isAdmin } = this.#parts;
    this.#signal = signal;
    // What a run that is taken up again stands in the middle of may be the tool of a server that is not connected yet.
    if (toolUses(this.#steps.at(-1)) > 0) await this.#serversTried(signal);
    const people = await this.#people();
    const { system, tools } = this.#frame(people);
    this.#context ??= await this.#opened(system, tools);
    const context = this.#context;
    const { strategy, session } = run.plan;
    const events = agent.run({
      system,
      messages: context.given(),
      tools,
      signal,
      textIsShown: adapter?.preview !== undefined,
      author: run.author,
      scene: { sessionKey: session, strategy, people },
      readBlob: (hash) => this.#blob(hash),
      isAdmin,
      recall: (words, limit) => store.recall(run.sessionId, words, limit),
      consent: (call, tool) => approvals.consent({ run, adapter, signal, call, tool }),
      model: settings.model,
      prepare: () => context.fit(signal),
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
        context.replied(event.usage);
        const { inputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
        metrics.contextTokens.observe(inputTokens + cacheReadTokens + cacheWriteTokens);
        countTokens(metrics, event.usage);
      } else if (event.type === "tool-results") {
        const message: TranscriptMessage = { role: "user", content: event.content };
        await this.#save(() => store.journal(run, { message }), signal);
        this.#steps.push(message);
      } else {
        answer.reason = event.reason;
      }
    }
  }

  /** Sum the session up, but for its latest turn. */
  async compact(signal: AbortSignal): Promise<Compacted> {
    this.#signal = signal;
    const { system, tools } = this.#frame(await this.#people());
    const context = await this.#opened(system, tools);
    return await context.compact(signal, this.#parts.run.author.id);
  }

  /** Say something in place of the agent. */
  async tell(text: string, signal: AbortSignal): Promise<void> {
    const { run, answer } = this.#parts;
    const message: TranscriptMessage = { role: "assistant", content: [{ type: "text", text }] };
    await this.#save(() => this.#options.store.journal(run, { message }), signal);
    this.#steps.push(message);
    answer.keep(message.content);
  }

  /** Of the journal's steps, so many are given without results of tools from now on. */
  get clearedSteps(): number {
    return this.#context?.clearedSteps ?? 0;
  }

  /** Book what replies have cost that were broken off, what was written of the last by estimate. */
  async book(): Promise<void> {
    const { run, answer, closing } = this.#parts;
    const costs = this.#begun.splice(0);
    for (const { usage, model } of this.#summaries.splice(0)) {
      countTokens(this.#options.metrics, usage);
      await this.#save(() => this.#options.store.bookUsage(run, { ...usage, model }), closing);
    }
    for (const [index, { usage, model }] of costs.entries()) {
      const written = index === costs.length - 1 ? Math.ceil(answer.unfinished.length / CHARS_PER_TOKEN) : 0;
      const outputTokens = Math.max(usage.outputTokens, written);
      countTokens(this.#options.metrics, { ...usage, outputTokens });
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

  async #serversTried(signal: AbortSignal): Promise<void> {
    const { tools, clock } = this.#options;
    if (tools.tried === undefined) return;
    const enough = new AbortController();
    await Promise.race([tools.tried, pause(clock, SERVERS_MS, AbortSignal.any([signal, enough.signal]))]);
    enough.abort();
    signal.throwIfAborted();
  }

  /** What stands before the messages of every request. */
  #frame(people: readonly Author[]) {
    const { persona, tools } = this.#options;
    const { run, settings } = this.#parts;
    const { attribution, guidance } = run.plan;
    const system = systemPrompt({
      persona,
      extra: settings.extraPrompt,
      // A conversation that began as a copy of a shared one holds what others have said.
      attribution: people.length > 1 ? "tagged" : attribution,
      background: mayHaveBackground(run, settings),
      guidance,
      participants: people.map(({ id, name }) => ({ id, name })),
    });
    return { system, tools: allowedTools(tools.list(), settings.tools) };
  }

  #opened(system: string, tools: readonly Tool[]): Promise<Context> {
    const { run, settings } = this.#parts;
    return Context.open(this.#options, {
      run,
      settings,
      steps: this.#steps,
      system,
      tools,
      readBlob: (hash) => this.#blob(hash),
      begun: this.#summaries,
      save: (write) => this.#save(write, this.#signal),
    });
  }

  async #blob(hash: string): Promise<Uint8Array> {
    return (await this.#options.store.blob(hash)) ?? missingBlob(hash);
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

/** So long servers of tools may take to be there after a start. */
const SERVERS_MS = 30_000;

function toolUses(step: TranscriptMessage | undefined): number {
  return step?.content.filter(({ type }) => type === "tool-use").length ?? 0;
}

function brokenOff(text: string): TranscriptMessage {
  return { role: "assistant", content: [{ type: "text", text: `${text.trimEnd()} …` }] };
}

function missingBlob(hash: string): never {
  throw new Error(`no blob ${hash}`);
}
