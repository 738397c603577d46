import type { Adapter } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { Store } from "../sessions/store.ts";
import { allowances, dayOf, warning } from "./allowance.ts";
import { plainName } from "./commands/markup.ts";
import type { Log } from "./log.ts";

export interface EndRemarksOptions {
  store: Store;
  /** From this share of a limit on, people are told. */
  warnAt: number;
  clock: Clock;
  log: Log;
}

/** What is said behind an answer, once: that a limit comes near. */
export class EndRemarks {
  readonly #options: EndRemarksOptions;

  constructor(options: EndRemarksOptions) {
    this.#options = options;
  }

  /** Called after the run has ended. Failures are logged: the answer is what counts. */
  async say(run: Run, adapter: Adapter | undefined, settings: ChatSettings): Promise<void> {
    // What somebody asked in private is not to be told of where others read it.
    if (adapter === undefined || run.replyToken !== undefined) return;
    try {
      await this.#ofLimits(run, adapter, settings);
    } catch (error) {
      this.#options.log.warn({ err: error, run: run.runId }, "nobody could be told of a limit");
    }
  }

  async #ofLimits(run: Run, adapter: Adapter, settings: ChatSettings): Promise<void> {
    const { store, clock, warnAt } = this.#options;
    const now = clock.now();
    // The run has ended: it counts.
    const list = await allowances(store, { ...run, runId: -1 }, settings, now);
    for (const each of list.filter(({ used, limit }) => used >= warnAt * limit)) {
      const whose = each.whose === "user" ? run.author.id : "";
      const about = `limit:${dayOf(now)}:${each.what}:${each.whose}:${whose}` as const;
      // What somebody uses elsewhere is not for everybody here to read.
      const text =
        whose === "" || run.chat.kind === "dm"
          ? warning(each, now)
          : `${plainName(run.author.name)}, you come close to what you may use in a day: \`/usage\` in private says more.`;
      await store.remark(run.to, about, { chunks: adapter.render(`*${text}*`) });
    }
  }
}
