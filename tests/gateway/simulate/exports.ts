import type { LogEntry, LogFormat } from "../../../gateway/simulate/log.ts";

/** One chat as Telegram Desktop 5 writes it: the shapes are those of its export, what is said is made up. */
export const TELEGRAM = JSON.stringify(
  {
    name: 'The "messages": [team]',
    type: "private_supergroup",
    id: 1234567890,
    messages: [
      {
        id: 1,
        type: "service",
        date: "2026-01-12T10:00:00",
        date_unixtime: "1768208400",
        actor: "Ann",
        actor_id: "user11",
        action: "create_group",
        title: "Team",
        members: ["Ann", "Ben"],
        text: "",
        text_entities: [],
      },
      {
        id: 2,
        type: "message",
        date: "2026-01-12T10:00:05",
        date_unixtime: "1768208405",
        from: "Ann",
        from_id: "user11",
        text: ["Hey ", { type: "mention", text: "@parley_bot" }, ", what is ", { type: "code", text: "a[0] }" }, "?"],
        text_entities: [],
      },
      {
        id: 3,
        type: "message",
        date: "2026-01-12T10:00:15",
        date_unixtime: "1768208415",
        from: "Parley",
        from_id: "user99",
        reply_to_message_id: 2,
        text: "The first one.",
        text_entities: [{ type: "plain", text: "The first one." }],
      },
      {
        id: 4,
        type: "message",
        date: "2026-01-12T10:01:00",
        date_unixtime: "1768208460",
        from: null,
        from_id: "user12",
        photo: "photos/photo_1@12-01-2026_10-01-00.jpg",
        width: 800,
        height: 600,
        reply_to_message_id: 3,
        text: "",
        text_entities: [],
      },
      {
        id: 5,
        type: "message",
        date: "2026-01-12T10:02:00",
        date_unixtime: "1768208520",
        from: "Cy",
        from_id: "channel1",
        text: [{ type: "mention_name", text: "Ann", user_id: 11 }, " look\\\\ at that\u2028"],
        text_entities: [],
      },
    ],
  },
  null,
  1,
);

const author = (id: string, name: string, isBot = false) => ({
  id,
  name,
  discriminator: "0000",
  nickname: `${name} (nick)`,
  color: null,
  isBot,
  roles: [],
  avatarUrl: "https://cdn.example/avatar.png",
});
const message = (id: string, at: string, by: object, content: string, more: object = {}) => ({
  id,
  type: "Default",
  timestamp: at,
  timestampEdited: null,
  callEndedTimestamp: null,
  isPinned: false,
  content,
  author: by,
  attachments: [],
  embeds: [],
  stickers: [],
  reactions: [],
  mentions: [],
  inlineEmojis: [],
  ...more,
});
const bot = author("900", "Parley", true);

/** A channel as DiscordChatExporter 2.46 writes it as JSON. */
export const DISCORD_JSON = JSON.stringify(
  {
    guild: { id: "1", name: "Guild", iconUrl: "https://cdn.example/icon.png" },
    channel: { id: "2", type: "GuildTextChat", categoryId: "3", category: "Text", name: "general", topic: null },
    dateRange: { after: null, before: null },
    exportedAt: "2026-02-01T00:00:00.0000000+00:00",
    messages: [
      message("10", "2026-01-12T09:59:00+00:00", author("11", "ann"), "Joined the server.", {
        type: "GuildMemberJoin",
      }),
      message("11", "2026-01-12T10:00:00.123+01:00", author("11", "ann"), "@Parley (nick) hello", { mentions: [bot] }),
      message("12", "2026-01-12T10:00:05+01:00", bot, "Hi!", {
        type: "Reply",
        reference: { type: "Default", messageId: "11", channelId: "2", guildId: "1" },
      }),
      message("13", "2026-01-12T10:00:09+01:00", author("12", "ben"), "and me?", {
        type: "Reply",
        reference: { type: "Default", messageId: "12", channelId: "2", guildId: "1" },
      }),
      message("14", "2026-01-12T10:00:12+01:00", author("12", "ben"), "", {
        reference: { type: "Forward", messageId: "11", channelId: "2", guildId: "1" },
        forwardedMessage: { timestamp: "2026-01-12T10:00:00+01:00", timestampEdited: null, content: "hello" },
      }),
    ],
    messageCount: 5,
  },
  null,
  2,
);

/** The same channel as CSV. */
export const DISCORD_CSV = [
  "AuthorID,Author,Date,Content,Attachments,Reactions",
  '"11","ann","2026-01-12T10:00:00.0000000+01:00","say ""hi"", and\nthen, @ben","",""',
  '"900","Parley#1234","2026-01-12T10:00:05.0000000+01:00","hi","https://cdn.example/a.png","👍 (1)"',
  '"12","ben","2026-01-12T10:00:09.0000000+01:00","@Parley#1234 thanks","",""',
  "",
].join("\r\n");

/** Everything that a format reads from a text, in pieces of so many characters. */
export async function readAll(format: LogFormat, text: string, piece = text.length): Promise<LogEntry[]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += piece) yield text.slice(at, at + piece);
  }
  return await Array.fromAsync(format({ file: "log", pieces: pieces() }));
}
