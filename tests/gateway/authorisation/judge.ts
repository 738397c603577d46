import type { OutboundChunk } from "../../../adapters/adapter.ts";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { AuditEntry } from "../../../sessions/audit.ts";
import { decodeKey, decodePart, encodePart } from "../../../strategies/key.ts";
import { marksIn } from "../session-book.ts";
import type { Oracle, Source } from "./oracle.ts";
import { isBeside, isCode, isPrivate, placeOf, sameAccount, sameChat, spell } from "./places.ts";
import { ADMINS_SETTINGS, OWNERS_SETTINGS } from "./setting-names.ts";
import type { Change } from "./watch.ts";
import { privateChat, type Shown } from "./world.ts";

/** What somebody was allowed at the moment of a message. */
export interface Rights {
  letIn: boolean;
  owner: boolean;
  admin: boolean;
  mayAsk: boolean;
  mayTryToClaim: boolean;
  mayClaim: boolean;
  claimCode: string | null;
}

export function rightsOf(oracle: Oracle, message: InboundMessage): Rights {
  const { source } = message;
  return {
    letIn: oracle.isLetIn(source),
    owner: oracle.isOwner(source),
    admin: oracle.isAdmin(source),
    mayAsk: oracle.mayAsk(source),
    mayTryToClaim: oracle.mayTryToClaim(source),
    mayClaim: oracle.mayClaim(message),
    claimCode: oracle.claimCode,
  };
}

export interface Written {
  mark: string;
  source: Source;
  /** Whether its author was let in at that moment. */
  letIn: boolean;
}

/**
 * Holds what happened against what was allowed. Each method returns what was wrong, in words.
 */
export class Judge {
  readonly #oracle: Oracle;
  /** Requests that wait, by what asks; with the time when they end. */
  readonly #asking = new Map<string, number>();
  #askedBefore: string[][] = [];
  readonly #chatOf: (chatRef: string) => string;
  readonly #sessionOf: (messageId: string) => string | undefined;
  readonly #keyOf: (session: string) => string;
  readonly #now: () => number;
  readonly #marks = new Map<string, Source>();
  /** What was written by people who were not let in. */
  readonly #uninvited = new Set<string>();
  /** What rightfully happened, counted, so that it is known whether anything did. */
  readonly seen = new Map<string, number>();

  constructor(
    oracle: Oracle,
    look: {
      chatOf(chatRef: string): string;
      keyOf(session: string): string;
      sessionOf(messageId: string): string | undefined;
      now(): number;
    },
  ) {
    this.#oracle = oracle;
    this.#chatOf = look.chatOf;
    this.#sessionOf = look.sessionOf;
    this.#keyOf = look.keyOf;
    this.#now = look.now;
  }

  wrote({ mark, source, letIn }: Written): void {
    this.#marks.set(mark, source);
    if (!letIn) this.#uninvited.add(mark);
  }

  /** Take over what the operator does, which needs no right. */
  operator(changes: readonly Change[]): void {
    for (const change of changes) this.#apply(change);
  }

  /** @returns what was written and should not have been, or has not its entry in the audit */
  writes(message: InboundMessage, rights: Rights, changes: readonly Change[], audit: readonly AuditEntry[]): string[] {
    const wrong: string[] = [];
    const entries: string[] = [];
    const by = `${message.source.platform}:${message.source.user.id}`;
    this.#askedBefore = [...this.#asking.keys()].map((each) => JSON.parse(each) as string[]);
    for (const change of changes) {
      const { table, key, from, to } = change;
      const complain = (why: string) => wrong.push(`${why}: ${table} ${key.join(" ")}: ${from} → ${to}`);
      const problem = this.#problemWith(message, rights, change, changes);
      if (problem !== undefined) complain(problem);
      const claimed = changes.some((other) => other.table === "access" && other.to === "owner");
      // Said where others read it: nobody became an owner by it.
      if (table === "owner_claim" && to === null && !claimed) entries.push(`owner code | ${by} | waiting | `);
      const entry = this.#entryFor(change, changes, rights);
      if (entry !== undefined) entries.push(entry);
      this.#apply(change);
    }
    for (const entry of audit) if (entry.by !== by) wrong.push(`audited as ${entry.by}, not as ${by}: ${entry.what}`);
    const rules = audit.filter(({ what }) => /^(setting |access|pairing|owner)/.test(what));
    const told = rules.map(({ what, where, from, to }) =>
      [what.replace(/^(pairing|owner)$/, "access"), where, from, to].join(" | "),
    );
    if (told.toSorted().join("\n") !== entries.toSorted().join("\n")) {
      wrong.push(`the audit tells\n${told.join("\n")}\nof\n${entries.join("\n")}`);
    }
    return wrong;
  }

