import type { InboundMessage } from "../../../adapters/record.ts";
import { decodeKey } from "../../../strategies/key.ts";
import type { Source } from "./oracle.ts";

export function isCode({ command }: InboundMessage, code: string | null): boolean {
  return code !== null && command?.args.toUpperCase().replace(/[\s-]/g, "") === code;
}

export function isPrivate(session: string): boolean {
  const parts = decodeKey(session);
  return parts?.user !== undefined || parts?.kind === "dm";
}

/** Whether something was said where a conversation stands, and in the very thread of what was asked in it. */
export function isBeside(
  { platform, account, chat, thread }: Source,
  session: string,
  asked: Source | undefined,
): boolean {
  const parts = decodeKey(session);
  if (chat.kind === "dm" || parts?.platform !== platform || parts.account !== account || parts.chat !== chat.id)
    return false;
  // A chain of replies stands in its chat. What asks without a mark does not say where.
  const said = thread?.kind === "native" ? thread.id : undefined;
  if (asked === undefined) return said === undefined || said === parts.thread;
  return said === (asked.thread?.kind === "native" ? asked.thread.id : undefined);
}

export function sameChat(one: string, other: string): boolean {
  const [first, second] = [decodeKey(one), decodeKey(other)];
  return ["platform", "account", "chat"].every((part) => first?.[part as "chat"] === second?.[part as "chat"]);
}

export function sameAccount(one: string, other: string): boolean {
  const [first, second] = [JSON.parse(one) as string[], JSON.parse(other) as string[]];
  return first[0] === second[0] && first[1] === second[1];
}

export function placeOf({ platform, account, chat }: Source): string {
  return JSON.stringify([platform, account, chat.id]);
}

export function spell(platform: string, account = "default", id?: string, thread?: string): string {
  const at = account === "default" ? platform : `${platform}@${account}`;
  return `${at}:${id}${thread === undefined ? "" : `#${thread}`}`;
}
