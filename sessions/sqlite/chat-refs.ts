import type { SourceRecord } from "../../adapters/record.ts";
import type { ChatInfo } from "../inbox.ts";
import type { Db } from "./database.ts";
import { type ChatRow, chatOf } from "./rows.ts";

/** A chat as a message that comes from it finds it. */
export interface KnownChat {
  ref: number;
  /** The new id of a chat that moved. */
  movedTo: string | undefined;
  /** Whether the message tells of other names than those that are stored. */
  renamed: boolean;
}

type Place = Pick<SourceRecord, "platform" | "account" | "chat">;

/** The store's numbers of chats, so that a chat whose platform id changes keeps everything that refers to it. */
export interface ChatRefs {
  known(source: Place): KnownChat | undefined;
  /** The chat's number: that of the known one, whose names are brought up to date, or a new one's. */
  of(source: Place, known?: KnownChat): number;
  find(platform: string, account: string, chatId: string): number | undefined;
  /** The chat as it is now: where it moved, the one that it became. */
  info(ref: number): ChatInfo;
  /** The new id of a chat that moved. */
  movedTo(ref: number): string | undefined;
  /** The number of the chat that it became, or its own. */
  present(ref: number): number;
  /** Whether it is one person's, and has not become another. */
  isPrivate(ref: number): boolean;
  /** From now on the chat is the other one, and so is what had become this chat. */
  pointAt(ref: number, other: number): void;
}

export function chatRefs(db: Db): ChatRefs {
  // On every message's way: the columns that decide, and no others.
  const find = db.prepare<[string, string, string], Omit<ChatRow, "platform" | "account" | "chat">>(
    "SELECT id, kind, name, guild, guild_name, moved_to FROM chats WHERE platform = ? AND account = ? AND chat = ?",
  );
  const became = db.prepare<[number], { moved_to: number | null }>("SELECT moved_to FROM chats WHERE id = ?");
  const byRef = db.prepare<[number], ChatRow & { present: string | null }>(
    "SELECT c.*, m.chat AS present FROM chats c LEFT JOIN chats m ON m.id = c.moved_to WHERE c.id = ?",
  );
  const insert = db.prepare(
    "INSERT INTO chats (platform, account, chat, kind, name, guild, guild_name) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const rename = db.prepare(
    "UPDATE chats SET kind = ?, name = coalesce(?, name), guild = ?, guild_name = ? WHERE id = ?",
  );

  const kind = db.prepare<[number], { kind: string }>("SELECT kind FROM chats WHERE id = ? AND moved_to IS NULL");
  const stay = db.prepare<[number]>("UPDATE chats SET moved_to = NULL WHERE id = ?");
  const follow = db.prepare<[number, number]>("UPDATE chats SET moved_to = ? WHERE moved_to = ?");
  const point = db.prepare<[number, number]>("UPDATE chats SET moved_to = ? WHERE id = ?");

  const movedTo = (ref: number) => byRef.get(ref)?.present ?? undefined;

  return {
    known({ platform, account, chat }) {
      const row = find.get(platform, account, chat.id);
      if (row === undefined) return undefined;
      const renamed =
        (chat.name !== undefined && row.name !== chat.name) ||
        row.kind !== chat.kind ||
        row.guild !== (chat.guildId ?? null) ||
        row.guild_name !== (chat.guildName ?? null);
      return { ref: row.id, movedTo: row.moved_to === null ? undefined : movedTo(row.id), renamed };
    },
    of({ platform, account, chat }, known) {
      const names = [chat.kind, chat.name ?? null, chat.guildId ?? null, chat.guildName ?? null];
      if (known === undefined) return Number(insert.run(platform, account, chat.id, ...names).lastInsertRowid);
      // A platform that does not say what a chat is called has not taken its name away.
      if (known.renamed) rename.run(...names, known.ref);
      return known.ref;
    },
    find: (platform, account, chatId) => find.get(platform, account, chatId)?.id,
    info(ref) {
      const row = byRef.get(ref);
      if (row === undefined) throw new Error(`no chat ${ref}`);
      return chatOf({ ...row, id: row.moved_to ?? row.id, chat: row.present ?? row.chat });
    },
    movedTo,
    present: (ref) => became.get(ref)?.moved_to ?? ref,
    isPrivate: (ref) => kind.get(ref)?.kind === "dm",
    pointAt(ref, other) {
      follow.run(other, ref);
      point.run(other, ref);
      stay.run(other);
    },
  };
}
