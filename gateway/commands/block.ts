import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { count } from "../words.ts";
import { argumentsOf } from "./arguments.ts";
import { authorOf, type Command, forCommand } from "./command.ts";
import { code } from "./markup.ts";

const WHOM = "Say whom: as a reply to something they wrote, or with their id.";

const OWNER = "An owner cannot be blocked; the ownership has to be taken away first. Nothing was changed.";

/** Nobody answers a blocked person any more, anywhere; what they have waiting is dropped, what runs is stopped. */
export const block: Command = {
  name: "block",
  description: "Answer somebody no more, nowhere",
  for: "owners",
  options: () => [{ name: "user", description: "The person's id", choices: [] }],
  async run(call, { store, isOwner, isConfigured, abort, noteChange }) {
    if (!(await isOwner())) return "Only an owner of this bot can block people. Nothing was changed.";
    const user = personIn(call);
    if (user === undefined) return `${WHOM} Nothing was changed.`;
    const { platform, account } = call.to;
    if (!(await store.knowsUser({ platform, account }, user))) {
      return `I know nobody by ${code(user)}. ${WHOM} Nothing was changed.`;
    }
    const names = await store.idsOf({ platform, account }, user);
    if (names.includes(call.user.id) || isConfigured(names)) return OWNER;
    const done = `Blocked: ${code(user)}.`;
    const subject = { kind: "user", platform, account, id: user } as const;
    const stopped = await store.setAccess(subject, "blocked", authorOf(call), forCommand(call, done));
    if (stopped.refused === "owner") return OWNER;
    abort(stopped.runIds);
    if (!stopped.changed) return `${code(user)} was blocked already.`;
    noteChange({ what: "access", to: "blocked" });
    const lost = stopped.dropped + stopped.runIds.length;
    return `${done}${lost === 0 ? "" : ` ${count(lost, "message")} of theirs will not be answered.`}`;
  },
};

export const unblock: Command = {
  name: "unblock",
  description: "Take back that somebody is blocked",
  for: "owners",
  options: () => [{ name: "user", description: "The person's id", choices: [] }],
  async run(call, { store, isOwner, noteChange }) {
    if (!(await isOwner())) return "Only an owner of this bot can do that. Nothing was changed.";
    const user = personIn(call);
    if (user === undefined) return `${WHOM} Nothing was changed.`;
    const { platform, account, chatId } = call.to;
    const { blocked } = await store.standing({ platform, account, chatId }, [user]);
    if (!blocked) return `${code(user)} is not blocked.`;
    const done = `${code(user)} is not blocked any more, and is answered like anybody else.`;
    const subject = { kind: "user", platform, account, id: user } as const;
    await store.setAccess(subject, null, authorOf(call), forCommand(call, done));
    noteChange({ what: "access", to: "unblocked" });
    return done;
  },
};

/** The person that is named, as `platform:id`, `<@id>` or id alone, or else the author of what is replied to. */
function personIn(call: AcceptedCommand): string | undefined {
  const [word, ...more] = argumentsOf(call).words;
  if (more.length > 0) return undefined;
  if (word === undefined)
    return call.message.replyTo?.fromSelf === true ? undefined : named(call.message.replyTo?.userId);
  const id = word.replace(new RegExp(`^${call.to.platform}:`), "");
  return named(/^<@!?(\d+)>$/.exec(id)?.[1] ?? id);
}

/** An empty id is nobody's. */
function named(id: string | undefined): string | undefined {
  return id === "" ? undefined : id;
}
