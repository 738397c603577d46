import { placesOf } from "../../sessions/places.ts";
import { resolveSettings } from "../../sessions/settings.ts";
import { listed } from "../words.ts";
import { type Command, isBeforeThread } from "./command.ts";
import { code, plainName } from "./markup.ts";
import { peopleIn } from "./queue.ts";

/** Tells its author which strategy, session and lane apply, why, and what stands in between. */
export const why: Command = {
  name: "why",
  description: "Explain which conversation and queue you are in, and who is ahead of you",
  async run(call, { store, registry, configured }) {
    const { plan, user, chat, to } = call;
    const { defaults, levels } = configured();
    const stored = await store.settingsAt(placesOf(chat, to.threadId));
    const all = resolveSettings(defaults, [...levels, ...stored], (name) => registry.get(name) !== undefined);
    const from = all.find(({ kind }) => kind.name === "strategy")?.from ?? "default";
    const lane = await store.lane(plan.lane);
    const own = peopleIn(lane).findIndex(({ userId }) => userId === user.id);
    const ahead = peopleIn(lane).slice(0, own < 0 ? undefined : own);
    const shared = plan.attribution === "tagged";
    return [
      `**Strategy:** ${code(plan.strategy)}, ${from === "default" ? "the default" : `set for the ${from === "guild" ? "server" : from}`}. ` +
        (registry.get(plan.strategy)?.summary ?? "It is not loaded any more."),
      `**Your conversation:** ${isBeforeThread(call) ? "a new one for each question" : code(plan.session)}` +
        (shared ? ", which others write into as well" : chat.kind === "dm" ? "" : ", yours alone"),
      `**Your queue:** ${plan.lane === plan.session ? "that of your conversation" : code(plan.lane)}`,
      `**Running:** ${running(lane.running, user.id)}`,
      `**Ahead of you:** ${ahead.length === 0 ? "nobody" : listed(ahead.map(({ userName }) => plainName(userName)))}` +
        (own < 0 ? "" : "; you wait"),
    ].join("\n\n");
  },
};

function running(run: { userId: string; userName: string } | null, asker: string): string {
  if (run === null) return "nothing";
  return run.userId === asker ? "the answer to you" : `the answer to ${plainName(run.userName)}`;
}
