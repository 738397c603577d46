/**
 * Messages and interactions as Discord documents them (API version 10), written by hand after
 * https://discord.com/developers/docs/resources/message and
 * https://discord.com/developers/docs/interactions/receiving-and-responding with invented people, so that each shows one
 * peculiarity.
 */

import { snowflakeAt } from "../../../adapters/discord/ids.ts";
import {
  type InteractionScene,
  normalizeInteraction,
  readInteraction,
} from "../../../adapters/discord/interactions.ts";
import { normalize } from "../../../adapters/discord/normalize.ts";
import { readMessage } from "../../../adapters/discord/payload.ts";
import type { Scene } from "../../../adapters/discord/scene.ts";
import type { InboundMessage } from "../../../adapters/record.ts";

type Wire = Record<string, unknown>;

export type DiscordFixture = { name: string; payload: Wire } & (
  | { kind: "message"; scene: Scene }
  | { kind: "interaction"; scene: Place }
);

/** An interaction's scene but for the time. */
type Place = Omit<InteractionScene, "now">;

export const SENT = 1_760_000_000_000;

/** When interactions arrive. */
export const RECEIVED = SENT + 3_600_000;

const guildId = "900000000000000001";
const otherGuildId = "900000000000000002";
const botRoleId = "900000000000000011";
const helperRoleId = "900000000000000012";

export const bot = { account: "default", id: "700000000000000001", name: "Parley", roleIds: [botRoleId] };

const parley = user(bot.id, "parley", { bot: true });
const alice = user("500000000000000001", "alice.l", { global_name: "Alice" });
const bob = user("500000000000000002", "bob_builds");
const weather = user("700000000000000002", "weather", { bot: true });

export const names = {
  channelName: (id: string) => (id === "300000000000000001" ? "general" : undefined),
  roleName: (id: string) => ({ [botRoleId]: "Parley", [helperRoleId]: "helpers" })[id],
};

const general = { id: "300000000000000001", type: 0, name: "general" };
const news = { id: "300000000000000002", type: 5, name: "news" };
const lounge = { id: "300000000000000003", type: 2, name: "Lounge" };
const forum = { id: "300000000000000004", type: 15, name: "questions" };
const thread = { id: "300000000000000005", type: 11, name: "printer jams" };
const post = { id: "300000000000000006", type: 11, name: "How do I start?" };

const inGuild = { kind: "channel", guildId, guildName: "Team" } as const;
const scenes = {
  dm: { bot, ...names, channel: { id: "400000000000000001", kind: "dm" as const } },
  general: { bot, ...names, channel: { ...general, ...inGuild } },
  news: { bot, ...names, channel: { ...news, ...inGuild } },
  lounge: { bot, ...names, channel: { ...lounge, ...inGuild } },
  thread: { bot, ...names, channel: { ...thread, ...inGuild, parent: general } },
  post: { bot, ...names, channel: { ...post, ...inGuild, parent: forum } },
} satisfies Record<string, Scene>;
type PlaceName = keyof typeof scenes;

let made = 0;

function nextId(): string {
  made += 1;
  return String(BigInt(snowflakeAt(SENT + made * 1000)) + BigInt(made));
}

function user(id: string, username: string, fields: Wire = {}): Wire {
  return { id, username, discriminator: "0", avatar: null, global_name: null, ...fields };
}

function message(author: Wire, place: PlaceName, content: string, fields: Wire = {}): Wire {
  const id = nextId();
  return {
    id,
    channel_id: scenes[place].channel.id,
    ...(place !== "dm" && { guild_id: guildId, member: { nick: null, roles: [] } }),
    type: 0,
    author,
    content,
    timestamp: new Date(SENT + made * 1000).toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    flags: 0,
    ...fields,
  };
}

function said(name: string, author: Wire, place: PlaceName, content: string, fields?: Wire): DiscordFixture {
  return { name, kind: "message", payload: message(author, place, content, fields), scene: scenes[place] };
}

