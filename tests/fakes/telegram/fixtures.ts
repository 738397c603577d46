/**
 * Updates as the Bot API documents them (version 7.1 and the private-chat topics of later ones), written by hand after
 * https://core.telegram.org/bots/api with invented people, so that each shows one peculiarity.
 */

import type { InboundMessage } from "../../../adapters/record.ts";
import { normalizeCallback } from "../../../adapters/telegram/callback.ts";
import type { TelegramMessage } from "../../../adapters/telegram/message.ts";
import { type BotIdentity, normalize } from "../../../adapters/telegram/normalize.ts";
import { readUpdate } from "../../../adapters/telegram/payload.ts";
import { entitiesOf } from "./entities.ts";
import type { WireUpdate } from "./wire.ts";

export interface TelegramFixture {
  name: string;
  update: WireUpdate;
  bot: BotIdentity;
}

export const bot: BotIdentity = { account: "default", id: "7000000001", username: "parley_bot" };

const SENT = 1_760_000_000;

/** When presses arrive, in milliseconds. */
export const RECEIVED = (SENT + 3_600) * 1000;
const alice = { id: 501, is_bot: false, first_name: "Alice", last_name: "Liddell", language_code: "en" };
const bob = { id: 502, is_bot: false, first_name: "Bob", username: "bob_builds" };
const parley = { id: 7000000001, is_bot: true, first_name: "Parley", username: "parley_bot" };
const otherBot = { id: 7000000002, is_bot: true, first_name: "Weather", username: "weather_bot" };
const anonymous = { id: 1087968824, is_bot: true, first_name: "Group", username: "GroupAnonymousBot" };
const channelBot = { id: 136817688, is_bot: true, first_name: "Channel", username: "Channel_Bot" };

const dm = { id: 501, type: "private", first_name: "Alice", last_name: "Liddell" };
const group = { id: -4001, type: "group", title: "Lunch", all_members_are_administrators: true };
const team = { id: -1001000000002, type: "supergroup", title: "Team" };
const forum = { id: -1001000000003, type: "supergroup", title: "Help desk", is_forum: true };
const otherForum = { id: -1001000000004, type: "supergroup", title: "Back office", is_forum: true };
const news = { id: -1001000000005, type: "channel", title: "News", username: "parley_news" };

let made = 0;

function fixture(name: string, fields: Record<string, unknown>, kind = "message"): TelegramFixture {
  made += 1;
  const message = { message_id: 1000 + made, date: SENT + made, ...fields };
  return { name, update: { update_id: 9000 + made, [kind]: message }, bot };
}

/** Alice presses a button of the bot's. */
function pressed(name: string, data: unknown, place: Record<string, unknown>, fields: object = {}): TelegramFixture {
  made += 1;
  const message = { message_id: 1000 + made, date: SENT + made, from: parley, text: "Sure?", ...place };
  const query = { id: `48151623420000${made}`, from: alice, message, chat_instance: "-31415926", data, ...fields };
  return { name, update: { update_id: 9000 + made, callback_query: query }, bot };
}

/** A text with the entities that Telegram finds in it. */
function says(text: string): Record<string, unknown> {
  const entities = entitiesOf(text);
  return { text, ...(entities.length > 0 && { entities }) };
}

function from(user: unknown, chat: unknown, fields: Record<string, unknown>): Record<string, unknown> {
  return { from: user, chat, ...fields };
}

const question = {
  message_id: 77,
  date: SENT - 60,
  from: bob,
  chat: team,
  text: "Shall we ship on Friday or on Monday?",
};
const answer = {
  message_id: 78,
  date: SENT - 50,
  from: parley,
  chat: team,
  text: "Friday is quieter. Monday is safer.",
};
const topicOpened = {
  message_id: 12,
  date: SENT - 9000,
  from: bob,
  chat: forum,
  message_thread_id: 12,
  is_topic_message: true,
  forum_topic_created: { name: "Printers", icon_color: 7322096 },
};
const inTopic = { message_thread_id: 12, is_topic_message: true };

