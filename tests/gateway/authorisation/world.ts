import { type Adapter, type OutboundChunk, SendError } from "../../../adapters/adapter.ts";
import type { InboundMessage, Platform } from "../../../adapters/record.ts";
import { fixedTools } from "../../../agents/tool-list.ts";
import type { AccessRules } from "../../../gateway/access.ts";
import { Approvals } from "../../../gateway/approvals.ts";
import { CommandExecutor } from "../../../gateway/commands/executor.ts";
import { commandNames, laneTasks } from "../../../gateway/commands/index.ts";
import { Delivery } from "../../../gateway/delivery.ts";
import { Intake } from "../../../gateway/intake.ts";
import { createLog } from "../../../gateway/log.ts";
import { createMetrics } from "../../../gateway/metrics.ts";
import { Platforms } from "../../../gateway/platforms.ts";
import { Roles } from "../../../gateway/roles.ts";
import { Runner } from "../../../gateway/runner.ts";
import { LocalLanes } from "../../../sessions/local-lanes.ts";
import { Router } from "../../../sessions/router.ts";
import type { ChatSettings } from "../../../sessions/settings.ts";
import { openDatabase } from "../../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../../sessions/sqlite/store.ts";
import { VirtualClock } from "../../../sessions/virtual-clock.ts";
import { NOW, registry, SETTINGS } from "../../sessions/messages.ts";
import { SEND } from "../approvals-stage.ts";
import { agentThat, noUsage } from "../runner-stage.ts";
import { marksIn, ownMarks } from "../session-book.ts";

/** What the model was shown for a conversation. */
export interface Shown {
  session: string;
  author: string;
  marks: readonly string[];
  /** Those of them that are to be answered. */
  own: readonly string[];
  /** Those of them that are background. */
  beside: readonly string[];
}

export interface WorldOptions {
  /** What the configuration says at the moment. */
  access(platform: Platform): AccessRules;
  /** Who administers a chat at the moment; `fail` if the platform does not say. */
  administers(platform: Platform, account: string, chatId: string, userId: string): boolean | "fail";
  /** Pairing codes that nobody guesses. */
  code(): string;
}

/** The accounts that the bot has. */
export const ACCOUNTS = [
  ["telegram", "default"],
  ["telegram", "second"],
  ["discord", "default"],
  ["whatsapp", "default"],
  ["web", "default"],
] as const satisfies ReadonlyArray<readonly [Platform, string]>;

