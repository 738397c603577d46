import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { readCode, showCode } from "../codes.ts";
import { listed } from "../words.ts";
import { argumentsOf } from "./arguments.ts";
import { type Command, type CommandContext, forCommand } from "./command.ts";

const options: NonNullable<Command["options"]> = () => [
  { name: "code", description: "The code in my question, if there are several", choices: [] },
];

/** Nobody but the author of a turn decides what is done in it: no admin and no owner for somebody else. */
export const approve: Command = {
  name: "approve",
  description: "Allow me to use the tool that I asked you about",
  options,
  run: (call, context) => decide(call, context, true),
};

export const deny: Command = {
  name: "deny",
  description: "Do not let me use the tool that I asked you about",
  options,
  run: (call, context) => decide(call, context, false),
};

async function decide(call: AcceptedCommand, { store, answered }: CommandContext, yes: boolean): Promise<string> {
  const typed = readCode(argumentsOf(call).words.join(""));
  const who = { chatRef: call.chat.ref, userId: call.user.id, ...(typed !== "" && { code: typed }) };
  // It says nothing of what was asked: what was asked in private may be answered in a group.
  const done = yes ? "Allowed." : "Refused: I leave it alone.";
  const answer = await store.answerApproval(who, yes, forCommand(call, done));
  switch (answer.kind) {
    case "answered":
      answered(answer.runId, answer.toolUseId);
      return done;
    case "not-theirs":
      return "That is not yours to decide: only whoever I am answering can. Nothing was changed.";
    case "over":
      return typed === ""
        ? "You seem to have said that before I asked what is open now, so I take it for an answer to something else. Nothing was changed. If you mean what is open now, say it again."
        : "That question is not open any more: it was answered, or its time ran out. Nothing was changed.";
    case "several":
      return `I have asked you more than one thing. Say which one, with its code: ${listed(
        answer.codes.map((code) => `\`${showCode(code)}\``),
      )}. Nothing was changed.`;
    case "unknown":
      return typed === ""
        ? "There is nothing of yours to decide here."
        : "There is no open question with that code here: it was answered, or its time ran out. Nothing was changed.";
  }
}
