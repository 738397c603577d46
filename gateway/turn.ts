import type { Adapter } from "../adapters/adapter.ts";
import type { Reply } from "../adapters/record.ts";
import { tagged, type Utterance, untagged } from "../agents/envelope.ts";
import type { AcceptedMessage } from "../sessions/inbox.ts";
import type { Run, RunStore } from "../sessions/runs.ts";
import type { Block, TranscriptMessage } from "../sessions/transcript.ts";
import { type AttachmentOptions, AttachmentReader, type ReadAttachment } from "./attachments.ts";

/**
 * The turn as the model will see it: every message of the run in order, with who said it where several people write,
 * and behind each its pictures and documents. Made once and journalled, so that it is the same after a crash.
 *
 * What is said in a recording is its sender's own words, or those of whoever wrote what is passed on: it stands where the
 * text stands.
 */
export async function turnMessage(
  run: Run,
  adapter: Adapter | undefined,
  store: Pick<RunStore, "putBlob">,
  options: AttachmentOptions,
  signal: AbortSignal,
): Promise<TranscriptMessage> {
  const content: Block[] = [];
  const reader = new AttachmentReader(options, adapter, store, signal);
  for (const message of run.messages) {
    const files: ReadAttachment[] = [];
    for (const attachment of message.attachments) files.push(await reader.read(attachment));
    content.push({ type: "text", text: say(run, message, files) });
    content.push(...files.flatMap(({ block }) => block ?? []));
  }
  return { role: "user", content, author: run.author };
}

function say(run: Run, message: AcceptedMessage, files: readonly ReadAttachment[]): string {
  const { replyTo, forwarded } = message;
  const spoken = files.flatMap(({ spoken }) => spoken ?? []);
  const utterance: Utterance = {
    author: run.author,
    sentAt: message.sentAt,
    text: [...spoken, message.text].filter((text) => text !== "").join("\n"),
    attachments: files.map(({ described }) => described),
    ...(forwarded !== undefined && { forwarded }),
    ...(replyTo?.text === undefined ? {} : { quote: quoteOf(replyTo, replyTo.text) }),
  };
  const text = run.plan.attribution === "tagged" ? tagged(utterance) : untagged(utterance);
  return text === "" ? "(an empty message)" : text;
}

function quoteOf({ userId, userName: name, fromSelf, claimed }: Reply, text: string): Utterance["quote"] {
  return { userId, name, fromSelf, claimed, text };
}
