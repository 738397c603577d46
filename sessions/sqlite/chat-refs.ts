import type { SourceRecord } from "../../adapters/record.ts";
import type { ChatInfo } from "../inbox.ts";
import type { Db } from "./database.ts";
import { type ChatRow, chatOf } from "./rows.ts";

/** The store's numbers of chats, so that a chat whose platform id changes keeps everything that refers to it. */
export interface ChatRefs {
  /** Find or add the chat, and keep its names up to date. */
  of(source: Pick<SourceRecord, "platform" | "account" | "chat">): number;
  find(platform: string, account: string, chatId: string): number | undefined;
  /** The chat as it is now: where it moved, the one that it became. */
  info(ref: number): ChatInfo;
  /** The new id of a chat that moved. */
  movedTo(ref: number): string | undefined;
}

export function chatRefs(db: Db): ChatRefs {
  const find = db.prepare<[string, string, string], ChatRow>(
    "SELECT * FROM chats WHERE platform = ? AND account = ? AND chat = ?",
  );
  const byRef = db.prepare<[number], ChatRow & { present: string | null }>(
    "SELECT c.*, m.chat AS present FROM chats c LEFT JOIN chats m ON m.id = c.moved_to WHERE c.id = ?",
  );
  const insert = db.prepare(
    "INSERT INTO chats (platform, account, chat, kind, name, guild, guild_name) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const rename = db.prepare("UPDATE chats SET kind = ?, name = ?, guild = ?, guild_name = ? WHERE id = ?");

  return {
    of({ platform, account, chat }) {
      const row = find.get(platform, account, chat.id);
      const name = chat.name ?? null;
      const guild = chat.guildId ?? null;
      const guildName = chat.guildName ?? null;
      if (row === undefined) {
        return Number(insert.run(platform, account, chat.id, chat.kind, name, guild, guildName).lastInsertRowid);
      }
      if (row.name !== name || row.kind !== chat.kind || row.guild !== guild || row.guild_name !== guildName) {
        rename.run(chat.kind, name, guild, guildName, row.id);
      }
      return row.id;
    },
    find: (platform, account, chatId) => find.get(platform, account, chatId)?.id,
    info(ref) {
      const row = byRef.get(ref);
      if (row === undefined) throw new Error(`no chat ${ref}`);
      return chatOf({ ...row, id: row.moved_to ?? row.id, chat: row.present ?? row.chat });
    },
    movedTo: (ref) => byRef.get(ref)?.present ?? undefined,
  };
}
