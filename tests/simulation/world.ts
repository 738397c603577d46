import type { InboundMessage, Platform, SourceRecord } from "../../adapters/record.ts";
import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { Dice } from "../gateway/dice.ts";
import type { SimulatedPlatform } from "./platform.ts";

export const STRATEGIES = ["shared", "per-user", "per-thread", "tagged-hybrid"] as const;
const WAYS = ["collect", "collect", "steer", "interrupt"] as const;

export interface Group {
  id: string;
  on: SimulatedPlatform;
  strategy: (typeof STRATEGIES)[number];
  busy: (typeof WAYS)[number];
  members: readonly string[];
}

/** Something that somebody wrote and that has to be answered, or refused in words. */
export interface Asked {
  platform: Platform;
  chat: string;
  user: string;
  messageId: string;
  token: string;
}

export interface WorldOptions {
  clock: VirtualClock;
  /** Midnight of the first day. */
  began: number;
  dice: Dice;
  platforms: readonly SimulatedPlatform[];
  groupsPerStrategy: number;
  peoplePerPlatform: number;
}

/** People, the chats that they are in, and what they write. */
export class World {
  readonly groups: Group[] = [];
  /** What was asked since it was looked at last. */
  readonly asked: Asked[] = [];
  /** Everybody who has ever written, by platform. */
  readonly people = new Set<string>();
  readonly #options: WorldOptions;
  /** What opened the last conversations of a group. */
  readonly #roots = new Map<Group, string[]>();
  readonly #spoken = new Map<Group, number>();
  #written = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { dice, platforms, groupsPerStrategy, peoplePerPlatform } = options;
    for (const on of platforms) {
      for (const strategy of STRATEGIES) {
        for (let n = 0; n < groupsPerStrategy; n++) {
          const members = Array.from({ length: 8 + dice.roll(8) }, () => `u${dice.roll(peoplePerPlatform)}`);
          this.groups.push({ id: `${strategy}-${n}`, on, strategy, busy: dice.pick(WAYS), members });
        }
      }
    }
  }

  /** Somebody says something in a group; where conversations have threads, it may go on with one. */
  speak(group: Group, user = this.#next(group), more: Partial<InboundMessage> = {}): void {
    const { dice } = this.#options;
    const roots = this.#roots.get(group) ?? [];
    this.#roots.set(group, roots);
    const root = group.strategy === "per-thread" && dice.chance(50) ? roots.at(-1 - dice.roll(3)) : undefined;
    const native = root !== undefined && group.on.name === "discord";
    const chat = { id: group.id, kind: "group" as const, name: group.id, opensThreads: group.on.name === "discord" };
    const message = this.write(group.on, user, {
      ...more,
      source: { chat, ...(native && { thread: { id: `t-${root}`, kind: "native" as const } }) },
      ...(root !== undefined && !native && { replyTo: { messageId: root, fromSelf: false } }),
    });
    if (root === undefined) roots.push(message.source.messageId);
    if (roots.length > 3) roots.shift();
  }

  /** Several pictures at once, one of them with words. */
  showPictures(group: Group, user: string): void {
    const albumId = `album-${this.#written}`;
    const picture = (n: number) => ({ kind: "image" as const, ref: `${albumId}-${n}`, mimeType: "image/png" });
    this.speak(group, user, { albumId, attachments: [picture(0)] });
    const { id, on } = group;
    const chat = { id, kind: "group" as const, name: id };
    for (const n of [1, 2]) {
      const part = { albumId, attachments: [picture(n)], text: "", addressed: false };
      this.write(on, user, { ...part, source: { chat } });
    }
  }

  /** A private message. */
  whisper(on: SimulatedPlatform, user: string, more: Partial<InboundMessage> = {}): InboundMessage {
    return this.write(on, user, { ...more, source: { chat: { id: `dm-${user}`, kind: "dm" } } });
  }

  command(on: SimulatedPlatform, user: string, name: string, args = ""): InboundMessage {
    return this.whisper(on, user, { text: `/${name} ${args}`, command: { name, args } });
  }

  /** What everybody says and nobody wants an answer to. */
  chatter(group: Group): void {
    const chat = { id: group.id, kind: "group" as const, name: group.id };
    this.write(group.on, this.#next(group), {
      text: "as I said",
      addressed: false,
      source: { chat },
    });
  }

  /** On every day the same people are the first to say something. */
  dawn(): void {
    this.#spoken.clear();
  }

  /** Whose turn it is to say something: everybody's in time. */
  #next(group: Group): string {
    const spoken = this.#spoken.get(group) ?? 0;
    this.#spoken.set(group, spoken + 1);
    return group.members[spoken % group.members.length] as string;
  }

  write(
    on: SimulatedPlatform,
    user: string,
    { source, ...more }: Partial<Omit<InboundMessage, "source">> & { source: Pick<SourceRecord, "chat" | "thread"> },
  ): InboundMessage {
    const { clock, began, dice } = this.#options;
    const n = this.#written++;
    const token = `#${on.name[0]}${n};`;
    const message: InboundMessage = {
      text: `what of ${token} then`,
      attachments: [],
      addressed: true,
      ...more,
      source: {
        platform: on.name,
        account: "default",
        user: { id: user, name: user.toUpperCase(), isBot: false },
        messageId: `m${n}`,
        // The platform's own clock is never wrong.
        sentAt: began + clock.elapsed(),
        ...source,
      },
    };
    const { id: chat } = source.chat;
    if (message.text.includes(token)) {
      this.asked.push({ platform: on.name, chat, user, messageId: message.source.messageId, token });
    }
    this.people.add(`${on.name} ${user}`);
    on.deliver(message);
    // Platforms deliver twice now and then.
    if (dice.chance(4)) on.deliver(message);
    return message;
  }
}
