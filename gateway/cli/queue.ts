import type { LaneView } from "../../sessions/chats.ts";
import { formatPlace } from "../chat-place.ts";
import { loadConfig } from "../config/load.ts";
import { parseChatName } from "./chat-name.ts";
import { knownChat } from "./known-chat.ts";
import { laneJson, runningText, waitingText } from "./lanes.ts";
import { report } from "./report.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { table } from "./table.ts";
import { visit } from "./visit.ts";

/** Whom the agent answers and who waits, in one chat or in all: names, and nothing of what they said. */
export async function queue(around: Surroundings, chatName: string | undefined, options: JsonOption): Promise<number> {
  const { now = Date.now } = around;
  const named = chatName === undefined ? undefined : parseChatName(chatName);
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const chats = named === undefined ? await store.chats() : [await knownChat(store, named)];
    const lanes: Array<{ chat: string; view: LaneView & { lane: string } }> = [];
    for (const chat of chats) {
      for (const lane of await store.lanes(chat.ref)) lanes.push({ chat: formatPlace(chat), view: lane });
    }
    return report(around, options, {
      value: lanes.map(({ chat, view }) => ({ chat, lane: view.lane, ...laneJson(view) })),
      lines() {
        if (lanes.length === 0) return ["Nothing runs or waits."];
        const rows = lanes.map(({ chat, view }) => [chat, view.lane, runningText(view, now()), waitingText(view)]);
        return table(["CHAT", "LANE", "RUNNING", "WAITING"], rows);
      },
    });
  });
}
