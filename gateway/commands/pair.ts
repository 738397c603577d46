import type { Approval, Pairing } from "../../sessions/access.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { formatPlace } from "../chat-place.ts";
import { readCode, showCode } from "../codes.ts";
import { argumentsOf, unknownFlag } from "./arguments.ts";
import {
  type Answer,
  authorOf,
  type Command,
  type CommandContext,
  forCommand,
  isReadByAuthorAlone,
} from "./command.ts";
import { code, plainName } from "./markup.ts";

export const WELCOME = "You are let in: write to me now.";

/** Shows owners who asks to be let in, and lets them decide. Codes give no right: only owners can do anything with them. */
export const pair: Command = {
  name: "pair",
  description: "Show who asks to be let in; approve them",
  for: "owners",
  options: () => [
    {
      name: "what",
      description: "What to do; show who asks unless you say otherwise",
      choices: [
        { value: "approve", description: "Let in what asked with this code" },
        { value: "dismiss", description: "Take the request away" },
      ],
    },
    { name: "code", description: "The code", choices: [] },
    {
      name: "how",
      description: "How much is let in",
      choices: [{ value: "--server", description: "The whole server that holds the channel" }],
    },
  ],
  async run(call, context) {
    if (!(await context.isOwner())) return "Only an owner of this bot can let people in. Nothing was changed.";
    const given = argumentsOf(call);
    const [what, ...rest] = given.words;
    const strange = unknownFlag(given, "server");
    if (strange !== undefined) return `I do not know ${code(`--${strange}`)} there. Nothing was changed.`;
    if (what === undefined) return await list(call, context);
    const typed = readCode(rest.join(""));
    const whole = given.flags.has("server");
    if (what.toLowerCase() === "approve" && typed !== "") {
      const asked = (await context.store.pairings()).find((pairing) => pairing.code === typed);
      if (whole && asked !== undefined && asked.chat.guildId === undefined) {
        return "There is no server around that chat: approve it without `--server`. Nothing was changed.";
      }
      const approval = await context.store.approve(typed, authorOf(call), WELCOME, whole, forCommand(call, "Let in."));
      if (approval.kind === "approved") {
        context.noteChange({ what: "access", to: "approved" });
        context.delivered(approval.pairing.chat.ref);
      }
      return outcome(approval, "Let in", whole);
    }
    if (what.toLowerCase() === "dismiss" && typed !== "") {
      return outcome(await context.store.dismiss(typed, authorOf(call), forCommand(call, "Taken away.")), "Taken away");
    }
    return "`/pair` shows who asks, `/pair approve` with a code lets them in, `/pair dismiss` takes a request away.";
  },
};

async function list(call: AcceptedCommand, { store }: CommandContext): Promise<string | Answer> {
  const waiting = await store.pairings();
  if (waiting.length === 0) return "Nobody asks to be let in.";
  // Who asks elsewhere is nothing for everybody here to read.
  if (!isReadByAuthorAlone(call)) return "Ask me in private: I will show you there who asks to be let in.";
  return {
    text: waiting.map((pairing) => `- ${code(showCode(pairing.code))}: ${described(pairing)}`).join("\n"),
    choices: waiting.slice(0, 10).map((pairing) => ({
      label: `Let in ${showCode(pairing.code)}`,
      command: `pair approve ${pairing.code}`,
    })),
  };
}

function outcome(approval: Approval, done: string, whole = false): string {
  switch (approval.kind) {
    case "approved":
      return `${done}: ${whole ? serverOf(approval.pairing) : described(approval.pairing)}.`;
    case "unknown":
      return "There is no such code; it may have expired after its hour. Nothing was changed.";
    case "locked":
      return `Too many wrong codes: I take none from you until ${new Date(approval.until).toISOString().slice(11, 16)} UTC.`;
  }
}

function serverOf({ chat }: Pairing): string {
  return `the whole server ${chat.guildName === undefined ? code(chat.guildId ?? "") : plainName(chat.guildName)}`;
}

function described({ kind, chat, userId, userName }: Pairing): string {
  const who = `${plainName(userName)} (${code(`${chat.platform}:${userId}`)})`;
  if (kind === "user") return `${who}, in private`;
  const where = chat.name === undefined ? "" : `${plainName(chat.name)} `;
  return `${where}(${code(formatPlace(chat))}), asked by ${who}`;
}
