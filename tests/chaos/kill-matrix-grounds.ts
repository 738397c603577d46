import { randomUUID } from "node:crypto";
import { WebRefusal } from "../fakes/web/client.ts";
import { DiscordStage } from "../gateway/stage/discord-stage.ts";
import type { Person, Said, SayOptions, Stage } from "../gateway/stage/stage.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { WebStage, type WebStagePerson } from "../gateway/stage/web-stage.ts";
import { WhatsAppStage } from "../gateway/stage/whatsapp-stage.ts";

export const PLATFORMS = ["discord", "telegram", "whatsapp", "web"] as const;

export type PlatformName = (typeof PLATFORMS)[number];

/** How a platform may refuse a message of the bot. */
export type Refusal =
  /** For the moment. */
  | "for now"
  /** By a failure of its own. */
  | "failing"
  /** It will never take it. */
  | "for good"
  /** Not in that thread. */
  | "thread"
  /** It does not let a message be changed. */
  | "editing";

/** A stage for a program that dies, and what differs there. */
export interface Ground {
  stage: Stage;
  /** Whether a message that is sent twice stands once. */
  hasKeys: boolean;
  /** A message holds one part of this many letters, and not two. */
  partLength: number;
  /** Have the bot's next messages refused. @throws where nobody refuses in this way */
  refuse(how: Refusal, times: number): void;
  /**
   * Write, and resolve once the platform has it, or, where it tells, once the gateway has it. Whoever writes to a program
   * that dies has not to do it again: their client does, as soon as the program is there.
   */
  tell(person: Person, text: string, options: SayOptions, risen: Promise<void>): Promise<Said>;
}

/** @param strategy that is tried; one that opens threads needs a place where they can be opened */
export async function openGround(platform: PlatformName, strategy: string): Promise<Ground> {
  switch (platform) {
    case "discord":
      return discord(await DiscordStage.open());
    case "telegram":
      return telegram(await TelegramStage.open({ forum: strategy === "per-thread" }));
    case "whatsapp":
      return whatsapp(await WhatsAppStage.open());
    case "web":
      return web();
  }
}

/** These platforms keep for the bot what it has not taken. */
const tell: Ground["tell"] = (person, text, options) => person.says(text, options);

function discord(stage: DiscordStage): Ground {
  const faults: Record<Refusal, { status: number; code?: number; retryAfterMs?: number }> = {
    "for now": { status: 429, retryAfterMs: 60_000 },
    failing: { status: 500 },
    "for good": { status: 403, code: 50_013 },
    thread: { status: 400, code: 160_005 },
    editing: { status: 403, code: 50_013 },
  };
  function refuse(how: Refusal, times: number): void {
    const route = how === "editing" ? "PATCH /channels/:channel/messages/:message" : "POST /channels/:channel/messages";
    stage.discord.fail(route, { ...faults[how], times });
  }
  return { stage, hasKeys: true, partLength: 1_500, refuse, tell };
}

function telegram(stage: TelegramStage): Ground {
  const faults: Partial<Record<Refusal, { status: number; description: string; retryAfter?: number }>> = {
    "for now": { status: 429, description: "Too Many Requests: retry after 60", retryAfter: 60 },
    failing: { status: 500, description: "Internal Server Error" },
    "for good": { status: 400, description: "Bad Request: not enough rights" },
    thread: { status: 400, description: "Bad Request: message thread not found" },
  };
  const refuse = (how: Refusal, times: number) => void stage.tg.fail("sendMessage", { ...known(faults, how), times });
  return { stage, hasKeys: false, partLength: 3_000, refuse, tell };
}

function whatsapp(stage: WhatsAppStage): Ground {
  const codes: Partial<Record<Refusal, number>> = { "for now": 429, failing: 500, "for good": 406 };
  const refuse = (how: Refusal, times: number) => stage.wa.failSends(known(codes, how), times);
  return { stage, hasKeys: true, partLength: 3_000, refuse, tell };
}

function web(): Ground {
  return {
    stage: new WebStage(),
    hasKeys: true,
    partLength: 14_000,
    refuse: (how) => known({}, how),
    async tell(person, text, { inPrivate = false, replyTo }, risen) {
      const { web: client } = person as WebStagePerson;
      const original = replyTo?.ref as { id: string; thread?: string } | undefined;
      const written = inPrivate || text.startsWith("/") ? text : `@parley ${text}`;
      const post = { clientId: randomUUID(), replyTo: original?.id, thread: original?.thread };
      const say = () => client.say(inPrivate ? "dm" : "lobby", written, post);
      const message = await say().catch(async (error) => {
        if (error instanceof WebRefusal && error.code !== "not-taken") throw error;
        await risen;
        return say();
      });
      return { id: message.id, ref: message };
    },
  };
}

function known<T>(ways: Partial<Record<Refusal, T>>, how: Refusal): T {
  const way = ways[how];
  if (way === undefined) throw new Error(`nobody refuses "${how}" here`);
  return way;
}
