import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { decodeAttachmentRef, encodeAttachmentRef } from "../../../adapters/whatsapp/attachments.ts";
import { normalize } from "../../../adapters/whatsapp/normalize.ts";
import type { WireContent } from "../../../adapters/whatsapp/payload.ts";
import {
  alice,
  bob,
  bot,
  inGroup,
  privately,
  team,
  text,
  waScene,
  whatsappFixture,
} from "../../fakes/whatsapp/fixtures.ts";

function read(name: string): InboundMessage {
  const { wire, scene } = whatsappFixture(name);
  const message = normalize(wire, scene);
  if (message === null) throw new Error(`"${name}" is no message`);
  return message;
}

const scene = waScene();
const said = (message: object) => normalize(privately(alice, message as WireContent), scene)?.text;

describe("text", () => {
  it.each([
    ["text with a preview", "see https://example.org"],
    ["text that disappears", "gone tomorrow"],
    ["mention", "what do you think, @Parley?"],
    ["mention by phone number", "hello"],
    ["mention that begins the text", "hello"],
    ["mention of others as well", "ask @Bob"],
    ["mention alone", "@Parley"],
    ["mention of somebody else", "@Bob hello"],
    ["mention by phone number of somebody else", "ask @Bob"],
    ["number that nobody is mentioned by", "@900000001 is a number, jane@acme.com is not"],
    ["command behind a mention", "/stop"],
    ["picture without words", ""],
    ["document with words", "sum it up"],
    ["location", "[location] 52.52, 13.4"],
    ["venue", "[venue] Café, Main St 1 Berlin (52.52, 13.4)"],
    ["live location", "[live location] 52.52, 13.4\non my way"],
    ["contact", "[contact] Eve, +49 170 0000005"],
    ["contacts", "[contact] Eve, +49 170 0000005\n[contact] Mallory"],
    ["poll", "[poll] Where to?\n- Park\n- Pub"],
    ["event", "[event] Dinner, 2025-10-10 08:53 UTC, Café\nBring wine"],
    ["invitation to a group", "[group invitation] Hikers\nJoin us"],
    ["button that was pressed", "Yes"],
  ])("%s", (name, words) => {
    expect(read(name).text).toBe(words);
  });

  it("a name that looks like a mention is put in once and not read again", () => {
    const names: Record<string, string> = { [alice.lid]: "@100000000000002 $&", [bob.lid]: "$1" };
    const wire = inGroup(alice, text("@100000000000001 @100000000000002", { mentionedJid: [alice.lid, bob.lid] }));
    expect(normalize(wire, waScene({ nameOf: (id) => names[id] }))?.text).toBe("@@100000000000002 $& @$1");
  });

  it("who is not known stays a number, and a longer number is somebody else's", () => {
    const wire = inGroup(alice, text("@77 @777 @1000000000000020", { mentionedJid: ["77@lid", bob.lid] }));
    expect(normalize(wire, scene)?.text).toBe("@77 @777 @1000000000000020");
  });

  it("a poll of many answers is cut, and what is no answer left out", () => {
    const options = Array.from({ length: 50 }, (_, at) =>
      at === 1 ? null : { optionName: at === 2 ? 7 : `no ${at}` },
    );
    const words = said({ pollCreationMessage: { name: "?", options } })?.split("\n");
    expect(words).toHaveLength(19);
    expect(words?.slice(0, 3)).toEqual(["[poll] ?", "- no 0", "- no 3"]);
  });

  it.each([
    ["a number as text", { conversation: 7 }, undefined],
    ["an empty text before a caption", { conversation: "", imageMessage: { caption: "look" } }, "look"],
    ["a location without a place", { locationMessage: { degreesLatitude: "52" } }, "[location]"],
    ["a contact without anything", { contactMessage: { vcard: 7 } }, undefined],
    ["an event at no time", { eventMessage: { name: "Dinner", startTime: 1e300 } }, "[event] Dinner"],
    ["a name over several lines", { eventMessage: { name: "a\n[contact] b" } }, "[event] a [contact] b"],
  ])("%s", (_, message, words) => {
    expect(said(message)).toBe(words);
  });
});

describe("replies", () => {
  const messageId = "3EB0C431C26A1916E07A";

  it.each([
    ["reply to the bot", { userId: bot.lid, userName: "Parley", text: "*Friday* is quieter.", fromSelf: true }],
    ["reply to the bot by phone number", { userId: bot.lid, userName: "Parley", text: "Because.", fromSelf: true }],
    ["reply to a person", { userId: bob.lid, userName: "Bob", text: "Shall we ship on Friday?", fromSelf: false }],
    ["reply to a person by phone number", { userId: bob.lid, userName: "Bob", text: "Friday?", fromSelf: false }],
    ["reply to somebody from a device", { userId: bob.lid, userName: "Bob", text: "?", fromSelf: false }],
    ["reply with a picture", { userId: bot.lid, userName: "Parley", text: "Show me.", fromSelf: true }],
    ["reply to a picture", { userId: bob.lid, userName: "Bob", fromSelf: false }],
    ["reply to a poll", { userId: bob.lid, userName: "Bob", text: "[poll] Where to?\n- Pub", fromSelf: false }],
  ])("%s", (name, reply) => {
    expect(read(name).replyTo).toEqual({ messageId, claimed: true, ...reply });
  });

  it("to a message of another chat never pass for one of this", () => {
    expect(read("reply to a message of a group").replyTo?.messageId).toBe(`${team}/${messageId}`);
    expect(read("reply to a status").replyTo?.messageId).toBe(`status@broadcast/${messageId}`);
    const same = { stanzaId: messageId, participant: bot.lid, remoteJid: alice.phone };
    expect(normalize(privately(alice, text("x", same)), scene)?.replyTo?.messageId).toBe(messageId);
  });

  it("to a long original quote it in part", () => {
    const context = {
      stanzaId: "1",
      participant: bob.lid,
      quotedMessage: { conversation: `${"x".repeat(998)}${"😀".repeat(500_000)}` },
    };
    expect(normalize(inGroup(alice, text("?", context)), scene)?.replyTo?.text).toBe(`${"x".repeat(998)}…`);
  });

  it.each([
    ["no id", { participant: bob.lid, quotedMessage: { conversation: "x" } }, undefined],
    ["nobody's", { stanzaId: "1", participant: "x" }, { messageId: "1", fromSelf: false, claimed: true }],
    ["a group's", { stanzaId: "1", participant: team }, { messageId: "1", fromSelf: false, claimed: true }],
    ["of nothing", { stanzaId: "1", quotedMessage: "x" }, { messageId: "1", fromSelf: false, claimed: true }],
  ])("%s", (_, context, reply) => {
    expect(normalize(inGroup(alice, text("?", context)), scene)?.replyTo).toEqual(reply);
  });
});

