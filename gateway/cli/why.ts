import type { SourceRecord } from "../../adapters/record.ts";
import type { ChatSummary } from "../../sessions/chats.ts";
import { placesOf } from "../../sessions/places.ts";
import { formatPlace } from "../chat-place.ts";
import { peopleIn } from "../commands/queue.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { listed } from "../words.ts";
import { parseChatName } from "./chat-name.ts";
import { demandId } from "./given-id.ts";
import { knownChat } from "./known-chat.ts";
import { laneJson, runningText } from "./lanes.ts";
import type { PlaceOptions } from "./place-name.ts";
import { report } from "./report.ts";
import { resolvedAt } from "./resolved.ts";
import { routerOf } from "./router.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { harmless } from "./table.ts";
import { visit } from "./visit.ts";

/** Which strategy, session and lane a person's next message in a chat would get, and what stands in between. */
export async function why(
  around: Surroundings,
  chatName: string,
  userId: string,
  options: JsonOption & Pick<PlaceOptions, "thread">,
): Promise<number> {
  const { now = Date.now } = around;
  const { thread } = options;
  demandId(thread, "a thread");
  demandId(userId, "a person");
  const config = loadConfig(around);
  const registry = await strategiesOf(config);
  const router = routerOf(config, registry);
  const named = parseChatName(chatName);
  return visit(config.dataDir, async (store) => {
    const chat = await knownChat(store, named);
    const places = placesOf(chat, thread);
    const settings = router.settings({ platform: chat.platform, chat }, await store.settingsAt(places));
    const resolved = await resolvedAt({ config, registry, store }, chat, places);
    const from = resolved.find(({ kind }) => kind.name === "strategy")?.from ?? "default";
    const plan = router.plan(nextMessage(chat, userId, thread), settings);
    const isNew = plan.root === NEXT;
    const opensElsewhere =
      thread !== undefined && router.plan(nextMessage(chat, userId, thread), settings, NEXT).session !== plan.session;
    const lane = isNew ? { running: null, waiting: [] } : await store.lane(plan.lane);
    const ahead = peopleIn(lane).filter((person) => person.userId !== userId);
    const shared = plan.attribution === "tagged";
    return report(around, options, {
      value: {
        chat: formatPlace(chat),
        user: userId,
        thread: thread ?? null,
        strategy: plan.strategy,
        from,
        session: isNew ? null : plan.session,
        lane: isNew ? null : plan.lane,
        shared,
        ...laneJson(lane),
        ahead: ahead.map((person) => ({ user: person.userId, name: person.userName })),
      },
      *lines() {
        const summary = registry.get(plan.strategy)?.summary ?? "";
        yield `Strategy: ${plan.strategy}, ${from === "default" ? "the default" : `set for the ${from === "guild" ? "server" : from}`}. ${summary}`;
        const own = shared ? "others write into it as well" : "nobody else writes into it";
        yield `Session:  ${isNew ? "a new one for each question" : harmless(plan.session)} (${own})`;
        if (opensElsewhere) yield "          or, in a thread that was opened for a question, that question's";
        yield `Lane:     ${isNew ? "a new one for each question" : harmless(plan.lane)}`;
        yield `Running:  ${runningText(lane, now())}`;
        yield `Ahead:    ${ahead.length === 0 ? "nobody" : listed(ahead.map((person) => harmless(person.userName)))}`;
      },
    });
  });
}

/** Stands for the message that is not there yet. */
const NEXT = "next";

function nextMessage(chat: ChatSummary, userId: string, thread: string | undefined): SourceRecord {
  const { platform, account, id, kind, guildId } = chat;
  return {
    platform,
    account,
    chat: { id, kind, ...(guildId === undefined ? {} : { guildId }) },
    ...(thread === undefined ? {} : { thread: { id: thread, kind: "native" } }),
    user: { id: userId, name: "", isBot: false },
    messageId: NEXT,
    sentAt: 0,
  };
}
