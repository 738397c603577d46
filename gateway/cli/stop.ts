import { formatPlace } from "../chat-place.ts";
import { loadConfig } from "../config/load.ts";
import { count } from "../words.ts";
import { atTheKeyboard } from "./by.ts";
import { parseChatName } from "./chat-name.ts";
import { demandId } from "./given-id.ts";
import { knownChat } from "./known-chat.ts";
import { report } from "./report.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { harmless } from "./table.ts";
import { visit } from "./visit.ts";

const STOPPED = "The operator of this bot has stopped what I was doing for you.";

/** Stop what runs in a chat and drop what waits: everybody's, or one person's. A running gateway aborts it at once. */
export async function stop(
  around: Surroundings,
  chatName: string,
  options: JsonOption & { user?: string },
): Promise<number> {
  const named = parseChatName(chatName);
  const { user } = options;
  demandId(user, "a person");
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const chat = await knownChat(store, named);
    const where = formatPlace(chat);
    const work = await store.stop({
      chatRef: chat.ref,
      userId: user ?? "",
      before: Number.MAX_SAFE_INTEGER,
      everybody: user === undefined,
      notice: { chunks: [{ text: STOPPED, plain: STOPPED }] },
      dropped: { chunks: [{ text: STOPPED, plain: STOPPED }] },
    });
    const stopped = work.runIds.length;
    if (stopped + work.dropped > 0) {
      const to = user === undefined ? "everybody's" : `that of ${user}`;
      await store.addAudit({ by: atTheKeyboard(), what: "answers stopped", where, from: null, to });
    }
    return report(around, options, {
      value: { chat: where, user: user ?? null, stopped, dropped: work.dropped },
      lines: () => [
        stopped + work.dropped === 0
          ? `There is nothing to stop in ${harmless(where)}.`
          : `${harmless(where)}: ${count(stopped, "answer")} stopped, ${count(work.dropped, "waiting message")} dropped.`,
      ],
    });
  });
}
