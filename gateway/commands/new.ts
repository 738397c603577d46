import { type Command, isBeforeThread, isPrivate } from "./command.ts";

/** Begins an empty session. The old one is kept in the store; whoever shares a session cannot take it from the others. */
export const startAnew: Command = {
  name: "new",
  description: "Start a new conversation; I forget the one so far",
  async run(call, { store, isAdmin }) {
    if (isBeforeThread(call)) return "Every question starts a new conversation here, in a thread of its own.";
    if (!isPrivate(call) && !(await isAdmin())) {
      return "This conversation belongs to everybody here, so only an admin of this chat can start a new one.";
    }
    const ended = await store.endSession(call.plan.session, call.message.seq);
    return ended ? "Done: we start with nothing." : "This is a new conversation already.";
  },
};
