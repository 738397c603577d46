import type { APIMessage, APIUser } from "discord.js";
import type { ChannelState, World } from "./world.ts";

type Mentions = Pick<APIMessage, "mentions" | "mention_roles" | "mention_everyone">;

/** What the sender lets notify; left out, everything that the content names. */
export interface AllowedMentions {
  parse?: readonly string[];
  users?: readonly string[];
  roles?: readonly string[];
  replied_user?: boolean;
}

/** Whom a message notifies: the people and roles that its content names and the author it replies to. */
export function mentionsIn(
  world: World,
  channel: ChannelState,
  content: string,
  { allowed, repliedTo }: { allowed?: AllowedMentions | undefined; repliedTo?: APIUser | undefined } = {},
): Mentions {
  const lets = (kind: "users" | "roles", id: string) =>
    allowed === undefined || allowed.parse?.includes(kind) === true || allowed[kind]?.includes(id) === true;
  const everyone = allowed === undefined || allowed.parse?.includes("everyone") === true;
  const mentioned = new Map<string, APIUser>();
  for (const [, id = ""] of content.matchAll(/<@!?(\d+)>/g)) {
    const user = world.users.get(id);
    if (user !== undefined && lets("users", id)) mentioned.set(id, user);
  }
  if (repliedTo !== undefined) mentioned.set(repliedTo.id, repliedTo);
  const roles = new Set([...content.matchAll(/<@&(\d+)>/g)].map(([, id = ""]) => id));
  const known = new Set(channel.guild?.roles.map(({ id }) => id));
  return {
    mentions: [...mentioned.values()],
    mention_roles: [...roles].filter((id) => known.has(id) && lets("roles", id)),
    mention_everyone: channel.guild !== undefined && everyone && /@(everyone|here)\b/.test(content),
  };
}
