import type { Adapter } from "../adapters/adapter.ts";
import type { Attachment } from "../adapters/record.ts";
import { tagged, type Utterance, untagged } from "../agents/envelope.ts";
import type { AcceptedMessage } from "../sessions/inbox.ts";
import type { Run, RunStore } from "../sessions/runs.ts";
import type { Block, TranscriptMessage } from "../sessions/transcript.ts";

export interface AttachmentLimits {
  /** Of one picture. */
  maxBytes: number;
  maxPerTurn: number;
}

/** Pictures that models can look at. */
const PICTURES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/**
 * The turn as the model will see it: every message of the run in order, with who said it where several people write,
 * and its pictures. Made once and journalled, so that it is the same after a crash.
 */
export async function turnMessage(
  run: Run,
  adapter: Adapter | undefined,
  store: Pick<RunStore, "putBlob">,
  limits: AttachmentLimits,
  signal: AbortSignal,
): Promise<TranscriptMessage> {
  const content: Block[] = [];
  let left = limits.maxPerTurn;
  for (const message of run.messages) {
    const pictures: Block[] = [];
    const described: string[] = [];
    for (const attachment of message.attachments) {
      const picture = left > 0 ? await fetchPicture(attachment, adapter, store, limits, signal) : null;
      if (picture?.block !== undefined) {
        left -= 1;
        pictures.push(picture.block);
      }
      described.push(describe(attachment, picture?.block !== undefined, picture?.problem));
    }
    content.push({ type: "text", text: say(run, message, described) }, ...pictures);
  }
  return { role: "user", content, author: run.author };
}

function say(run: Run, message: AcceptedMessage, attachments: string[]): string {
  const { replyTo } = message;
  const utterance: Utterance = {
    author: run.author,
    sentAt: message.sentAt,
    text: message.text,
    attachments,
    ...(replyTo?.text === undefined
      ? {}
      : { quote: { userId: replyTo.userId, name: replyTo.userName, fromSelf: replyTo.fromSelf, text: replyTo.text } }),
  };
  const text = run.plan.attribution === "tagged" ? tagged(utterance) : untagged(utterance);
  return text === "" ? "(an empty message)" : text;
}

async function fetchPicture(
  attachment: Attachment,
  adapter: Adapter | undefined,
  store: Pick<RunStore, "putBlob">,
  { maxBytes }: AttachmentLimits,
  signal: AbortSignal,
): Promise<{ block?: Block; problem?: string } | null> {
  const mayBePicture = attachment.kind === "image" || PICTURES.has(attachment.mimeType ?? "");
  if (!mayBePicture || attachment.unavailable !== undefined || adapter?.fetchAttachment === undefined) return null;
  if ((attachment.bytes ?? 0) > maxBytes) return { problem: "too large to look at" };
  try {
    const { bytes, mimeType } = await adapter.fetchAttachment(attachment, maxBytes, signal);
    if (!PICTURES.has(mimeType)) return { problem: `${mimeType} cannot be looked at` };
    return { block: { type: "image", blob: await store.putBlob(bytes, mimeType), mimeType } };
  } catch (error) {
    // Without its picture a message can still be answered; without its run it cannot.
    if (signal.aborted) throw error;
    return { problem: "could not be fetched" };
  }
}

function describe(attachment: Attachment, shown: boolean, problem?: string): string {
  const { kind, name, mimeType, bytes, unavailable, spoiler } = attachment;
  const facts = [
    spoiler ? "hidden as a spoiler" : undefined,
    mimeType,
    bytes === undefined ? undefined : `${Math.ceil(bytes / 1024)} kB`,
    unavailable ?? problem ?? (shown ? "shown below" : undefined),
  ].filter((fact) => fact !== undefined);
  return `${kind}${name === undefined ? "" : ` "${name}"`}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}
