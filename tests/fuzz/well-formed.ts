import { expect } from "vitest";
import { z } from "zod";
import type { InboundMessage, Platform } from "../../adapters/record.ts";

/** Longer than anything that a platform takes, and short enough to be kept, quoted and sent to a model. */
const MAX_TEXT = 100_000;
const name = z.string().max(300);
const id = z.string().min(1).max(300);
const text = z.string().max(MAX_TEXT);
const time = z.number().min(0).max(8.64e15);

/** All that `adapters/record.ts` promises, and nothing beside it. */
const shape = z.strictObject({
  source: z.strictObject({
    platform: z.enum(["discord", "telegram", "whatsapp", "web"]),
    account: z.literal("default"),
    chat: z.strictObject({
      id,
      kind: z.enum(["dm", "group", "channel"]),
      name: name.optional(),
      guildId: id.optional(),
      guildName: name.optional(),
      opensThreads: z.boolean().optional(),
    }),
    thread: z.strictObject({ id, kind: z.enum(["native", "reply-chain"]), name: name.optional() }).optional(),
    user: z.strictObject({
      id: z.string().max(300),
      name,
      aliases: z.array(id).max(10).optional(),
      isBot: z.boolean(),
    }),
    messageId: id,
    sentAt: time,
  }),
  text,
  attachments: z
    .array(
      z.strictObject({
        kind: z.enum(["image", "document", "audio", "video", "sticker", "other"]),
        ref: z.string().max(10_000),
        name: name.optional(),
        mimeType: z.string().max(128).optional(),
        bytes: z.number().min(0).optional(),
        unavailable: z.string().max(200).optional(),
        spoiler: z.boolean().optional(),
      }),
    )
    .max(25),
  addressed: z.boolean(),
  replyTo: z
    .strictObject({
      // Of a message in another place, nobody may be told.
      messageId: z.string().max(300),
      userId: id.optional(),
      userName: name.optional(),
      text: text.optional(),
      fromSelf: z.boolean(),
      claimed: z.boolean().optional(),
    })
    .optional(),
  forwarded: z.strictObject({ userId: id.optional(), name: name.optional() }).optional(),
  command: z.strictObject({ name: z.string().min(1).max(64), args: text }).optional(),
  edited: z.boolean().optional(),
  albumId: id.optional(),
  mayContinue: z.boolean().optional(),
  private: z.boolean().optional(),
  replyToken: z.string().min(1).max(10_000).optional(),
});

const LONE_SURROGATE = /\\ud[89a-f]/i;

/** Fails unless it is a message as the gateway may rely on. @param payload what it was read from */
export function expectWellFormed(message: InboundMessage, platform: Platform, payload: unknown): void {
  const { error } = shape.safeParse(message);
  expect(error?.issues ?? [], "what is wrong with the message").toEqual([]);
  expect(message.source.platform).toBe(platform);
  expect(message.text !== "" || message.attachments.length > 0, "it says something").toBe(true);
  if (message.source.chat.kind === "dm") expect(message.addressed).toBe(true);
  if (message.forwarded !== undefined) expect(message.command, "nobody gives another's command").toBeUndefined();
  if (message.command !== undefined) expect(message.command.name).toBe(message.command.name.toLowerCase());
  const written = JSON.stringify(message);
  for (const nothing of ["undefined", "NaN", "[object Object]"]) {
    if (!JSON.stringify(payload).includes(nothing)) expect(written).not.toContain(nothing);
  }
  // Nothing is cut in the middle of a character.
  if (!LONE_SURROGATE.test(JSON.stringify(payload))) expect(written).not.toMatch(LONE_SURROGATE);
}
