import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { privateKey } from "../../strategies/places.ts";
import {
  authorOf,
  type Command,
  forCommand,
  isBeforeThread,
  isPrivate,
  isReadByAuthorAlone,
  placeOfCommand,
} from "./command.ts";

/**
 * Begins an empty session, and an empty one for what the author asks in private. The old ones are kept in the store;
 * whoever shares a session cannot take it from the others.
 */
export const startAnew: Command = {
  name: "new",
  description: "Start a new conversation; I forget the one so far",
  async run(call, { store, isAdmin }) {
    const { message } = call;
    // Nobody else is to learn that there was something.
    const own = isReadByAuthorAlone(call) && (await store.endSession(privateSession(call), message.seq));
    const also = own ? " What you asked me in private here is forgotten." : "";
    if (isBeforeThread(call)) return `Every question starts a new conversation here, in a thread of its own.${also}`;
    if (!isPrivate(call) && !(await isAdmin())) {
      return `This conversation belongs to everybody here, so only an admin of this chat can start a new one.${also}`;
    }
    const audit = isPrivate(call) ? undefined : { by: authorOf(call), where: placeOfCommand(call) };
    const done = `Done: we start with nothing.${also}`;
    const ended = await store.endSession(call.plan.session, message.seq, audit, forCommand(call, done));
    return ended || own ? done : "This is a new conversation already.";
  },
};

function privateSession({ chat, plan, user }: AcceptedCommand): string {
  const { platform, account, kind, id } = chat;
  return privateKey({ agent: plan.agent, platform, account, kind, chat: id }, user.id);
}
