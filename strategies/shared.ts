import { privately, together } from "./places.ts";
import type { Strategy } from "./strategy.ts";

/** One conversation for the whole chat: the room as such talks with the agent, and everybody builds on everything. */
export const shared: Strategy = {
  name: "shared",
  summary: "Everybody in the chat shares one conversation; turns are answered one after the other.",
  plan(record, { agent }) {
    return record.chat.kind === "dm" ? privately(record, agent) : together(record, agent);
  },
};
