/**
 * Messages as Baileys hands them over in `messages.upsert`, written by hand with invented people, so that each shows one
 * peculiarity. Keys are shaped as its `decodeMessageNode` builds them (fields that do not apply are undefined), contents
 * after the protocol buffers of its package (`WAProto`), and what clients put into them after what its users report.
 */

import type { InboundMessage } from "../../../adapters/record.ts";
import { personOf } from "../../../adapters/whatsapp/ids.ts";
import { type Reading, readMessage } from "../../../adapters/whatsapp/normalize.ts";
import type { WireContent, WireMessage } from "../../../adapters/whatsapp/payload.ts";
import type { Scene } from "../../../adapters/whatsapp/scene.ts";

type WireKey = WireMessage["key"];

export interface WhatsAppFixture {
  name: string;
  wire: WireMessage;
  scene: Scene;
}

export interface Contact {
  name: string;
  lid?: string;
  phone?: string;
}

export const SENT = 1_760_000_000_000;

export const bot = { lid: "900000001@lid", phone: "15550001111@s.whatsapp.net", name: "Parley" };

export const alice = { name: "Alice", lid: "100000000000001@lid", phone: "491700000001@s.whatsapp.net" };
export const bob = { name: "Bob", lid: "100000000000002@lid", phone: "491700000002@s.whatsapp.net" };
/** Known by their LID alone. */
export const carol: Contact = { name: "Carol", lid: "100000000000003@lid" };
/** Known by their phone number alone. */
export const dave: Contact = { name: "Dave", phone: "491700000004@s.whatsapp.net" };

export const team = "120363000000000001@g.us";

const contacts: readonly Contact[] = [alice, bob, carol, dave];

/** A place where messages are read, by a bot that knows the people of these fixtures. */
export function waScene(fields: Partial<Scene> = {}): Scene {
  const everybody = [bot, ...contacts];
  return {
    account: "default",
    bot,
    person(jid) {
      const known = everybody.find(({ lid, phone }) => jid === lid || jid === phone);
      return known === undefined ? { id: jid, aliases: [] } : personOf(known);
    },
    nameOf: (id) => everybody.find(({ lid, phone }) => id === (lid ?? phone))?.name,
    now: SENT + 500,
    ...fields,
  };
}

const inTeam = waScene({ chatName: "Team" });
const inDm = waScene();

let made = 0;

function nextId(): string {
  made += 1;
  return `3A${made.toString(16).toUpperCase().padStart(18, "0")}`;
}

function wire(
  key: WireKey,
  from: Contact,
  message: WireContent | null,
  fields: Partial<WireMessage> = {},
): WireMessage {
  made += 1;
  return { key, messageTimestamp: SENT / 1000 + made, pushName: from.name, message, ...fields };
}

/** A message in the private chat with somebody, whom WhatsApp names by their LID where they have one. */
export function privately(from: Contact, message: WireContent | null, fields: Partial<WireKey> = {}): WireMessage {
  const remoteJid = from.lid ?? from.phone;
  const remoteJidAlt = from.lid === undefined ? undefined : from.phone;
  return wire(
    { remoteJid, remoteJidAlt, fromMe: false, id: nextId(), participant: undefined, ...fields },
    from,
    message,
  );
}

/** A message in the group. */
export function inGroup(from: Contact, message: WireContent | null, fields: Partial<WireKey> = {}): WireMessage {
  const participant = from.lid ?? from.phone;
  const participantAlt = from.lid === undefined ? undefined : from.phone;
  const key = { remoteJid: team, fromMe: false, id: nextId(), participant, participantAlt, addressingMode: "lid" };
  return wire({ ...key, ...fields }, from, message);
}

export function text(words: string, contextInfo: object = {}): WireContent {
  return { extendedTextMessage: { text: words, contextInfo, previewType: 0 }, messageContextInfo: secret };
}

const secret = { deviceListMetadataVersion: 2, messageSecret: new Uint8Array(32).fill(7) };

function media(fields: object = {}) {
  return {
    url: "https://mmg.whatsapp.net/v/t62.7118-24/1_n.enc?ccb=11-4&oh=01_Q5&oe=68E7A000",
    directPath: "/v/t62.7118-24/1_n.enc?ccb=11-4&oh=01_Q5&oe=68E7A000",
    mimetype: "image/jpeg",
    mediaKey: new Uint8Array(32).fill(1),
    fileSha256: new Uint8Array(32).fill(2),
    fileEncSha256: new Uint8Array(32).fill(3),
    fileLength: { low: 2_000, high: 0, unsigned: true },
    mediaKeyTimestamp: { low: 1_760_000_000, high: 0, unsigned: true },
    jpegThumbnail: new Uint8Array(16),
    ...fields,
  } as WireContent["imageMessage"] & object;
}

