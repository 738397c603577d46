import { count } from "../words.ts";
import { argumentsOf, unknownFlag } from "./arguments.ts";
import { authorOf, type Command, forCommand } from "./command.ts";

/** Erases the author's own conversations in this chat, once the author has confirmed it. Nobody else loses anything. */
export const forget: Command = {
  name: "forget",
  description: "Erase your own conversations here, for good",
  async run(call, { store, agreed, abort, eraseHere, noteChange, notice }) {
    const { chat, user, message } = call;
    const given = argumentsOf(call);
    if (given.words.length > 0 || unknownFlag(given, "confirm") !== undefined)
      return "`/forget` alone erases your own conversations in this chat. Nothing was erased.";
    if (!agreed) {
      return {
        text:
          "This erases your own conversations in this chat: what you wrote, what I answered, and the pictures in them, " +
          "and what you said here beside me. " +
          "They cannot be brought back. Conversations that you share with others stay; an admin can end those with " +
          "`/new`. Confirm it with `/confirm`.",
        choices: [
          { label: "Erase", command: "forget --confirm" },
          { label: "Cancel", command: "cancel" },
        ],
      };
    }
    const own = { chatRef: chat.ref, userId: user.id, before: message.seq };
    // What still waits for an answer of its own gets one.
    const stopped = await store.stop({ ...own, notice: notice(""), dropped: notice("*(Stopped.)*") });
    // Before the store knows that it is done: after a crash it would not be asked for again.
    await eraseHere();
    const erased = await store.forget({ ...own, by: authorOf(call) }, forCommand(call, "Erased: what was yours here."));
    abort([...stopped.runIds, ...erased.runIds]);
    noteChange({ what: "conversations erased", to: String(erased.sessions) });
    if (erased.sessions + erased.texts + stopped.runIds.length + stopped.dropped === 0)
      return "There was nothing of yours here.";
    if (erased.sessions === 0) return "Erased: what you said here.";
    return `Erased: ${count(erased.sessions, "conversation")} of yours.`;
  },
};
