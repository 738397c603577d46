import { placesOf } from "../../sessions/places.ts";
import { formatPlace } from "../chat-place.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { humanValue } from "../setting-words.ts";
import { accessOf, accessText } from "./chat-access.ts";
import { parseChatName } from "./chat-name.ts";
import { demandId } from "./given-id.ts";
import { knownChat } from "./known-chat.ts";
import { laneJson, runningText, waitingText } from "./lanes.ts";
import type { PlaceOptions } from "./place-name.ts";
import { report } from "./report.ts";
import { resolvedAt, settingJson } from "./resolved.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { harmless, shortened, table } from "./table.ts";
import { visit } from "./visit.ts";

/** Everything that holds in a chat: who is answered, each setting with the level it comes from, who runs and waits. */
export async function show(
  around: Surroundings,
  chatName: string,
  options: JsonOption & Pick<PlaceOptions, "thread">,
): Promise<number> {
  const { now = Date.now } = around;
  const { thread } = options;
  demandId(thread, "a thread");
  const config = loadConfig(around);
  const registry = await strategiesOf(config);
  const named = parseChatName(chatName);
  return visit(config.dataDir, async (store) => {
    const chat = await knownChat(store, named);
    const settings = await resolvedAt({ config, registry, store }, chat, placesOf(chat, thread));
    const access = await accessOf(store, config, chat);
    const lanes = await store.lanes(chat.ref);
    return report(around, options, {
      value: {
        chat: formatPlace(chat),
        kind: chat.kind,
        name: chat.name ?? null,
        server: chat.guildId === undefined ? null : { id: chat.guildId, name: chat.guildName ?? null },
        thread: thread ?? null,
        access,
        settings: settings.map(settingJson),
        lanes: lanes.map((lane) => ({ lane: lane.lane, ...laneJson(lane) })),
      },
      *lines() {
        const name = chat.name === undefined ? "" : ` "${harmless(chat.name)}"`;
        const inThread = thread === undefined ? "" : `, thread ${harmless(thread)}`;
        yield `${harmless(formatPlace(chat))}${name}, ${chat.kind}${inThread}`;
        if (chat.guildId !== undefined) {
          const guildName = chat.guildName === undefined ? "" : ` "${harmless(chat.guildName)}"`;
          yield `Server: ${harmless(chat.guildId)}${guildName}`;
        }
        yield `Access: ${accessText(access)}`;
        yield "";
        yield* table(
          ["SETTING", "VALUE", "FROM"],
          settings.map(({ kind, value, from }) => [kind.name, shortened(humanValue(kind.name, value)), from]),
        );
        yield "";
        if (lanes.length === 0) yield "Nothing runs or waits.";
        else {
          yield* table(
            ["LANE", "RUNNING", "WAITING"],
            lanes.map((lane) => [lane.lane, runningText(lane, now()), waitingText(lane)]),
          );
        }
      },
    });
  });
}