export const picture = media({ caption: "look", width: 640, height: 480 });

function quoting(author: Contact, words: string, fields: object = {}) {
  const participant = author.lid ?? author.phone;
  return { stanzaId: "3EB0C431C26A1916E07A", participant, quotedMessage: { conversation: words }, ...fields };
}

function association(associationType: number, id: string) {
  return {
    ...secret,
    messageAssociation: { associationType, parentMessageKey: { remoteJid: alice.lid, fromMe: false, id } },
  };
}

export function edit(id: string, editedMessage: WireContent, fields: object = {}): WireContent {
  const key = { remoteJid: bot.lid, fromMe: true, id, ...fields };
  return { protocolMessage: { key, type: 14, editedMessage, timestampMs: SENT + 60_000 } };
}

export function revoke(id: string, fields: object = {}): WireContent {
  return { protocolMessage: { key: { remoteJid: team, fromMe: true, id, ...fields }, type: 0 } };
}

function dm(name: string, from: Contact, message: WireContent | null, fields?: Partial<WireKey>): WhatsAppFixture {
  return { name, wire: privately(from, message, fields), scene: inDm };
}

function group(name: string, from: Contact, message: WireContent | null, fields?: Partial<WireKey>): WhatsAppFixture {
  return { name, wire: inGroup(from, message, fields), scene: inTeam };
}

const card = "BEGIN:VCARD\nVERSION:3.0\nN:;Eve;;;\nFN:Eve\nitem1.TEL;waid=491700000005:+49 170 0000005\nEND:VCARD";
const ofBot: Contact = bot;