describe("attachments", () => {
  it("a picture, with what it takes to get it", () => {
    const { attachments } = read("picture");
    expect(attachments).toEqual([{ kind: "image", ref: expect.any(String), mimeType: "image/jpeg", bytes: 2_000 }]);
    expect(decodeAttachmentRef(attachments[0]?.ref ?? "")).toEqual({
      kind: "image",
      directPath: expect.stringMatching(/^\/v\/t62/),
      url: expect.stringMatching(/^https:\/\/mmg\.whatsapp\.net\//),
      mediaKey: Buffer.alloc(32, 1).toString("base64"),
      fileLength: 2_000,
      sha256: Buffer.alloc(32, 2).toString("base64"),
    });
  });

  it.each([
    ["film", "video", "video/mp4", undefined],
    ["film as a loop", "video", "video/mp4", undefined],
    ["round film", "video", "video/mp4", undefined],
    ["voice note", "audio", "audio/ogg", undefined],
    ["music", "audio", "audio/mpeg", undefined],
    ["document", "document", "application/pdf", "plan.pdf"],
    ["document with words", "document", "text/csv", "a.csv"],
    ["picture as a document", "image", "image/png", "cat.png"],
    ["sticker", "sticker", "image/webp", undefined],
    ["moving sticker", "sticker", "application/was", undefined],
  ])("%s", (name, kind, mimeType, fileName) => {
    const [attachment, ...others] = read(name).attachments;
    expect(others).toEqual([]);
    expect([attachment?.kind, attachment?.mimeType, attachment?.name]).toEqual([kind, mimeType, fileName]);
  });

  it("a picture sent as a document is encrypted as a document", () => {
    expect(decodeAttachmentRef(read("picture as a document").attachments[0]?.ref ?? "")?.kind).toBe("document");
  });

  it("what is too large cannot be had, and the limit is the operator's", () => {
    expect(read("large film").attachments[0]?.unavailable).toBe("over 25 MB");
    const { wire } = whatsappFixture("large film");
    expect(normalize(wire, scene, 30 * 1024 * 1024)?.attachments[0]?.unavailable).toBeUndefined();
  });

  it("what is shown once is hidden, and what came to the phone alone is named", () => {
    expect(read("picture shown once").attachments).toMatchObject([{ kind: "image", spoiler: true }]);
    const [missing] = read("picture shown once, on the phone alone").attachments;
    expect(missing).toMatchObject({ kind: "other", unavailable: "shown once, and on the phone alone" });
  });

  it("parts of an album carry its id", () => {
    expect(["first", "second"].map((part) => read(`${part} of an album`).albumId)).toEqual(["3AALBUM", "3AALBUM"]);
    expect(read("picture").albumId).toBeUndefined();
  });

  it.each([
    ["without a key", { directPath: "/v/1" }],
    ["with a short key", { directPath: "/v/1", mediaKey: new Uint8Array(31) }],
    ["with a text as its key", { directPath: "/v/1", mediaKey: "x".repeat(32) }],
    ["without an address", { mediaKey: new Uint8Array(32) }],
    ["with a number as its address", { mediaKey: new Uint8Array(32), directPath: 7 }],
  ])("%s cannot be had", (_, imageMessage) => {
    const message = { imageMessage } as unknown as WireContent;
    const [attachment] = normalize(privately(alice, message), scene)?.attachments ?? [];
    expect(attachment).toEqual({ kind: "image", ref: "", mimeType: "image/jpeg", unavailable: expect.any(String) });
  });

  const ref = { kind: "audio" as const, directPath: "/v/1", mediaKey: Buffer.alloc(32).toString("base64") };

  it("references come back as they were", () => {
    expect(decodeAttachmentRef(encodeAttachmentRef(ref))).toEqual(ref);
    const full = { ...ref, url: "https://mmg.whatsapp.net/v/1", fileLength: 7, sha256: ref.mediaKey };
    expect(decodeAttachmentRef(encodeAttachmentRef(full))).toEqual(full);
  });

  it.each([
    "",
    "null",
    "[]",
    "7",
    "{}",
    JSON.stringify({ ...ref, kind: "toString" }),
    JSON.stringify({ ...ref, mediaKey: "AAAA" }),
    JSON.stringify({ ...ref, directPath: undefined }),
    JSON.stringify({ ...ref, directPath: 7 }),
  ])("%j is no reference to one", (text) => {
    expect(decodeAttachmentRef(text)).toBeNull();
  });
});
