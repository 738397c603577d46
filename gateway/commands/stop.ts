import type { StoppedWork } from "../../sessions/runs.ts";
import { authorOf, type Command, forCommand, placeOfCommand } from "./command.ts";

/**
 * Stops what its author asked for: the run and everything that waits. An admin's `/stop` also stops whoever is being
 * answered in the admin's own queue, and `/stop all` everybody in the chat.
 */
export const stop: Command = {
  name: "stop",
  description: "Stop the answer I am writing for you and drop what you have waiting",
  options: () => [
    {
      name: "what",
      description: "Whose answers; yours alone unless you say otherwise",
      choices: [{ value: "all", description: "Everybody's here (admins only)" }],
    },
  ],
  async run(call, { store, abort, isAdmin, notice }) {
    const { user, chat, plan, message } = call;
    const everybody = message.command?.args.trim().toLowerCase() === "all";
    if (everybody && !(await isAdmin())) return "Only an admin of this chat can stop everybody's answers.";
    const { running } = await store.lane(plan.lane);
    const others = running !== null && running.userId !== user.id;
    const lane = !everybody && others && (await isAdmin()) ? plan.lane : undefined;
    const order = {
      chatRef: chat.ref,
      userId: user.id,
      before: message.seq,
      lane,
      everybody,
      notice: notice("An admin of this chat has stopped what I was doing for you."),
      dropped: notice("*(Stopped.)*"),
      audit: { by: authorOf(call), where: placeOfCommand(call) },
    };
    const work = await store.stop(order, forCommand(call, "Stopped."));
    abort(work.runIds);
    return report(work, others && lane === undefined && !everybody);
  },
};

function report({ runIds, dropped }: StoppedWork, othersGoOn: boolean): string {
  const parts: string[] = [];
  if (runIds.length > 0) parts.push(runIds.length === 1 ? "Stopped." : `Stopped ${runIds.length} answers.`);
  if (dropped > 0) parts.push(`Dropped ${dropped} waiting ${dropped === 1 ? "message" : "messages"}.`);
  if (parts.length > 0) return parts.join(" ");
  return othersGoOn
    ? "You have nothing running here. The answer that is being written is somebody else's; an admin can stop it."
    : "There is nothing to stop.";
}
