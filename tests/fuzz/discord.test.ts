import fc from "fast-check";
import { expect, test } from "vitest";
import { normalizeInteraction, readInteraction } from "../../adapters/discord/interactions.ts";
import { normalize } from "../../adapters/discord/normalize.ts";
import { DiscordPayloadError, isEdit, readDeletion, readMessage } from "../../adapters/discord/payload.ts";
import { decodeReplyToken } from "../../adapters/discord/reply-token.ts";
import type { InboundMessage } from "../../adapters/record.ts";
import { Stage } from "../adapters/discord/gateway.ts";
import { bot, type DiscordFixture, discordFixtures, RECEIVED } from "../fakes/discord/fixtures.ts";
import { corpus } from "./corpus.ts";
import { hostileValue } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { runs } from "./runs.ts";
import { expectWellFormed } from "./well-formed.ts";

type Scene = DiscordFixture["scene"];

const scenes: readonly Scene[] = discordFixtures.map(({ scene }) => scene);
const payloads = (kind: DiscordFixture["kind"]) =>
  discordFixtures.filter((each) => each.kind === kind).map(({ payload }) => payload);
const anyOf = (kind: DiscordFixture["kind"]) =>
  fc.oneof({ weight: 9, arbitrary: mutated(payloads(kind)) }, { weight: 1, arbitrary: hostileValue });

/** What a reader gives; null also for what is malformed. Nothing but that may be thrown. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(DiscordPayloadError);
    return null;
  }
}

function expectMessageRead(payload: unknown, scene: Scene): void {
  const { channel } = scene;
  if (channel === undefined) return;
  const message = attempt(() => normalize(readMessage(payload), { ...scene, bot, channel }));
  if (message !== null) expectWellFormed(message, "discord", payload);
}

function expectInteractionRead(payload: unknown, scene: Scene): void {
  const message = attempt((): InboundMessage | null => {
    const interaction = readInteraction(payload);
    return interaction && normalizeInteraction(interaction, { ...scene, now: () => RECEIVED });
  });
  if (message === null) return;
  expectWellFormed(message, "discord", payload);
  // Whoever asked waits for an answer in this very place.
  expect(decodeReplyToken(message.replyToken ?? "")).not.toBeNull();
}

test("whatever a message holds, it is a message, nothing, or malformed", () => {
  fc.assert(fc.property(anyOf("message"), fc.constantFrom(...scenes), expectMessageRead), runs(3_000));
});

test("whatever an interaction holds, it is a message, nothing, or malformed", () => {
  fc.assert(fc.property(anyOf("interaction"), fc.constantFrom(...scenes), expectInteractionRead), runs(2_500));
});

test.each(corpus("discord"))("$is", ({ input }) => {
  for (const scene of scenes) {
    expectMessageRead(input, scene);
    expectInteractionRead(input, scene);
  }
});

test("whatever an edit or a deletion holds, it is one, or malformed", () => {
  const property = fc.property(anyOf("message"), hostileValue, hostileValue, (payload, one, other) => {
    expect(typeof isEdit(payload)).toBe("boolean");
    for (const deletion of [payload, { channel_id: one, ids: other }, { id: one, channel_id: other }]) {
      const read = attempt(() => readDeletion(deletion));
      if (read !== null) expect(read.messageIds.length).toBeGreaterThan(0);
    }
  });
  fc.assert(property, runs(500));
});

test("a connection goes on behind whatever it brought, in the same channel", async () => {
  const stage = await Stage.open();
  const team = stage.discord.guild("Team");
  const general = team.text("general");
  const alice = stage.discord.user("Alice");
  await stage.started();
  const here = discordFixtures.map(({ payload }) => ({ ...payload, channel_id: general.id, guild_id: team.id }));
  const names = [
    ...["MESSAGE_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"],
    ...["INTERACTION_CREATE", "GUILD_ROLE_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_LIST_SYNC"],
    ...["GUILD_MEMBER_UPDATE", "TYPING_START", "toString"],
  ];
  const event = fc.record({ name: fc.constantFrom(...names), data: mutated(here) });
  let count = 0;
  const property = fc.asyncProperty(fc.array(event, { maxLength: 6 }), async (events) => {
    for (const { name, data } of events) {
      stage.discord.gateway.publish({ name, data: data as object, guildId: team.id, intents: 0 });
    }
    count += 1;
    general.post(alice, `good ${count}.`);
    expect((await stage.gateway.said(`good ${count}.`)).source.chat.id).toBe(general.id);
  });
  await fc.assert(property, runs(150));
  // What could not be read says so without repeating it; what discord.js makes of nonsense is its own.
  for (const error of stage.gateway.malformed.all) expect(error).toBeInstanceOf(Error);
});
