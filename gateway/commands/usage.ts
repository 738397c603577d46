import type { AcceptedCommand } from "../../sessions/inbox.ts";
import type { Spent } from "../../sessions/limits.ts";
import { placesOf } from "../../sessions/places.ts";
import { dayOf } from "../allowance.ts";
import { cacheShare, together } from "../cache-share.ts";
import { count, thousands } from "../words.ts";
import { argumentsOf } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { code, plainName } from "./markup.ts";

const MOST_PEOPLE = 20;

/** Tokens and answers of today, which is a day of UTC: one's own, and for admins the chat's by person. */
export const usage: Command = {
  name: "usage",
  description: "Show what you have used today; admins see the chat's totals",
  options: () => [
    {
      name: "whose",
      description: "Your own, unless you say otherwise",
      choices: [{ value: "chat", description: "Everybody's in this chat (admins only)" }],
    },
  ],
  async run(call, context) {
    const [whose, ...more] = argumentsOf(call).words.map((word) => word.toLowerCase());
    if (whose === undefined) return await own(call, context);
    if (whose !== "chat" || more.length > 0) return `\`/usage\` shows your own, \`/usage chat\` everybody's here.`;
    if (!(await context.isAdmin())) return "Only an admin of this chat can see what everybody uses.";
    return await everybodys(call, context);
  },
};

async function own({ chat, user, to }: AcceptedCommand, { store, router, now }: CommandContext): Promise<string> {
  const spent = await store.spent({ account: chat, userId: user.id, chatRef: chat.ref }, dayOf(now()));
  const settings = router.settings(
    { platform: chat.platform, chat },
    await store.settingsAt(placesOf(chat, to.threadId)),
  );
  const { userTokensPerDay, userRunsPerDay, chatTokensPerDay, chatRunsPerDay } = settings;
  const lines = [`**You, in all chats, today (UTC):** ${described(spent.user, userTokensPerDay, userRunsPerDay)}`];
  if (chatTokensPerDay !== undefined || chatRunsPerDay !== undefined) {
    lines.push(`**This chat:** ${described(spent.chat, chatTokensPerDay, chatRunsPerDay)}`);
  }
  return lines.join("\n\n");
}

async function everybodys({ chat }: AcceptedCommand, { store, now }: CommandContext): Promise<string> {
  const people = await store.usageByUser({ chatRef: chat.ref, since: dayOf(now()) });
  if (people.length === 0) return "Nothing was used in this chat today.";
  const lines = people
    .slice(0, MOST_PEOPLE)
    .map(({ userId, userName, ...spent }) => `- ${plainName(userName)} (${code(userId)}): ${described(spent)}`);
  if (people.length > MOST_PEOPLE)
    lines.push(`- and ${count(people.length - MOST_PEOPLE, "other person", "other people")}`);
  return `**This chat, today (UTC):** ${described(together(people))}\n\n${lines.join("\n")}`;
}

function described(spent: Spent, mostTokens?: number, mostRuns?: number): string {
  const { tokens, runs } = spent;
  const share = cacheShare(spent);
  const of = (limit: number | undefined) => (limit === undefined ? "" : ` of ${thousands(limit)}`);
  const answers = runs === 1 && mostRuns === undefined ? "answer" : "answers";
  return (
    `${thousands(tokens)}${of(mostTokens)} tokens, ${thousands(runs)}${of(mostRuns)} ${answers}` +
    (share === undefined ? "" : `; ${share} % of what I read came from the cache`)
  );
}
