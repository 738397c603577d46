import type { AdapterHandlers } from "../adapter.ts";
import { Bot } from "./bot.ts";
import { Erasure } from "./erasure.ts";
import { HandOver } from "./hand-over.ts";
import { Join } from "./join.ts";
import { Feed } from "./live/feed.ts";
import { Previews } from "./live/previews.ts";
import { Replay } from "./live/replay.ts";
import { Health } from "./log/health.ts";
import { type Log, openLog } from "./log/log.ts";
import type { WebSettings } from "./options.ts";
import { Posts } from "./posts.ts";

/** The running platform: between `start` and `close`. */
export interface WebPlatform {
  log: Log;
  join: Join;
  posts: Posts;
  handOver: HandOver;
  bot: Bot;
  erasure: Erasure;
  feed: Feed;
  previews: Previews;
  health: Health;
}

/** @throws if the database cannot be opened */
export function openPlatform(settings: WebSettings, handlers: AdapterHandlers): WebPlatform {
  const { limits, environment } = settings;
  const health: Health = new Health({
    probe: () => log.probe(),
    tell: (reason) => handlers.onState(reason === undefined ? { ready: true } : { ready: false, reason }),
    after: environment.after,
  });
  const committed = () => {
    health.passed();
    feed.wake();
  };
  const log: Log = openLog(settings.file, environment.now, committed, (error) => health.failed(error));
  const feed = new Feed(settings, new Replay(log));
  const handOver = new HandOver(log, handlers, { account: settings.account, name: settings.botName });
  return {
    log,
    join: new Join(log, settings),
    posts: new Posts(log, handOver, settings),
    handOver,
    bot: new Bot(log, settings),
    erasure: new Erasure(log, environment.now),
    feed,
    previews: new Previews(environment, limits.previewMs),
    health,
  };
}
