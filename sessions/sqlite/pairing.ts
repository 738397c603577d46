import { type Approval, MOST_PAIRINGS, PAIRING_LIFETIME_MS, type Pairing, type Subject } from "../access.ts";
import type { BotAccount } from "../inbox.ts";
import type { AccessRules } from "./access.ts";
import { type AddAudit, auditPlace } from "./audit.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { CodeTrials } from "./code-trials.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";

/** A chat that asks to be let in. */
export interface Asking {
  account: BotAccount;
  kind: Pairing["kind"];
  /** The user in private, else the chat. */
  subject: string;
}

interface PairingRow {
  code: string;
  platform: Subject["platform"];
  account: string;
  kind: Pairing["kind"];
  subject: string;
  chat_id: number;
  thread_id: string | null;
  user_id: string;
  user_name: string;
  created_at: number;
  expires_at: number;
}

/** Requests that wait for an owner. An expired one is none, and goes when it is seen. */
export function pairings(
  db: Db,
  {
    chats,
    rules,
    trials,
    addAudit,
    enqueue,
    now,
  }: {
    chats: ChatRefs;
    rules: AccessRules;
    trials: CodeTrials;
    addAudit: AddAudit;
    enqueue: Enqueue;
    now: () => number;
  },
) {
  const insert = db.prepare(
    `INSERT INTO pairings (code, platform, account, kind, subject, chat_id, thread_id, user_id, user_name, created_at,
       expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const all = db.prepare<[number], PairingRow>(
    "SELECT * FROM pairings WHERE expires_at > ? ORDER BY created_at, expires_at, code",
  );
  const byCode = db.prepare<[string], PairingRow>("SELECT * FROM pairings WHERE code = ?");
  const ofAccount = db.prepare<[string, string], { kind: string; subject: string }>(
    "SELECT kind, subject FROM pairings WHERE platform = ? AND account = ?",
  );
  const remove = db.prepare<[string]>("DELETE FROM pairings WHERE code = ?");
  const dropExpired = db.prepare<[number]>("DELETE FROM pairings WHERE expires_at <= ?");

  function describe(row: PairingRow): Pairing {
    return {
      code: row.code,
      kind: row.kind,
      chat: chats.info(row.chat_id),
      userId: row.user_id,
      userName: row.user_name,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    };
  }

  function waiting(code: string): PairingRow | undefined {
    dropExpired.run(now());
    return byCode.get(code);
  }

  return {
    all: (): Pairing[] => all.all(now()).map(describe),

    /** Whether the chat may ask under this code. Nobody is asked for twice, and nobody gets somebody else's code. */
    room({ account, kind, subject }: Asking, code: string): "free" | "waits" | "full" {
      const taken = waiting(code) !== undefined;
      const others = ofAccount.all(account.platform, account.account);
      if (taken || others.some((other) => other.kind === kind && other.subject === subject)) return "waits";
      return others.length < MOST_PAIRINGS ? "free" : "full";
    },

    ask(
      { account: { platform, account }, kind, subject }: Asking,
      {
        code,
        chatRef,
        threadId,
        user,
      }: {
        code: string;
        chatRef: number;
        threadId: string | null;
        user: { id: string; name: string };
      },
    ): void {
      const at = now();
      const until = at + PAIRING_LIFETIME_MS;
      insert.run(code, platform, account, kind, subject, chatRef, threadId, user.id, user.name, at, until);
    },

    approve(code: string, by: string, notice: string, whole = false): Approval {
      return trials.attempt<Approval>(by, () => {
        const row = waiting(code);
        if (row === undefined) return undefined;
        const pairing = describe(row);
        remove.run(code);
        if (!rules.approve(subjectOf(row, pairing, whole), by)) return undefined;
        const chunks = notice === "" ? [] : [{ text: notice, plain: notice }];
        enqueue(pairing.chat.ref, { chunks, threadId: row.thread_id ?? undefined });
        return { kind: "approved", pairing };
      });
    },

    dismiss(code: string, by: string): Approval {
      return trials.attempt<Approval>(by, () => {
        const row = waiting(code);
        if (row === undefined) return undefined;
        const pairing = describe(row);
        remove.run(code);
        const { platform, account, subject: id } = row;
        addAudit({ by, what: "pairing", where: auditPlace(platform, { account, id }), from: "asked", to: null });
        return { kind: "approved", pairing };
      });
    },

    dropExpired: () => void dropExpired.run(now()),
  };
}

export type Pairings = ReturnType<typeof pairings>;

function subjectOf({ platform, account, kind, subject }: PairingRow, { chat, userName }: Pairing, whole: boolean) {
  if (kind === "user") return { kind, platform, account, id: subject, name: userName };
  if (whole && chat.guildId !== undefined) {
    return { kind: "guild" as const, platform, account, id: chat.guildId, name: chat.guildName };
  }
  return { kind, platform, account, id: subject, name: chat.name };
}
