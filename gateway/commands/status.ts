import type { LaneView } from "../../sessions/chats.ts";
import { thousands } from "../words.ts";
import { type Command, isBeforeThread } from "./command.ts";
import { code, plainName } from "./markup.ts";

export const status: Command = {
  name: "status",
  description: "Show strategy, session, queue and agent",
  async run(call, { store, registry, agentDescription, now }) {
    const { plan, user } = call;
    const lane = await store.lane(plan.lane);
    const session = isBeforeThread(call) ? "a new one for each question" : code(plan.session);
    const size = await store.contextSize(plan.session);
    return [
      `**Strategy:** ${code(plan.strategy)} – ${registry.get(plan.strategy)?.summary ?? "not loaded any more"}`,
      `**Session:** ${session}`,
      ...(size === null ? [] : [`**Length:** ${length(size)}`]),
      `**Queue:** ${queue(lane, user.id, now())}`,
      `**Agent:** ${agentDescription}`,
    ].join("\n\n");
  },
};

function length({ tokens, compactions }: { tokens: number; compactions: number }): string {
  const size = tokens === 0 ? "not known yet" : `about ${thousands(tokens)} tokens`;
  return compactions === 0 ? size : `${size}; summed up ${compactions === 1 ? "once" : `${compactions} times`}`;
}

function queue({ running, waiting }: LaneView, userId: string, now: number): string {
  const parts: string[] = [];
  if (running !== null) {
    const seconds = Math.max(0, Math.round((now - running.startedAt) / 1000));
    const whom = running.userId === userId ? "you" : plainName(running.userName);
    parts.push(`answering ${whom} for ${seconds} s`);
  }
  const own = waiting.findIndex((entry) => entry.userId === userId);
  if (own >= 0) {
    const people = new Set(waiting.slice(0, own).map((entry) => entry.userId)).size;
    parts.push(people === 0 ? "you are next" : `you wait behind ${people} other ${people === 1 ? "person" : "people"}`);
  } else if (waiting.length > 0) {
    parts.push(`${waiting.length} ${waiting.length === 1 ? "message waits" : "messages wait"}`);
  }
  return parts.length === 0 ? "empty" : parts.join("; ");
}