export const whatsappFixtures: readonly WhatsAppFixture[] = [
  dm("text in a DM", alice, { conversation: "hi", messageContextInfo: secret }),
  dm("text with a preview", alice, text("see https://example.org")),
  dm("from a second device", alice, { conversation: "hi" }, { remoteJid: "100000000000001:12@lid" }),
  dm("by phone number", alice, { conversation: "hi" }, { remoteJid: alice.phone, remoteJidAlt: alice.lid }),
  dm("by phone number, on a device", alice, { conversation: "hi" }, { remoteJid: "491700000001:3@s.whatsapp.net" }),
  dm("by LID alone", carol, { conversation: "hi" }),
  dm("by phone number alone", dave, { conversation: "hi" }),
  dm("somebody unknown", { name: "", lid: "100000000000099@lid" }, { conversation: "hi" }),
  dm(
    "somebody unknown with a number",
    { name: "\u202e", phone: "491700000099@s.whatsapp.net" },
    { conversation: "hi" },
  ),
  dm("an assistant", { name: "Meta AI", phone: "13135550002@s.whatsapp.net" }, { conversation: "hi" }),
  group("text in a group", bob, { conversation: "who is hungry?", senderKeyDistributionMessage: { groupId: team } }),
  group("text in a group by phone number", bob, text("me"), { participant: bob.phone, participantAlt: bob.lid }),
  group("text in a group from a second device", bob, text("me too"), { participant: "100000000000002:2@lid" }),
  dm("text that disappears", alice, { ephemeralMessage: { message: text("gone tomorrow", { expiration: 86_400 }) } }),

  group("mention", alice, text("what do you think, @900000001?", { mentionedJid: [bot.lid] })),
  group("mention by phone number", alice, text("@15550001111 hello", { mentionedJid: [bot.phone] })),
  group("mention that begins the text", alice, text("@900000001 hello", { mentionedJid: [bot.lid] })),
  group(
    "mention of others as well",
    alice,
    text("@900000001, ask @100000000000002", { mentionedJid: [bot.lid, bob.lid] }),
  ),
  group("mention alone", alice, text("@900000001", { mentionedJid: [bot.lid] })),
  group("mention of somebody else", alice, text("@100000000000002 hello", { mentionedJid: [bob.lid] })),
  group("mention by phone number of somebody else", alice, text("ask @491700000002", { mentionedJid: [bob.phone] })),
  group("number that nobody is mentioned by", alice, text("@900000001 is a number, jane@acme.com is not")),
  group("everybody", alice, text("@all lunch!", { nonJidMentions: 1 })),
  group(
    "another group",
    alice,
    text("see @120363000000000002@g.us", {
      groupMentions: [{ groupJid: "120363000000000002@g.us", groupSubject: "Parley" }],
    }),
  ),

  dm("command in a DM", alice, { conversation: "/Strategy per-user --fresh" }),
  group("command behind a mention", alice, text("@900000001 /stop", { mentionedJid: [bot.lid] })),
  group("command behind somebody's mention", alice, text("@100000000000002 /stop", { mentionedJid: [bob.lid] })),
  group("command in a group", alice, { conversation: "/stop" }),
  group("command about somebody", alice, text("/allow @100000000000002", { mentionedJid: [bob.lid] })),
  dm("command in a caption", alice, { imageMessage: media({ caption: "/describe it well" }) }),
  dm("command for another bot", alice, { conversation: "/stop@otherbot" }),
  dm("slash in mid-text", alice, { conversation: "either /or" }),
  dm("a path", alice, { conversation: "/etc/hosts is gone" }),

  group("reply to the bot", alice, text("why?", quoting(ofBot, "*Friday* is quieter."))),
  group("reply to the bot by phone number", alice, text("why?", quoting({ name: "", phone: bot.phone }, "Because."))),
  group("reply to a person", alice, text("Monday", quoting(bob, "Shall we ship on Friday?"))),
  group(
    "reply to a person by phone number",
    alice,
    text("Monday", { ...quoting(bob, "Friday?"), participant: bob.phone }),
  ),
  group(
    "reply to somebody from a device",
    alice,
    text("Monday", { ...quoting(bob, "?"), participant: "100000000000002:5@lid" }),
  ),
  dm("reply in a DM", alice, text("and then?", quoting(ofBot, "First you open it."))),
  dm("reply with a picture", alice, { imageMessage: media({ contextInfo: quoting(ofBot, "Show me.") }) }),
  dm("reply to a message of a group", alice, text("in private", { ...quoting(bob, "who?"), remoteJid: team })),
  dm("reply to a status", alice, text("nice", { ...quoting(ofBot, ""), remoteJid: "status@broadcast" })),
  group("reply to a picture", alice, text("nice", { ...quoting(bob, ""), quotedMessage: { imageMessage: media() } })),
  group(
    "reply to a poll",
    alice,
    text("the pub", {
      ...quoting(bob, ""),
      quotedMessage: { pollCreationMessageV3: { name: "Where to?", options: [{ optionName: "Pub" }] } },
    }),
  ),

  dm("forward", alice, text("the printer burns", { isForwarded: true, forwardingScore: 1 })),
  dm("forwarded picture", alice, { imageMessage: media({ caption: "look", contextInfo: { forwardingScore: 127 } }) }),
  group(
    "forwarded command that mentions the bot",
    alice,
    text("@900000001 /stop", { isForwarded: true, mentionedJid: [bot.lid] }),
  ),
  group(
    "reply to a forward",
    alice,
    text("is that so?", {
      ...quoting(bob, ""),
      quotedMessage: { extendedTextMessage: { text: "it burns", contextInfo: { isForwarded: true } } },
    }),
  ),

  dm("picture", alice, { imageMessage: picture, messageContextInfo: secret }),
  dm("picture without words", alice, { imageMessage: media() }),
  dm("picture shown once", alice, { viewOnceMessageV2: { message: { imageMessage: media({ viewOnce: true }) } } }),
  dm("picture shown once, on the phone alone", alice, null, { isViewOnce: true }),
  dm("film", alice, { videoMessage: media({ mimetype: "video/mp4", caption: "watch", seconds: 3 }) }),
  dm("film as a loop", alice, { videoMessage: media({ mimetype: "video/mp4", gifPlayback: true }) }),
  dm("round film", alice, { ptvMessage: media({ mimetype: "video/mp4" }) }),
  dm("voice note", alice, { audioMessage: media({ mimetype: "audio/ogg; codecs=opus", ptt: true, seconds: 4 }) }),
  dm("music", alice, { audioMessage: media({ mimetype: "audio/mpeg" }) }),
  dm("document", alice, {
    documentMessage: media({ mimetype: "application/pdf", fileName: "plan.pdf", title: "plan" }),
  }),
  dm("document with words", alice, {
    documentWithCaptionMessage: {
      message: { documentMessage: media({ mimetype: "text/csv", fileName: "a.csv", caption: "sum it up" }) },
    },
  }),
  dm("picture as a document", alice, { documentMessage: media({ mimetype: "image/png", fileName: "cat.png" }) }),
  dm("large film", alice, { videoMessage: media({ mimetype: "video/mp4", fileLength: 30_000_000 }) }),
  dm("sticker", alice, { stickerMessage: media({ mimetype: "image/webp", isAnimated: false }) }),
  dm("moving sticker", alice, {
    lottieStickerMessage: { message: { stickerMessage: media({ mimetype: "application/was" }) } },
  }),
  dm("picture without an address", alice, { imageMessage: { caption: "hm", mimetype: "image/jpeg" } }),
  dm("first of an album", alice, { imageMessage: picture, messageContextInfo: association(1, "3AALBUM") }),
  dm("second of an album", alice, { imageMessage: media(), messageContextInfo: association(1, "3AALBUM") }),

  dm("location", alice, { locationMessage: { degreesLatitude: 52.52, degreesLongitude: 13.4 } }),
  dm("venue", alice, {
    locationMessage: { degreesLatitude: 52.52, degreesLongitude: 13.4, name: "Café", address: "Main St 1\nBerlin" },
  }),
  dm("live location", alice, {
    liveLocationMessage: { degreesLatitude: 52.52, degreesLongitude: 13.4, caption: "on my way" },
  }),
  dm("contact", alice, { contactMessage: { displayName: "Eve", vcard: card } }),
  dm("contacts", alice, {
    contactsArrayMessage: { displayName: "2 contacts", contacts: [{ vcard: card }, { displayName: "Mallory" }] },
  }),
  group("poll", alice, {
    pollCreationMessageV3: { name: "Where to?", options: [{ optionName: "Park" }, { optionName: "Pub" }] },
  }),
  group("event", alice, {
    eventMessage: { name: "Dinner", startTime: 1_760_086_400, location: { name: "Café" }, description: "Bring wine" },
  }),
  dm("invitation to a group", alice, {
    groupInviteMessage: { groupName: "Hikers", groupJid: team, caption: "Join us" },
  }),
  dm("button that was pressed", alice, {
    buttonsResponseMessage: { selectedButtonId: "1", selectedDisplayText: "Yes", contextInfo: quoting(ofBot, "Sure?") },
  }),

  group("the bot's own message", ofBot, { conversation: "I said that" }, { fromMe: true }),
  group("reaction", alice, { reactionMessage: { key: { remoteJid: team, id: "3A1" }, text: "👍" } }),
  group("vote", alice, { pollUpdateMessage: { pollCreationMessageKey: { id: "3A1" }, vote: {} } }),
  group("pin", alice, { pinInChatMessage: { key: { id: "3A1" }, type: 1 } }),
  group("keep", alice, { keepInChatMessage: { key: { id: "3A1" }, keepType: 1 } }),
  group("keys alone", alice, { senderKeyDistributionMessage: { groupId: team } }),
  group("call", alice, { callLogMesssage: { isVideo: false } }),
  dm("timer of disappearing messages", alice, { protocolMessage: { type: 3, ephemeralExpiration: 86_400 } }),
  dm("what could not be decrypted", alice, null),
  dm("album", alice, { albumMessage: { expectedImageCount: 2 }, messageContextInfo: secret }),
  dm("picture once more in better quality", alice, {
    associatedChildMessage: { message: { imageMessage: media() } },
    messageContextInfo: association(10, "3A1"),
  }),
  dm("sealed edit", alice, { secretEncryptedMessage: { targetMessageKey: { id: "3A1" }, secretEncType: 2 } }),
  dm("status", alice, { conversation: "on holiday" }, { remoteJid: "status@broadcast", participant: alice.lid }),
  dm(
    "broadcast list",
    alice,
    { conversation: "to all" },
    { remoteJid: "1760000000@broadcast", participant: alice.lid },
  ),
  dm("channel", alice, { conversation: "news" }, { remoteJid: "120363000000000009@newsletter" }),
  dm("nothing but white space", alice, { conversation: " \n " }),
];

/** @throws Error if there is no such fixture */
export function whatsappFixture(name: string): WhatsAppFixture {
  const found = whatsappFixtures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fixture "${name}"`);
  return found;
}

/** What is read from a fixture; null for what is never answered. */
export function readFixture({ wire, scene }: WhatsAppFixture): Reading {
  return readMessage(wire, scene);
}

/** Every fixture that is a message to the gateway. */
export function whatsappRecords(): InboundMessage[] {
  return whatsappFixtures.map(readFixture).flatMap((reading) => (reading?.kind === "message" ? [reading.message] : []));
}
