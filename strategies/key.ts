import type { ChatKind, Platform, SourceRecord } from "../adapters/record.ts";

/**
 * The session-key codec: the one place that builds or takes apart a key.
 *
 * `agent:<agent>:<platform>[@<account>]:<kind>:<chat>[:thread:<thread>][:user:<user>]`
 *
 * A part is percent-encoded where it holds `:`, `%`, `@`, white space or a control character (UTF-8 bytes, upper-case
 * hex), so no part can contain a separator and different parts never make the same key. A lone surrogate, which UTF-8
 * cannot hold, becomes `%uXXXX`.
 */
export interface KeyParts {
  agent: string;
  platform: Platform;
  /** Left out of the key for the default account. */
  account: string;
  kind: ChatKind;
  chat: string;
  thread?: string;
  user?: string;
}

/** The name of an account that the configuration does not name. */
export const DEFAULT_ACCOUNT = "default";
const PLATFORMS: ReadonlySet<string> = new Set<Platform>(["discord", "telegram", "whatsapp", "web"]);
const KINDS: ReadonlySet<string> = new Set<ChatKind>(["dm", "group", "channel"]);

// Cc, Cf (bidirectional overrides and zero-width characters), Cs (lone surrogates under the `u` flag).
const NEEDS_CODE = /[:%@\s\p{Cc}\p{Cf}\p{Cs}]/u;
const EVERY_CODED = new RegExp(NEEDS_CODE.source, "gu");
const LONE_SURROGATE = /^\p{Cs}$/u;

export function encodePart(part: string): string {
  if (!NEEDS_CODE.test(part)) return part;
  return part.replace(EVERY_CODED, (char) =>
    LONE_SURROGATE.test(char)
      ? `%u${char.charCodeAt(0).toString(16).toUpperCase()}`
      : Array.from(
          new TextEncoder().encode(char),
          (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
        ).join(""),
  );
}

/** @throws URIError if the part was not written by `encodePart` */
export function decodePart(part: string): string {
  return part
    .split(/(%u[0-9A-F]{4})/)
    .map((piece) =>
      /^%u[0-9A-F]{4}$/.test(piece)
        ? String.fromCharCode(Number.parseInt(piece.slice(2), 16))
        : decodeURIComponent(piece),
    )
    .join("");
}

export function encodeKey(parts: KeyParts): string {
  const account = parts.account === DEFAULT_ACCOUNT ? "" : `@${encodePart(parts.account)}`;
  let key = `agent:${encodePart(parts.agent)}:${parts.platform}${account}:${parts.kind}:${encodePart(parts.chat)}`;
  if (parts.thread !== undefined) key += `:thread:${encodePart(parts.thread)}`;
  if (parts.user !== undefined) key += `:user:${encodePart(parts.user)}`;
  return key;
}

/** @returns the parts, or `null` if the text is not a key that `encodeKey` writes */
export function decodeKey(key: string): KeyParts | null {
  const [head, agent, where, kind, chat, ...rest] = key.split(":");
  if (head !== "agent" || agent === undefined || where === undefined || chat === undefined) return null;
  const [platform, account, ...more] = where.split("@");
  if (!PLATFORMS.has(platform ?? "") || !KINDS.has(kind ?? "") || more.length > 0) return null;
  try {
    const parts: KeyParts = {
      agent: decodePart(agent),
      platform: platform as Platform,
      account: account === undefined ? DEFAULT_ACCOUNT : decodePart(account),
      kind: kind as ChatKind,
      chat: decodePart(chat),
    };
    if (rest[0] === "thread" && rest[1] !== undefined) parts.thread = decodePart(rest.splice(0, 2)[1] as string);
    if (rest[0] === "user" && rest[1] !== undefined) parts.user = decodePart(rest.splice(0, 2)[1] as string);
    // Only the canonical spelling is a key: anything else would give one place two names.
    return rest.length === 0 && encodeKey(parts) === key ? parts : null;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** The key parts that every session of the record's chat has in common. */
export function place(record: SourceRecord, agent: string): KeyParts {
  return {
    agent,
    platform: record.platform,
    account: record.account,
    kind: record.chat.kind,
    chat: record.chat.id,
  };
}