/** The gateway as it is put together, between platforms and a model that do nothing by themselves; without a network. */
export function openWorld({ access, administers, code }: WorldOptions) {
  const clock = new VirtualClock(NOW);
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => clock.now(), schedule: queueMicrotask });
  const faults: string[] = [];
  const log = createLog("error", { write: (line) => faults.push(line) });
  const sent: OutboundChunk[] = [];
  const shown: Shown[] = [];
  let asked = 0;
  let held: PromiseWithResolvers<void> | undefined;

  const adapters = ACCOUNTS.map(
    ([platform, account]): Adapter => ({
      platform,
      account,
      // Where there are buttons there are no numbers.
      ...(platform === "discord" && { choices: true }),
      start: async () => {},
      stop: async () => {},
      close: async () => {},
      render: (markdown) => [{ text: markdown, plain: markdown }],
      send: async (chunk) => `sent-${sent.push(chunk)}`,
      async isAdmin({ chatId }, userId) {
        const found = administers(platform, account, chatId, userId);
        if (found === "fail") throw new Error("the platform does not say");
        return found;
      },
      async openPrivate(userId) {
        if (userId === "") throw new SendError("refused", "nobody");
        return { platform, account, chatId: privateChat(userId) };
      },
    }),
  );
  const platforms = new Platforms(adapters);
  const metrics = createMetrics(() => store.counts());
  const router = new Router({ registry, agent: "main", defaults: defaultsOf, settleMs: 0 });
  const roles = new Roles({ store, platforms, access, log });
  const lanes: LocalLanes = new LocalLanes({
    handler: (lane) => runner.handle(lane),
    clock,
    onError: (error, lane) => log.error({ err: error, lane }, "a lane failed"),
  });
  const delivery: Delivery = new Delivery({
    store,
    platforms,
    clock,
    log,
    metrics,
    onChatMoved: (from, to) => intake.moveChat(from, to),
    maxAgeMs: () => 10 * DAY_MS,
  });
  const agent = agentThat(async function* (request) {
    const { messages, scene, author, signal, consent } = request;
    const all = marksIn(JSON.stringify([request.system, messages]).replaceAll(/<quoted [^>]*>.*?<\/quoted>/gs, ""));
    const beside = marksIn(messages.map(({ background = "" }) => background).join());
    const turns = messages.map(({ background: _, ...turn }) => turn);
    const own = ownMarks({ body: { messages: turns } } as never);
    shown.push({ session: scene.sessionKey, author: author.id, marks: all, own, beside });
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([held?.promise, aborted]);
    signal.throwIfAborted();
    asked += 1;
    if (asked % 5 === 0) await consent?.({ type: "tool-use", id: `call-${asked}`, name: SEND.name, input: {} }, SEND);
    const text = `Answer to: ${own.join(" ")}`;
    yield { type: "reply", content: [{ type: "text", text }], usage: { ...noUsage, outputTokens: 10 }, model: "m" };
    yield { type: "done", reason: "end" };
  });
  /** Runs that wait for their author's word. */
  let deciding = 0;
  const approvals = new Approvals({
    store,
    clock,
    log,
    metrics,
    timeoutMs: 60_000,
    newCode: code,
    delivered: (chatRef) => delivery.wake(chatRef),
    park: () => {},
  });
  const runner = new Runner({
    store,
    platforms,
    router,
    roles,
    warnAt: 0.8,
    contextTokens: 1_000_000,
    maxTokens: 8_192,
    compactionTimeoutMs: 30_000,
    background: { ambientMessages: 20, ambientTokens: 2_000, ambientMaxAgeMs: 3_600_000 },
    approvals: {
      async consent(asking) {
        deciding += 1;
        return approvals.consent(asking).finally(() => {
          deciding -= 1;
        });
      },
    },
    agent,
    tools: fixedTools(),
    persona: "You are a test.",
    timeoutMs: DAY_MS,
    maxAttempts: 3,
    attachments: { maxBytes: 1_000, maxPerTurn: 1, maxTextBytes: 1_000 },
    clock,
    log,
    metrics,
    delivered: (chatRef) => delivery.wake(chatRef),
    moved: (lane, chatRef) => lanes.wake(lane, chatRef),
  });
  const executor = new CommandExecutor({
    store,
    registry,
    platforms,
    delivery,
    roles,
    router,
    configured: ({ platform }) => ({ defaults: { strategy: defaultsOf(platform).strategy }, levels: [] }),
    agentDescription: "a test",
    lanes,
    clock,
    abort: (runIds) => runner.stop(runIds),
    answered: (runId, toolUseId) => approvals.answered(runId, toolUseId),
    log,
  });
  const intake = new Intake({
    store,
    router,
    lanes,
    delivery,
    platforms,
    access,
    commands: commandNames,
    tasks: laneTasks,
    runCommand: (seq) => executor.run(seq),
    abort: (runIds) => runner.stop(runIds),
    interrupt: (lane, userId, at) => runner.interrupt(lane, userId, at),
    code,
    maxWaiting: 5,
    clock,
    log,
    metrics,
  });
  const handlers = new Map(adapters.map((adapter) => [adapter, intake.handlersFor(adapter)]));

  /** Nothing happens any more by itself. */
  async function quiet(): Promise<void> {
    const { promise: settled, resolve } = Promise.withResolvers<true>();
    void executor.settled().then(() => resolve(true));
    while (!(await Promise.race([settled, turn()]))) clock.advance(100);
    for (;;) {
      await delivery.settled();
      await turn();
      const { running, queued } = lanes.size;
      const waiting = held === undefined ? running + queued - deciding : 0;
      if (waiting === 0) break;
    }
    await delivery.settled();
  }

  return {
    clock,
    db,
    store,
    /** What went wrong inside, a line each. */
    faults,
    sent,
    shown,
    quiet,
    /** Answers wait from now on, or come. */
    hold(yes: boolean): void {
      if (yes) held ??= Promise.withResolvers();
      else {
        held?.resolve();
        held = undefined;
      }
    },
    async tell(message: InboundMessage): Promise<void> {
      const adapter = platforms.at(message.source) as Adapter;
      await handlers.get(adapter)?.onMessage(message);
      await quiet();
    },
    async close(): Promise<void> {
      held?.resolve();
      runner.parkAll();
      await lanes.drain();
      await delivery.close();
      await store.close();
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

function defaultsOf(platform: Platform): ChatSettings {
  const strategy = platform === "telegram" || platform === "web" ? "shared" : "per-user";
  const ambient = platform === "whatsapp" ? "off" : "recent";
  return { ...SETTINGS, strategy, ambient, maxAgeMs: 100 * DAY_MS };
}

/** Where somebody is alone with the bot. */
export function privateChat(userId: string): string {
  return `dm-${userId}`;
}

/** The next turn of the event loop, when all that could be done at once is done. */
function turn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}