  /** @returns what was not written although it was allowed: whoever refuses everything is not right either */
  omissions({ command, source }: InboundMessage, rights: Rights): string[] {
    const [, name = "", value = ""] =
      /^(busy|threads|addressing) (steer|collect|interrupt|per-user|shared|mention|always)$/.exec(
        command?.args ?? "",
      ) ?? [];
    const isTold = command?.name === "settings" && name !== "" && !source.user.isBot;
    if (!isTold || !rights.letIn || !rights.admin) return [];
    const place = ["chat", source.platform, source.account, source.chat.id].map(encodePart).join(":");
    this.#count("setting that was allowed");
    const now = this.#oracle.settings.get(JSON.stringify([place, name]));
    return now === value ? [] : [`${name} is ${now} and not ${value}`];
  }

  #problemWith(message: InboundMessage, rights: Rights, change: Change, all: readonly Change[]): string | undefined {
    switch (change.table) {
      case "settings":
        return this.#problemWithSetting(message.source, rights, change);
      case "access":
        return this.#problemWithRule(message, rights, change);
      case "pairings":
        return this.#problemWithRequest(message.source, rights, change, all);
      case "owner_claim":
        return change.to === null && isCode(message, rights.claimCode) ? undefined : "the claim was touched";
      case "sessions":
        if (change.from !== "open" || change.to === "open") return undefined;
        return this.#problemWithEnd(message.source, rights, change, all);
      case "transcript":
        return change.to === null ? this.#problemWithErasure(message.source, rights, change) : undefined;
      case "runs":
        return change.from === "0" && change.to === "1"
          ? this.#problemWithStop(message.source, rights, change)
          : undefined;
      case "approvals":
        return this.#problemWithConsent(message, rights, change);
      default:
        return this.#problemWithMessage(message, rights, change);
    }
  }

  #problemWithSetting(
    { platform, account, chat, thread }: Source,
    rights: Rights,
    { key: [place = "", name = ""] }: Change,
  ) {
    const [level, ...parts] = place.split(":").map(decodePart);
    const here = [platform, account, chat.id];
    const native = thread?.kind === "native" ? thread.id : undefined;
    const known = {
      platform: [platform],
      guild: [platform, chat.guildId],
      chat: here,
      thread: [...here, native],
    }[level as string];
    if (known === undefined || known.join("\n") !== parts.join("\n")) return "a setting of another place";
    if (!rights.letIn) return "a setting by somebody who is not let in";
    const wide = level === "platform" || level === "guild";
    this.#count(`setting in a ${level}`);
    if (OWNERS_SETTINGS.includes(name) || (wide && ADMINS_SETTINGS.includes(name))) {
      return rights.owner ? undefined : "an owner's setting by somebody who is none";
    }
    if (!ADMINS_SETTINGS.includes(name)) return "a setting that does not exist";
    if (chat.kind === "dm" && ["strategy", "fork"].includes(name)) return "a strategy in private";
    return rights.admin ? undefined : "an admin's setting by somebody who is none";
  }

  #problemWithRule(message: InboundMessage, rights: Rights, { key, from, to }: Change): string | undefined {
    const { source } = message;
    const [platform, account, kind, id] = key;
    const isHere = platform === source.platform && account === source.account;
    if (from === "owner") return "an owner was deposed";
    if (to === "owner") {
      this.#count("owner claimed");
      const claims = rights.mayClaim && isCode(message, rights.claimCode) && message.command?.name === "claim";
      const isOwn = isHere && kind === "user" && id === source.user.id;
      return claims && isOwn ? undefined : "an owner made wrongly";
    }
    if (!rights.owner || !rights.letIn) return "a rule by somebody who is no owner";
    if (to === "blocked") {
      this.#count("blocked");
      const isOwner = this.#oracle.configuredOwners.has(`${platform}:${id}`);
      return isHere && kind === "user" && !isOwner ? undefined : "blocked who must not be";
    }
    if (to === "approved") {
      this.#count(`approved a ${kind}`);
      const fits = this.#askedBefore.some(([p, a, k, subject]) => {
        return p === platform && a === account && (kind === "guild" ? k === "chat" : k === kind && subject === id);
      });
      return from === null && fits ? undefined : "approved what had not asked";
    }
    this.#count("unblocked");
    return from === "blocked" && isHere ? undefined : "a rule was taken away";
  }

  #problemWithRequest(
    { platform, account, chat, user }: Source,
    rights: Rights,
    change: Change,
    all: readonly Change[],
  ) {
    const { key, from, to } = change;
    const named = JSON.stringify(key);
    if (from === null) {
      this.#count("asked");
      const isDm = chat.kind === "dm";
      const own = JSON.stringify([platform, account, isDm ? "user" : "chat", isDm ? user.id : chat.id]);
      if (!rights.mayAsk || own !== named) return "a request of somebody who may not ask";
      const others = [...this.#asking.keys()].filter((each) => each !== named && sameAccount(each, named));
      return others.length < 3 ? undefined : "a fourth request in an account";
    }
    if (to !== null) return "a request was changed";
    const expired = (this.#asking.get(named) ?? 0) <= this.#now();
    const settled = all.some((other) => other.table === "access" && JSON.stringify(other.key) === named);
    return expired || settled || (rights.owner && rights.letIn) ? undefined : "a request was taken away";
  }

  #problemWithEnd(source: Source, rights: Rights, { key: [key = "", id] }: Change, all: readonly Change[]) {
    const parts = decodeKey(key);
    const { platform, account, chat, user } = source;
    const isHere = parts?.platform === platform && parts.account === account && parts.chat === chat.id;
    if (!isHere) return "a conversation of another place was ended";
    if (!rights.letIn) return "a conversation was ended by somebody who is not let in";
    this.#count("conversation ended");
    if (parts.user !== undefined) return parts.user === user.id ? undefined : "somebody else's conversation was ended";
    if (chat.kind === "dm" || rights.admin) return undefined;
    // One that nobody else has written into is its writer's own to erase, with the answer that is being written.
    const isOwn = all.some(({ table, key: other, to }) => {
      return table === "transcript"
        ? to === null && other[0] === id
        : table === "runs" && to === "1" && other[0] === user.id;
    });
    return isOwn ? undefined : "a shared conversation was ended";
  }

  #problemWithErasure(source: Source, rights: Rights, { key: [session = "", author] }: Change): string | undefined {
    const parts = decodeKey(this.#keyOf(session));
    const { platform, account, chat, user } = source;
    const isHere = parts?.platform === platform && parts.account === account && parts.chat === chat.id;
    this.#count("text erased");
    if (!rights.letIn || !isHere) return "something was erased elsewhere, or by somebody who is not let in";
    if (parts.user !== undefined) return parts.user === user.id ? undefined : "somebody else's conversation was erased";
    return author === "" || author === user.id ? undefined : "somebody else's words were erased";
  }

  #problemWithStop(source: Source, rights: Rights, { key: [userId, chatRef = ""] }: Change): string | undefined {
    this.#count("run stopped");
    if (!rights.letIn) return "a run was stopped by somebody who is not let in";
    const isHere = this.#chatOf(chatRef) === placeOf(source);
    if (isHere && (userId === source.user.id || rights.admin)) return undefined;
    return rights.owner ? undefined : "somebody else's run was stopped";
  }

  /** Whoever is being answered decides, there, and nobody for them; what nobody answers is refused by the clock. */
  #problemWithConsent({ source, command, text }: InboundMessage, rights: Rights, change: Change): string | undefined {
    const { key, from, to } = change;
    const [author, chatRef = "", expiresAt] = key;
    if (from !== "asked" || to === null) return undefined;
    if (to === "denied" && Number(expiresAt) <= this.#now()) return undefined;
    this.#count(`consent ${to}`);
    if (!rights.letIn) return "consent by somebody who is not let in";
    if (author !== source.user.id || author === "") return "consent by somebody else";
    if (this.#chatOf(chatRef) !== placeOf(source)) return "consent from elsewhere";
    // What one adds to one's question may take it back, but never agrees to anything.
    return to === "denied" || command?.name === "approve" || /^\d+$/.test(text) ? undefined : "consent without a word";
  }

  #problemWithMessage(message: InboundMessage, rights: Rights, { key, from, to }: Change): string | undefined {
    const [userId, chatRef = "", , isCommand] = key;
    const { source } = message;
    if (from === null && to !== "refused") {
      if (source.user.isBot) return "a bot was heard";
      const claims = isCommand === "1" && message.command?.name === "claim" && rights.mayTryToClaim;
      this.#count(isCommand === "1" ? "command" : "turn");
      return rights.letIn || claims ? undefined : "a message of somebody who is not let in";
    }
    if (to !== "dropped" || from === "running") return undefined;
    this.#count("message dropped");
    if (!rights.letIn) return "a message was dropped by somebody who is not let in";
    if (this.#chatOf(chatRef) === placeOf(source) && (userId === source.user.id || rights.admin)) return undefined;
    return rights.owner ? undefined : "somebody else's message was dropped";
  }

  /** The one entry that a change has in the audit, where it has one. */
  #entryFor({ table, key, from, to }: Change, all: readonly Change[], rights: Rights): string | undefined {
    if (table === "settings") {
      const [place = "", name] = key;
      const [level, platform = "", ...rest] = place.split(":").map(decodePart);
      const where =
        level === "platform" ? platform : level === "guild" ? `${platform}:${rest[0]}` : spell(platform, ...rest);
      return [`setting ${name}`, where, from, to].join(" | ");
    }
    const [platform = "", account = "", kind = "", id = ""] = key;
    if (table === "access") return ["access", spell(platform, account, id), from, to].join(" | ");
    if (table !== "pairings" || to !== null) return undefined;
    const expired = (this.#asking.get(JSON.stringify(key)) ?? 0) <= this.#now();
    // Letting in is told as such.
    const ruled = all.some((other) => other.table === "access");
    if (expired || ruled || !rights.owner || this.#isRuled(platform, account, kind, id)) return undefined;
    return ["access", spell(platform, account, id), "asked", null].join(" | ");
  }

  /** Somebody may have been let in another way meanwhile: then nothing is left to write when the request is approved. */
  #isRuled(platform: string, account: string, kind: string, id: string): boolean {
    return this.#oracle.rules.has(JSON.stringify([platform, account, kind, id]));
  }

  #apply({ table, key, to }: Change): void {
    const { rules, settings } = this.#oracle;
    const named = JSON.stringify(key);
    const map = table === "access" ? rules : table === "settings" ? settings : undefined;
    if (map !== undefined) {
      if (to === null) map.delete(named);
      else map.set(named, to);
    }
    if (table === "pairings") {
      if (to === null) this.#asking.delete(named);
      else this.#asking.set(named, this.#now() + 60 * 60 * 1000);
    }
    if (table === "owner_claim" && to === null) this.#oracle.claimCode = null;
  }

  /** @returns what the model was shown and should not have been */
  requests(shown: readonly Shown[]): string[] {
    const wrong: string[] = [];
    for (const { session, author, marks, own, beside } of shown) {
      const asked = this.#marks.get(own.at(-1) ?? "");
      for (const mark of marks) {
        const source = this.#marks.get(mark);
        const home = source === undefined ? undefined : this.#sessionOf(source.messageId);
        // What was no turn anywhere may stand beside what was asked in the very same place.
        if (source !== undefined && home === undefined && beside.includes(mark) && isBeside(source, session, asked)) {
          if (this.#uninvited.has(mark)) wrong.push(`${mark} of somebody who is not let in was shown in ${session}`);
          this.#count("background");
          continue;
        }
        const isOwn = source?.user.id === author;
        // Whoever else it may concern: what is one person's is put together by that person alone.
        if (home === session && (isOwn || !isPrivate(session))) continue;
        const copied = home !== undefined && !isPrivate(home) && isPrivate(session) && sameChat(home, session);
        if (!copied) wrong.push(`${mark} of ${home} was shown in ${session}`);
        else this.#count("shared text in a copy");
      }
    }
    return wrong;
  }

  /** @returns what was said to somebody and should not have been */
  said({ source }: InboundMessage, rights: Rights, sent: readonly OutboundChunk[]): string[] {
    const wrong: string[] = [];
    for (const { text, files = [], to, forUserId } of sent) {
      const all = text + JSON.stringify(files);
      for (const mark of marksIn(all)) {
        const author = this.#marks.get(mark);
        const own = author?.user.id === forUserId && author?.platform === to.platform && author.account === to.account;
        if (!own) wrong.push(`${mark} of ${author?.user.id} was told to ${forUserId}`);
      }
      if (files.length > 0) {
        this.#count("export");
        if (to.chatId !== privateChat(forUserId ?? "")) wrong.push(`an export was sent to ${to.chatId}`);
      }
      const isAnswer = text.startsWith("Answer to:");
      if (/prompt-canary/.test(all) && !rights.admin)
        wrong.push("the extra prompt was told to somebody who is no admin");
      if (isAnswer || forUserId !== source.user.id) continue;
      const isHere = to.chatId === source.chat.id || to.chatId === privateChat(source.user.id);
      if (!isHere) wrong.push(`an answer went to ${to.chatId}`);
      if (rights.letIn || rights.mayTryToClaim || source.user.id === "") continue;
      if (!/^(I do not know|I answer only)/.test(text)) wrong.push(`somebody who is not let in was told: ${text}`);
    }
    return wrong;
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}