export const telegramFixtures: readonly TelegramFixture[] = [
  fixture("text in a DM", from(alice, dm, says("hi"))),
  fixture("text in a group", from(alice, group, says("who is hungry?"))),
  fixture("another bot in a group", from(otherBot, group, says("rain at noon"))),
  fixture("the bot's own message", from(parley, group, says("I said that"))),

  fixture("mention", from(alice, team, says("what do you think, @parley_bot?"))),
  fixture("mention in another case", from(alice, team, says("@Parley_Bot hello"))),
  fixture("mention of a longer name", from(alice, team, { ...says("@parley_bot-x hello") })),
  fixture("mention of somebody else", from(alice, team, says("@bob_builds hello"))),
  fixture("e-mail address", from(alice, team, says("write to jane@parley_bot.example"))),
  fixture("everyone", from(alice, team, says("@everyone @all @here lunch!"))),
  fixture(
    "mention by profile",
    from(alice, team, {
      text: "Parley, hello",
      entities: [{ type: "text_mention", offset: 0, length: 6, user: parley }],
    }),
  ),

  fixture("command in a DM", from(alice, dm, says("/strategy per-user --fresh"))),
  fixture("bare command in a group", from(alice, team, says("/stop"))),
  fixture("command for this bot", from(alice, team, says("/Status@Parley_Bot now"))),
  fixture("command for another bot", from(alice, team, says("/status@weather_bot now"))),
  fixture("slash in mid-text", from(alice, team, says("either /or"))),
  fixture(
    "command in a caption",
    from(alice, team, {
      photo: [{ file_id: "P1", file_unique_id: "p1", width: 90, height: 60, file_size: 900 }],
      caption: "/describe@parley_bot briefly",
      caption_entities: [{ type: "bot_command", offset: 0, length: 20 }],
    }),
  ),

  fixture("reply to the bot", from(alice, team, { ...says("why?"), reply_to_message: answer, message_thread_id: 77 })),
  fixture(
    "reply to a person",
    from(alice, team, { ...says("Monday"), reply_to_message: question, message_thread_id: 77 }),
  ),
  fixture(
    "reply with a partial quote",
    from(alice, team, {
      ...says("sure?"),
      reply_to_message: answer,
      quote: { text: "Monday is safer.", position: 19, is_manual: true },
      message_thread_id: 77,
    }),
  ),
  fixture(
    "reply to a message of another chat",
    from(alice, team, {
      ...says("look at this"),
      external_reply: {
        origin: { type: "user", sender_user: bob, date: SENT - 500 },
        chat: forum,
        message_id: 31,
      },
      quote: { text: "the printer burns", position: 4 },
    }),
  ),

  fixture("forum, General", from(alice, forum, says("good morning"))),
  fixture("forum, a topic", from(alice, forum, { ...says("it jams"), ...inTopic, reply_to_message: topicOpened })),
  fixture(
    "forum, a reply inside a topic",
    from(bob, forum, {
      ...says("open the tray"),
      ...inTopic,
      reply_to_message: { ...question, message_id: 40, chat: forum },
    }),
  ),
  fixture(
    "forum, a topic opened by the bot",
    from(alice, forum, {
      ...says("hello topic"),
      message_thread_id: 13,
      is_topic_message: true,
      reply_to_message: { ...topicOpened, message_id: 13, message_thread_id: 13, from: parley },
    }),
  ),
  fixture("another forum, same topic number", from(alice, otherForum, { ...says("it hums"), ...inTopic })),
  fixture(
    "topic in a DM",
    from(alice, dm, { ...says("about my taxes"), message_thread_id: 5, is_topic_message: true }),
  ),

  fixture("anonymous admin", {
    from: anonymous,
    sender_chat: team,
    chat: team,
    author_signature: "boss",
    ...says("quiet please"),
  }),
  fixture("person posting as a channel", { from: channelBot, sender_chat: news, chat: team, ...says("read our news") }),
  fixture("channel post", { sender_chat: news, chat: news, ...says("version 2 is out") }, "channel_post"),
  fixture("channel post without a sender", { chat: news, ...says("version 3 is out") }, "channel_post"),
  fixture(
    "forwarded message",
    from(alice, dm, { ...says("as Bob said"), forward_origin: { type: "user", sender_user: bob, date: SENT - 10 } }),
  ),
  fixture(
    "forward of somebody who hides",
    from(alice, dm, {
      ...says("psst"),
      forward_origin: { type: "hidden_user", sender_user_name: "Deep Throat", date: SENT - 10 },
    }),
  ),
  fixture(
    "forward of an anonymous admin",
    from(alice, dm, { ...says("quiet"), forward_origin: { type: "chat", sender_chat: team, date: SENT - 10 } }),
  ),
  fixture(
    "forwarded command to the bot, in a group",
    from(alice, team, {
      ...says("/stop@parley_bot @parley_bot now"),
      forward_origin: { type: "channel", chat: news, message_id: 31, date: SENT - 10 },
    }),
  ),
  fixture("forward whose origin cannot be read", from(alice, dm, { ...says("whose?"), forward_origin: "somebody" })),
  fixture("channel post that Telegram brought into the channel's group", {
    ...{ from: channelBot, sender_chat: news, chat: team, is_automatic_forward: true },
    ...says("version 4 is out"),
    forward_origin: { type: "channel", chat: news, message_id: 31, date: SENT - 10 },
  }),
  fixture(
    "reply to a forward",
    from(alice, team, {
      ...says("is that so?"),
      reply_to_message: {
        ...{ message_id: 78, date: SENT - 5, chat: team, from: alice, text: "the printer burns" },
        forward_origin: { type: "user", sender_user: bob, date: SENT - 10 },
      },
    }),
  ),

  fixture("edited text", from(alice, dm, { ...says("hi there"), edit_date: SENT + 99 }), "edited_message"),
  fixture(
    "edited channel post",
    { sender_chat: news, chat: news, ...says("version 2.1 is out"), edit_date: SENT + 99 },
    "edited_channel_post",
  ),

  fixture(
    "album, the part with the caption",
    from(alice, team, {
      media_group_id: "13371337",
      photo: [
        { file_id: "A-small", file_unique_id: "a1", width: 90, height: 67, file_size: 1200 },
        { file_id: "A-large", file_unique_id: "a2", width: 1280, height: 960, file_size: 180000 },
        { file_id: "A-medium", file_unique_id: "a3", width: 320, height: 240, file_size: 20000 },
      ],
      caption: "which one, @parley_bot?",
      caption_entities: [{ type: "mention", offset: 11, length: 11 }],
    }),
  ),
  fixture(
    "album, a part without one",
    from(alice, team, {
      media_group_id: "13371337",
      photo: [{ file_id: "B", file_unique_id: "b1", width: 1280, height: 960, file_size: 170000 }],
    }),
  ),
  fixture(
    "document",
    from(alice, dm, {
      document: {
        file_id: "D",
        file_unique_id: "d",
        file_name: "plan.pdf",
        mime_type: "application/pdf",
        file_size: 40000,
      },
      caption: "please read",
    }),
  ),
  fixture(
    "picture sent as a file",
    from(alice, dm, { document: { file_id: "E", file_unique_id: "e", file_name: "x.png", mime_type: "image/png" } }),
  ),
  fixture(
    "document that is too large",
    from(alice, dm, { document: { file_id: "F", file_unique_id: "f", file_name: "film.mkv", file_size: 30000000 } }),
  ),
  fixture(
    "voice",
    from(alice, dm, {
      voice: { file_id: "V", file_unique_id: "v", duration: 3, mime_type: "audio/ogg", file_size: 9000 },
    }),
  ),
  fixture(
    "animation",
    from(alice, dm, {
      animation: { file_id: "G", file_unique_id: "g", width: 320, height: 200, duration: 2, mime_type: "video/mp4" },
      document: { file_id: "G", file_unique_id: "g", mime_type: "video/mp4" },
    }),
  ),
  fixture(
    "video note",
    from(alice, dm, { video_note: { file_id: "N", file_unique_id: "n", length: 240, duration: 4, file_size: 70000 } }),
  ),
  fixture(
    "sticker",
    from(alice, dm, {
      sticker: {
        file_id: "S",
        file_unique_id: "s",
        type: "regular",
        width: 512,
        height: 512,
        is_animated: false,
        is_video: false,
        emoji: "👍",
      },
    }),
  ),
  fixture(
    "poll",
    from(alice, team, {
      poll: {
        id: "1",
        question: "Where to?",
        options: [
          { text: "Park", voter_count: 0 },
          { text: "Pub", voter_count: 0 },
        ],
        total_voter_count: 0,
        is_closed: false,
        is_anonymous: true,
        type: "regular",
        allows_multiple_answers: false,
      },
    }),
  ),
  fixture("location", from(alice, dm, { location: { latitude: 52.52, longitude: 13.405 } })),
  fixture(
    "venue",
    from(alice, dm, {
      location: { latitude: 52.5, longitude: 13.4 },
      venue: { location: { latitude: 52.5, longitude: 13.4 }, title: "Café", address: "Main Street 1" },
    }),
  ),
  fixture(
    "contact",
    from(alice, dm, { contact: { phone_number: "+4930123456", first_name: "Jane", last_name: "Doe", user_id: 503 } }),
  ),
  fixture("dice", from(alice, dm, { dice: { emoji: "🎲", value: 4 } })),
  fixture("text that was cut at the limit", from(alice, dm, says("x".repeat(4096)))),

  pressed("button in a DM", "strategy per-user", { chat: dm }),
  pressed("button in a supergroup", "confirm", { chat: team, reply_to_message: question, message_thread_id: 77 }),
  pressed("button in a topic", "cancel", { chat: forum, ...inTopic, reply_to_message: topicOpened }),
  pressed("button in General", "cancel", { chat: forum }),
  pressed("button below a message that was forgotten", "model claude-opus-5-5", { chat: team, date: 0 }),
  pressed("button below a message of a forum that was forgotten", "confirm", { chat: forum, date: 0 }),
  pressed("button of another program", "Open:42", { chat: team }),
  pressed("button that holds nothing", undefined, { chat: team }),
  pressed("button without a message", "confirm", {}, { message: undefined }),
  pressed("button in an inline answer", "confirm", { chat: team }, { inline_message_id: "AgAAAA" }),

  fixture("somebody joined", from(alice, team, { new_chat_members: [bob] })),
  fixture("a topic was opened", from(bob, forum, { ...inTopic, forum_topic_created: topicOpened.forum_topic_created })),
  fixture("something pinned", from(bob, team, { pinned_message: question })),
];

/** @throws Error if there is no such fixture */
export function telegramFixture(name: string): TelegramFixture {
  const found = telegramFixtures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fixture "${name}"`);
  return found;
}

/** What the adapter makes of a fixture; null for what is never answered. */
export function normalized({ update, bot }: TelegramFixture): InboundMessage | null {
  const found = readUpdate(update);
  if (found?.kind === "callback_query") return normalizeCallback(found.callback, bot, RECEIVED);
  return found && normalize(found.message, bot);
}

/** @throws Error if the update is of no message */
export function messageIn(update: unknown): TelegramMessage {
  const found = readUpdate(update);
  if (found === null || found.kind === "callback_query") throw new Error("no message");
  return found.message;
}

/** Every fixture that is a message to the gateway. */
export function telegramRecords(): InboundMessage[] {
  return telegramFixtures.map(normalized).filter((message) => message !== null);
}