function attachment(filename: string, fields: Wire = {}): Wire {
  const id = nextId();
  const url = `https://cdn.discordapp.com/attachments/300000000000000001/${id}/${filename}?ex=68e7a000&is=68e64e80&hm=0a1b`;
  return { id, filename, size: 2_000, url, proxy_url: url.replace("cdn", "media"), ...fields };
}

function replyTo(original: Wire | null | undefined, fields: Wire = {}): Wire {
  const reference = { type: 0, channel_id: general.id, guild_id: guildId, message_id: original?.id ?? nextId() };
  return {
    type: 19,
    message_reference: reference,
    ...(original !== undefined && { referenced_message: original }),
    ...fields,
  };
}

function used(name: string, command: string, options: readonly Wire[], fields: Wire, scene: Place): DiscordFixture {
  const payload = {
    id: nextId(),
    application_id: bot.id,
    type: 2,
    version: 1,
    token: `aW50ZXJhY3Rpb246${made}`,
    locale: "en-US",
    app_permissions: "274877990912",
    entitlements: [],
    ...fields,
    data: { id: "800000000000000001", name: command, type: 1, options, ...(fields.data as Wire | undefined) },
  };
  return { name, kind: "interaction", payload, scene };
}

/** Alice picks something below a message of the bot's. */
function picked(name: string, data: Wire, fields: Wire, scene: Place): DiscordFixture {
  const payload = {
    id: nextId(),
    application_id: bot.id,
    type: 3,
    version: 1,
    token: `aW50ZXJhY3Rpb246${made}`,
    locale: "en-US",
    message: { ...message(parley, fields.guild_id === undefined ? "dm" : "general", "Sure?"), components: [] },
    ...fields,
    data,
  };
  return { name, kind: "interaction", payload, scene };
}

const byAlice = { member: { user: alice, nick: "Alice of Team", roles: [], permissions: "2147483664" } };
const text = (name: string, value: string) => ({ name, type: 3, value });
const inGeneral = {
  guild_id: guildId,
  channel_id: general.id,
  channel: { ...general, guild_id: guildId },
  context: 0,
  ...byAlice,
};
const inDm = {
  channel_id: scenes.dm.channel.id,
  channel: { id: scenes.dm.channel.id, type: 1 },
  context: 1,
  user: alice,
};
const groupDm = { id: "400000000000000009", type: 3, name: "Holidays", owner_id: bob.id };
const absent: Place = { bot, ...names };
const offers = [
  {
    name: "strategy",
    description: "How conversations are kept apart.",
    options: [
      { name: "name", description: "Which one.", choices: [{ value: "per-user", description: "Each person alone." }] },
      { name: "start", description: "With what.", choices: [{ value: "--fresh", description: "Nothing." }] },
    ],
  },
];

const question = message(bob, "general", "Shall we ship on <t:1760086400:D>, <@500000000000000001>?", {
  mentions: [alice],
});
const answer = message(parley, "general", "**Friday** is quieter.");
const photo = attachment("cat.png", { content_type: "image/png", width: 640, height: 480 });
const upload = attachment("plan.pdf", { content_type: "application/pdf", ephemeral: true });
const snapshot = {
  type: 0,
  content: "the printer burns <:fire:123456789012345678>",
  mentions: [],
  attachments: [],
  embeds: [],
};

