import { type Adapter, AdapterConfigError, type AdapterHandlers, SendError } from "../adapter.ts";
import { WebError } from "./errors.ts";
import { createApp } from "./http/app.ts";
import { Page } from "./http/page.ts";
import { ownerOf, privateChatOf, roomNameOf } from "./ids.ts";
import { settingsOf, type WebOptions } from "./options.ts";
import { openPlatform, type WebPlatform } from "./platform.ts";
import { renderWeb } from "./render.ts";
import type { WirePlace } from "./wire.ts";

/**
 * A small chat platform of its own, over HTTP and server-sent events, with the page that people use: rooms that
 * everybody who joined may read, threads in them, and a private chat of each person with the bot.
 *
 * Its log is on disk before anybody is answered. `http` answers 503 before `start` and after `close`; between `stop`
 * and `close` people can read, and the bot can write.
 */
export function createWebAdapter(options: WebOptions): Adapter {
  const settings = settingsOf(options);
  let running: { platform: WebPlatform; page: Page } | undefined;
  /** Changes that `stop` waits for. */
  const underWay = new Set<Promise<unknown>>();
  let accepting = false;
  let closed = false;
  let handlers: AdapterHandlers | undefined;
  let commands: ReadonlyArray<{ name: string; description: string }> = [];

  function desk() {
    if (running === undefined) throw new WebError("closed", "The chat is not open at the moment.");
    return running;
  }

  const app = createApp({
    settings,
    platform: () => desk().platform,
    async change(work) {
      const { platform } = desk();
      if (!accepting) throw new WebError("closed", "The chat is closing and takes no more messages.");
      const done = work(platform);
      underWay.add(done);
      try {
        return await done;
      } catch (error) {
        // What goes wrong because the log was closed under it can be tried again.
        if (closed) throw new WebError("closed", "The chat was closed.", { cause: error });
        throw error;
      } finally {
        underWay.delete(done);
      }
    },
    page: () => desk().page,
    commands: () => commands,
  });

  function bot() {
    if (running === undefined) throw new SendError("temporary", "the web platform is not open");
    return running.platform.bot;
  }

  async function stop(): Promise<void> {
    running?.platform.health.close();
    if (accepting) handlers?.onState({ ready: false, reason: "the web chat is closing" });
    accepting = false;
    await Promise.allSettled(underWay);
    await running?.platform.handOver.idle();
  }

  return {
    platform: "web",
    account: settings.account,

    async start(given) {
      if (running !== undefined || closed) throw new Error("the web platform was started before");
      if (!/^[a-z0-9_][a-z0-9_-]*$/i.test(settings.botName)) {
        throw new AdapterConfigError("the web bot's name may hold letters, digits, _ and - only");
      }
      const page = await Page.load();
      if (closed) return;
      handlers = given;
      running = { platform: openPlatform(settings, given), page };
      running.platform.handOver.leftovers();
      accepting = true;
      given.onState({ ready: true });
    },

    stop,

    async close() {
      closed = true;
      accepting = false;
      const platform = running?.platform;
      running = undefined;
      platform?.health.close();
      platform?.previews.close();
      platform?.feed.close();
      platform?.log.close();
    },

    render: renderWeb,

    choices: true,

    async send(chunk, signal) {
      if (signal.aborted) throw new SendError("temporary", "the sending was called off", { cause: signal.reason });
      return bot().send(chunk);
    },

    async typing(to) {
      const place = placeOf(to);
      running?.platform.feed.pass(ownerOf(to.chatId), `${to.chatId} ${to.threadId ?? ""}`, "typing", place);
    },

    preview(to, { id, userId, markdown }) {
      if (running === undefined) return;
      const { feed, previews, log } = running.platform;
      const tell = (text: string | null, html: string | null) => {
        const person = log.people.byId(userId);
        const whom = person === undefined ? { forUserId: userId } : { forUserId: userId, forUserName: person.name };
        feed.pass(ownerOf(to.chatId), id, "preview", { ...placeOf(to), runId: id, ...whom, text, html });
      };
      if (markdown === null) {
        previews.end(id);
        tell(null, null);
        return;
      }
      previews.show(id, () => {
        const chunks = renderWeb(markdown);
        tell(chunks.map((chunk) => chunk.plain).join("\n\n"), chunks.map((chunk) => chunk.text).join(""));
      });
    },

    async openThread(at, message) {
      return bot().openThread(at, message.id);
    },

    async openPrivate(userId) {
      return bot().openPrivate(userId);
    },

    /** Nobody is an admin of a room; everybody is of their own private chat. */
    async isAdmin(at, userId) {
      return at.chatId === privateChatOf(userId);
    },

    async fetchAttachment(attachment, maxBytes) {
      return bot().file(attachment, maxBytes);
    },

    erase: {
      before: async (time) => desk().platform.erasure.before(time),
      of: async (at, userId) => desk().platform.erasure.of(at, userId),
    },

    async registerCommands(list) {
      commands = list;
    },

    http: {
      path: "/",
      fetch: async (request) => app.fetch(request),
    },
  };
}

function placeOf({ chatId, threadId }: { chatId: string; threadId?: string }): WirePlace {
  const room = roomNameOf(chatId);
  return threadId === undefined ? { room } : { room, thread: threadId };
}
