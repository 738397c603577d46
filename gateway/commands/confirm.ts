import { callOf } from "../../sessions/router.ts";
import type { Command } from "./command.ts";

/** Ends a command that its author has agreed to. */
export const CONSENT = "--confirm";

/** How long what was offered can be picked. */
export const OFFER_LIFETIME_MS = 10 * 60 * 1000;

/** Does what its author was asked to confirm last in this chat. */
export const confirm: Command = {
  name: "confirm",
  description: "Do what I asked you to confirm",
  async run(call, context) {
    const offer = await context.store.offer(call.chat.ref, call.user.id, call.to.threadId);
    const line = offer?.commands.find((command) => command.endsWith(` ${CONSENT}`));
    if (line === undefined) return "There is nothing to confirm.";
    const meant = callOf(line);
    const command = context.commands.find(({ name }) => name === meant.name);
    if (command?.run === undefined) return "There is nothing to confirm.";
    return await command.run({ ...call, message: { ...call.message, command: meant } }, { ...context, agreed: true });
  },
};

export const cancel: Command = {
  name: "cancel",
  description: "Leave what I asked you to confirm undone",
  async run(call, { store }) {
    const offer = await store.offer(call.chat.ref, call.user.id, call.to.threadId);
    return offer === null ? "There is nothing to cancel." : "Nothing was changed.";
  },
};
