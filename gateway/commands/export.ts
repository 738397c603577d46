import type { OutboundFile } from "../../adapters/adapter.ts";
import { exportMarkdown } from "../export-text.ts";
import { argumentsOf } from "./arguments.ts";
import { type Answer, type Command, isReadByAuthorAlone } from "./command.ts";

/** Sends the author's own transcript to the author, as a file, where nobody else reads it. */
export const exportOwn: Command = {
  name: "export",
  description: "Send you your own conversations as a file, in private",
  options: () => [
    {
      name: "which",
      description: "Those of this chat, unless you say otherwise",
      choices: [{ value: "all", description: "Those of all chats on this platform" }],
    },
  ],
  async run(call, { store, openPrivate }): Promise<string | Answer> {
    const { chat, user } = call;
    if (user.id === "") return "I cannot tell who you are here.";
    const [which, ...more] = argumentsOf(call).words.map((word) => word.toLowerCase());
    if ((which !== undefined && which !== "all") || more.length > 0) {
      return "`/export` sends what you said in this chat, `/export all` what you said in all chats.";
    }
    const query = { account: chat, userId: user.id, ...(which === "all" ? {} : { chatRef: chat.ref }) };
    const to = chat.kind === "dm" ? null : await openPrivate();
    if (chat.kind !== "dm" && to === null) {
      return "I cannot write to you in private: write to me there first, then give this command here again.";
    }
    const sessions = await store.exported(query);
    if (sessions.length === 0) return "You have no conversation here.";
    const files = filesOf(exportMarkdown(sessions));
    const text = "Here is what you said to me and what I answered.";
    if (to === null) return { text, files };
    return {
      text: isReadByAuthorAlone(call) ? "I have sent it to you in private." : "I am sending it to you in private.",
      inPrivate: { to, text, files },
    };
  },
};

/** Every platform takes files of this many bytes. */
const MOST_BYTES = 900_000;

/** The text as one file, or as several where it is too long for one; cut between paragraphs where it can be. */
function filesOf(text: string): OutboundFile[] {
  const parts: string[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const paragraph of text.split(/(?<=\n\n)/).flatMap(bounded)) {
    const more = Buffer.byteLength(paragraph);
    if (bytes + more > MOST_BYTES) {
      parts.push("");
      bytes = 0;
    }
    parts.push((parts.pop() ?? "") + paragraph);
    bytes += more;
  }
  const name = (index: number) => (parts.length === 1 ? "conversations.md" : `conversations-${index + 1}.md`);
  return parts.map((part, index) => ({ name: name(index), mimeType: "text/markdown", text: part }));
}

/** A character takes four bytes at most. */
function bounded(paragraph: string): string[] {
  return paragraph.match(new RegExp(`[^]{1,${MOST_BYTES / 4}}`, "gu")) ?? [];
}