export const discordFixtures: readonly DiscordFixture[] = [
  said("text in a DM", alice, "dm", "hi"),
  said("text in a channel", bob, "general", "who is hungry?"),
  said("a nickname", alice, "general", "hello", { member: { nick: "Al", roles: [] } }),
  said("announcement channel", bob, "news", "version 2 is out"),
  said("text of a voice channel", bob, "lounge", "can you hear me?"),
  said("in a thread", alice, "thread", "it jams again"),
  said("in a forum post", alice, "post", "I have installed it."),
  said("another bot", weather, "general", "rain at noon"),
  said("a webhook", user("600000000000000001", "Deploys"), "general", "done", { webhook_id: "600000000000000001" }),

  said("mention", alice, "general", "what do you think, <@700000000000000001>?", { mentions: [parley] }),
  said("mention by nickname", alice, "general", "<@!700000000000000001> hello", {
    mentions: [{ ...parley, member: { nick: "Parley (bot)", roles: [] } }],
  }),
  said("mention of the bot's role", alice, "general", `<@&${botRoleId}> hello`, { mention_roles: [botRoleId] }),
  said("mention of another role", alice, "general", `<@&${helperRoleId}> hello`, { mention_roles: [helperRoleId] }),
  said("mention of somebody else", alice, "general", "<@500000000000000002> hello", { mentions: [bob] }),
  said("mention inside code", alice, "general", "`<@700000000000000001>`"),
  said("everyone", alice, "general", "@everyone @here lunch!", { mention_everyone: true }),
  said(
    "channels, emoji, commands and times",
    alice,
    "general",
    "<#300000000000000001> <#1> <a:wave:123456789012345678> </ask:1> <t:1760000000:R>",
  ),

  said("command in a DM", alice, "dm", "/Strategy per-user --fresh"),
  said("command behind a mention", alice, "general", "<@700000000000000001> /stop", { mentions: [parley] }),
  said("command behind the bot's role", alice, "general", `<@&${botRoleId}> /stop`, { mention_roles: [botRoleId] }),
  said("command behind somebody's mention", alice, "general", "<@500000000000000002> /stop", { mentions: [bob] }),
  said("bare command in a channel", alice, "general", "/stop"),
  said("slash in mid-text", alice, "dm", "either /or"),
  said("a path", alice, "dm", "/etc/hosts is gone"),

  said("reply to the bot", alice, "general", "why?", replyTo(answer, { mentions: [parley] })),
  said("reply to the bot without a ping", alice, "general", "really?", replyTo(answer)),
  said("reply to a person", alice, "general", "Monday", replyTo(question, { mentions: [bob] })),
  said("reply to a message that is gone", alice, "general", "what was that?", replyTo(null)),
  said("reply to a message that was not looked up", alice, "general", "and that?", replyTo(undefined)),
  said("reply to a picture", alice, "general", "nice", replyTo({ ...question, content: "", attachments: [photo] })),
  said("published announcement", bob, "news", "version 3 is out", {
    flags: 2,
    message_reference: {
      type: 0,
      channel_id: "310000000000000001",
      guild_id: otherGuildId,
      message_id: "320000000000000001",
    },
  }),

  said("picture", alice, "dm", "look", { attachments: [photo] }),
  said("picture without words", alice, "dm", "", { attachments: [photo] }),
  said("files of many kinds", alice, "dm", "all of it", {
    attachments: [
      attachment("notes.txt", { content_type: "text/plain; charset=utf-8" }),
      attachment("voice-message.ogg", { content_type: "audio/ogg", duration_secs: 3, waveform: "AAAA" }),
      attachment("film.mp4", { content_type: "video/mp4", size: 30_000_000 }),
      attachment("drawing.svg", { content_type: "image/svg+xml" }),
      attachment("unknown"),
    ],
  }),
  said("hidden pictures", alice, "dm", "guess", {
    attachments: [
      attachment("SPOILER_end.png", { content_type: "image/png" }),
      attachment("twist.png", { content_type: "image/png", flags: 8 }),
    ],
  }),
  said("sticker", alice, "dm", "", { sticker_items: [{ id: "1000000000000000001", name: "Wave", format_type: 1 }] }),
  said("poll", alice, "general", "", {
    poll: {
      question: { text: "Where to?" },
      answers: [
        { answer_id: 1, poll_media: { text: "Park" } },
        { answer_id: 2, poll_media: { text: "Pub" } },
      ],
      expiry: null,
      allow_multiselect: false,
      layout_type: 1,
    },
  }),
  said("forward", alice, "dm", "", {
    message_reference: { type: 1, channel_id: general.id, message_id: question.id },
    message_snapshots: [{ message: { ...snapshot, attachments: [photo] } }],
  }),
  said("edited text", alice, "dm", "hi there", { edited_timestamp: "2025-10-09T09:00:00.000000+00:00" }),

  used("ask in a channel", "ask", [text("question", "How far is the moon?")], inGeneral, { ...scenes.general, offers }),
  used(
    "ask in private about a file",
    "ask",
    [
      text("question", "Is <#300000000000000001> in it?"),
      { name: "file", type: 11, value: upload.id },
      { name: "private", type: 5, value: true },
    ],
    { ...inGeneral, data: { resolved: { attachments: { [String(upload.id)]: upload } } } },
    scenes.general,
  ),
  used("ask in a DM", "ask", [text("question", "hello?")], inDm, scenes.dm),
  used(
    "ask in a thread",
    "ask",
    [text("question", "still?")],
    { ...inGeneral, channel_id: thread.id, channel: { ...thread, parent_id: general.id } },
    scenes.thread,
  ),
  used(
    "ask in a group DM",
    "ask",
    [text("question", "where to?")],
    { channel_id: groupDm.id, channel: groupDm, context: 2, user: alice },
    absent,
  ),
  used(
    "ask in a DM of two others",
    "ask",
    [text("question", "who is right?")],
    { channel_id: "400000000000000008", channel: { id: "400000000000000008", type: 1 }, context: 2, user: bob },
    absent,
  ),
  used(
    "ask in a guild without the bot",
    "ask",
    [text("question", "anybody?")],
    {
      ...inGeneral,
      guild_id: otherGuildId,
      channel_id: "300000000000000091",
      channel: { id: "300000000000000091", type: 0, name: "elsewhere", parent_id: "300000000000000090" },
    },
    absent,
  ),
  used(
    "ask in a thread without the bot",
    "ask",
    [text("question", "anybody in here?")],
    {
      ...inGeneral,
      guild_id: otherGuildId,
      channel_id: "300000000000000093",
      channel: { id: "300000000000000093", type: 12, name: "quiet", parent_id: "300000000000000091" },
    },
    absent,
  ),
  used("command", "stop", [], inGeneral, scenes.general),
  used("command with options", "strategy", [text("start", "--fresh"), text("name", "per-user")], inGeneral, {
    ...scenes.general,
    offers,
  }),

  picked("button in a channel", { component_type: 2, custom_id: "parley:confirm" }, inGeneral, scenes.general),
  picked("button in a DM", { component_type: 2, custom_id: "parley:strategy per-user --here" }, inDm, scenes.dm),
  picked(
    "menu in a thread",
    { component_type: 3, custom_id: "parley-menu", values: ["strategy tagged-hybrid"] },
    { ...inGeneral, channel_id: thread.id, channel: { ...thread, parent_id: general.id } },
    scenes.thread,
  ),

  said("the bot's own message", parley, "general", "I said that"),
  said("nothing that may be seen", alice, "general", ""),
  said("somebody joined", alice, "general", "", { type: 7 }),
  said("something pinned", alice, "general", "", { type: 6, message_reference: { type: 0, message_id: question.id } }),
  said("a thread was opened", alice, "general", "printer jams", { type: 18 }),
  said("the starter message inside its thread", alice, "thread", "", { type: 21, referenced_message: question }),
  said("another bot's answer to a command", weather, "general", "sunny", { type: 20 }),
  used("ask nothing", "ask", [text("question", " ")], inDm, scenes.dm),
];

/** @throws Error if there is no such fixture */
export function discordFixture(name: string): DiscordFixture {
  const found = discordFixtures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fixture "${name}"`);
  return found;
}

/** What the adapter makes of a fixture; null for what is never answered. */
export function normalized(fixture: DiscordFixture): InboundMessage | null {
  if (fixture.kind === "message") return normalize(readMessage(fixture.payload), fixture.scene);
  const interaction = readInteraction(fixture.payload);
  return interaction && normalizeInteraction(interaction, { ...fixture.scene, now: () => RECEIVED });
}

/** Every fixture that is a message to the gateway. */
export function discordRecords(): InboundMessage[] {
  return discordFixtures.map(normalized).filter((message) => message !== null);
}
