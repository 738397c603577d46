import type { Attachment, CommandCall, Forward, Reply } from "../../adapters/record.ts";
import type { AcceptedMessage, Fork, RoutedPlan } from "../inbox.ts";
import type { StoredChunk } from "../outbox.ts";
import type { Block, DocumentBlock } from "../transcript.ts";

/**
 * What columns hold as JSON, read so that one that is damaged is nobody's but its own row's trouble: what cannot be read is
 * left out, or says so, and whatever stands around it goes on. A lane that threw at such a row would throw for ever.
 */

/** In the place of words that are lost. */
const UNREADABLE = "(this was damaged in storage and cannot be read)";

type Fields = Record<string, unknown>;
type Choice = NonNullable<StoredChunk["choices"]>[number];
type OutboundFile = NonNullable<StoredChunk["files"]>[number];
type StoredMessage = Pick<AcceptedMessage, "text" | "attachments" | "replyTo" | "forwarded" | "command" | "replyToken">;

const ATTACHMENTS: ReadonlySet<unknown> = new Set<Attachment["kind"]>([
  ...(["image", "document", "audio", "video", "sticker", "other"] as const),
]);

const DOCUMENTS: ReadonlySet<unknown> = new Set<DocumentBlock["mimeType"]>(["application/pdf", "text/plain"]);

/** The object that a column holds; one without any fields if it holds none. */
export function fieldsIn(json: string): Fields {
  return asFields(parsed(json)) ?? {};
}

/** The entries of a list that fit; none if it is no list. */
export function listIn<T>(json: string, fits: (entry: unknown) => entry is T): T[] {
  const value = parsed(json);
  return Array.isArray(value) ? value.filter(fits) : [];
}

/** Without its session: that has a column of its own, and so nobody reads what is somebody else's. */
export function planIn(json: string): Omit<RoutedPlan, "session" | "lane"> & { lane?: string } {
  const { attribution, thread, replyTo, strategy, agent, lane, root, guidance, busy, fork, task, ...rest } =
    fieldsIn(json);
  return {
    ...rest,
    // Where nobody knows how many write in a session, names do no harm.
    attribution: attribution === "none" ? "none" : "tagged",
    thread: thread === "open" || thread === "reply-chain" ? thread : "stay",
    replyTo: isText(replyTo) ? replyTo : "",
    strategy: isText(strategy) ? strategy : "unknown",
    agent: isText(agent) ? agent : "main",
    ...(isText(lane) && { lane }),
    ...(isText(root) && { root }),
    ...(isText(guidance) && { guidance }),
    ...((busy === "steer" || busy === "interrupt") && { busy }),
    ...(isFork(fork) && { fork }),
    ...(task === "compact" && { task }),
  };
}

/** @returns what was said, and the other ids of whoever said it */
export function payloadIn(json: string): StoredMessage & { aliases?: string[] } {
  const { text, attachments, replyTo, forwarded, command, replyToken, aliases } = fieldsIn(json);
  return {
    text: isText(text) ? text : UNREADABLE,
    attachments: Array.isArray(attachments) ? attachments.filter(isAttachment) : [],
    ...(isReply(replyTo) && { replyTo }),
    // Whoever wrote it, it is not known to be the sender's.
    ...(forwarded !== undefined && { forwarded: isForward(forwarded) ? forwarded : {} }),
    ...(isCommand(command) && { command }),
    ...(isText(replyToken) && { replyToken }),
    ...(Array.isArray(aliases) && aliases.every(isText) && { aliases }),
  };
}

export function blocksIn(json: string): Block[] {
  const value = parsed(json);
  if (Array.isArray(value) && value.every(isBlock)) return value;
  const blocks = listIn(json, isBlock);
  return blocks.length > 0 ? blocks : [{ type: "text", text: UNREADABLE }];
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isChoice(value: unknown): value is Choice {
  const { label, command } = asFields(value) ?? {};
  return isText(label) && isText(command);
}

export function isFile(value: unknown): value is OutboundFile {
  const { name, mimeType, text, base64 } = asFields(value) ?? {};
  return isText(name) && isText(mimeType) && (isText(text) || isText(base64));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isAttachment(value: unknown): value is Attachment {
  const { kind, ref, name, mimeType, unavailable } = asFields(value) ?? {};
  return ATTACHMENTS.has(kind) && isText(ref) && [name, mimeType, unavailable].every(isOptionalText);
}

function isReply(value: unknown): value is Reply {
  const { messageId, userId, userName, text, fromSelf } = asFields(value) ?? {};
  return isText(messageId) && typeof fromSelf === "boolean" && [userId, userName, text].every(isOptionalText);
}

function isForward(value: unknown): value is Forward {
  const fields = asFields(value);
  return fields !== undefined && [fields.userId, fields.name].every(isOptionalText);
}

function isCommand(value: unknown): value is CommandCall {
  const { name, args } = asFields(value) ?? {};
  return isText(name) && isText(args);
}

function isFork(value: unknown): value is Fork {
  const { session, upTo, after } = asFields(value) ?? {};
  return [session, upTo, after].every(Number.isSafeInteger);
}

function isBlock(value: unknown): value is Block {
  const block = asFields(value) ?? {};
  switch (block.type) {
    case "text":
      return isText(block.text);
    case "image":
      return isText(block.blob) && isText(block.mimeType);
    case "document":
      return isText(block.blob) && DOCUMENTS.has(block.mimeType) && isOptionalText(block.name);
    case "tool-use":
      return isText(block.id) && isText(block.name);
    case "tool-result":
      return isText(block.toolUseId) && isText(block.text) && typeof block.isError === "boolean";
    case "opaque":
      return isText(block.provider);
    default:
      return false;
  }
}
