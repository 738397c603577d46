import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { jidsIn, normalize, readMessage } from "../../../adapters/whatsapp/normalize.ts";
import type { WireContent, WireMessage } from "../../../adapters/whatsapp/payload.ts";
import {
  alice,
  bob,
  bot,
  edit,
  inGroup,
  picture,
  privately,
  readFixture,
  revoke,
  SENT,
  team,
  text,
  waScene,
  whatsappFixture,
  whatsappFixtures,
  whatsappRecords,
} from "../../fakes/whatsapp/fixtures.ts";

function read(name: string): InboundMessage {
  const reading = readFixture(whatsappFixture(name));
  if (reading?.kind !== "message") throw new Error(`"${name}" is no message`);
  return reading.message;
}

const scene = waScene();

describe("what the gateway never answers", () => {
  it.each([
    "the bot's own message",
    "reaction",
    "vote",
    "pin",
    "keep",
    "keys alone",
    "call",
    "timer of disappearing messages",
    "what could not be decrypted",
    "album",
    "picture once more in better quality",
    "sealed edit",
    "status",
    "broadcast list",
    "channel",
    "nothing but white space",
  ])("%s", (name) => {
    expect(readFixture(whatsappFixture(name))).toBeNull();
  });
});

describe("whom a message is for", () => {
  it.each([
    ["text in a DM", true],
    ["text in a group", false],
    ["mention", true],
    ["mention by phone number", true],
    ["mention of others as well", true],
    ["mention alone", true],
    ["mention of somebody else", false],
    ["number that nobody is mentioned by", false],
    ["everybody", false],
    ["another group", false],
    ["command in a group", false],
    ["command behind a mention", true],
    ["reply to the bot", true],
    ["reply to the bot by phone number", true],
    ["reply to a person", false],
    ["poll", false],
  ])("%s: addressed %s", (name, addressed) => {
    expect(read(name).addressed).toBe(addressed);
  });

  it.each([
    ["with a device", ["900000001:3@lid"], true],
    ["somebody whose number begins like the bot's", ["9000000010@lid"], false],
    ["a person with the bot's number as LID", ["15550001111@lid"], false],
    ["what is no list", "900000001@lid", false],
    ["what is no JID", [7, null, {}, "900000001"], false],
  ])("mention of %s: addressed %s", (_, mentionedJid, addressed) => {
    const wire = inGroup(alice, text("hi", { mentionedJid }));
    expect(normalize(wire, scene)?.addressed).toBe(addressed);
  });

  it("a bot that knows one of its names alone is addressed by that", () => {
    const wire = inGroup(alice, text("@900000001 hi", { mentionedJid: [bot.lid] }));
    expect(normalize(wire, waScene({ bot: { lid: bot.lid } }))).toMatchObject({ addressed: true, text: "hi" });
    expect(normalize(wire, waScene({ bot: { phone: bot.phone } }))).toMatchObject({ addressed: false });
    expect(normalize(wire, waScene({ bot: {} }))).toMatchObject({ addressed: false, text: "@Parley hi" });
  });
});

describe("what is only passed on", () => {
  it.each(["forward", "forwarded picture"])("%s: marked, and nobody is told who wrote it", (name) => {
    expect(read(name)).toMatchObject({ forwarded: {}, addressed: true });
  });

  it("neither commands nor calls the bot", () => {
    const { command, addressed, forwarded } = read("forwarded command that mentions the bot");
    expect([command, addressed, forwarded]).toEqual([undefined, false, {}]);
    expect(read("command behind a mention").forwarded).toBeUndefined();
  });

  it("is quoted as nobody's words in particular", () => {
    const { userId, userName, text } = read("reply to a forward").replyTo ?? {};
    expect([userId, userName, text]).toEqual([undefined, undefined, "it burns"]);
  });
});

describe("commands", () => {
  it.each([
    ["command in a DM", { name: "strategy", args: "per-user --fresh" }],
    ["command behind a mention", { name: "stop", args: "" }],
    ["command behind somebody's mention", undefined],
    ["command in a group", { name: "stop", args: "" }],
    ["command about somebody", { name: "allow", args: "@Bob" }],
    ["command in a caption", { name: "describe", args: "it well" }],
    ["command for another bot", undefined],
    ["slash in mid-text", undefined],
    ["a path", undefined],
  ])("%s", (name, command) => {
    expect(read(name).command).toEqual(command);
  });
});

describe("places and people", () => {
  const aliases = [alice.phone, "491700000001", "+491700000001"];

  it.each(["text in a DM", "from a second device", "by phone number", "by phone number, on a device"])(
    "%s: one person, one chat",
    (name) => {
      const { chat, user } = read(name).source;
      expect(user).toEqual({ id: alice.lid, name: "Alice", aliases, isBot: false });
      expect(chat).toEqual({ id: alice.lid, kind: "dm", name: "Alice" });
    },
  );

  it.each(["text in a group", "text in a group by phone number", "text in a group from a second device"])(
    "%s: one person, one chat",
    (name) => {
      const { chat, user } = read(name).source;
      expect(user).toMatchObject({ id: bob.lid, name: "Bob" });
      expect(chat).toEqual({ id: team, kind: "group", name: "Team" });
    },
  );

  it.each([
    ["by LID alone", { id: "100000000000003@lid", name: "Carol", isBot: false }],
    [
      "by phone number alone",
      { id: "491700000004@s.whatsapp.net", name: "Dave", aliases: ["491700000004", "+491700000004"], isBot: false },
    ],
    ["somebody unknown", { id: "100000000000099@lid", name: "somebody", isBot: false }],
    ["somebody unknown with a number", { id: "491700000099@s.whatsapp.net", name: "+491700000099", isBot: false }],
    ["an assistant", { id: "13135550002@s.whatsapp.net", name: "Meta AI", isBot: true }],
  ])("%s", (name, user) => {
    expect(read(name).source.user).toEqual(user);
  });

  it("a name seen before stands in for one that is missing, and a long one is cut", () => {
    const wire = privately(alice, { conversation: "hi" });
    expect(normalize({ ...wire, pushName: " " }, scene)?.source.user.name).toBe("Alice");
    expect(normalize({ ...wire, pushName: "😀".repeat(1_000) }, scene)?.source.user.name).toBe("😀".repeat(128));
  });

  it("everybody whose forms matter is told before a message is read, without devices", () => {
    const context = { mentionedJid: ["100000000000002:4@lid", "x"], participant: bot.phone, stanzaId: "1" };
    const wire = inGroup(alice, text("hi", context), { participant: "100000000000001:2@lid" });
    expect(jidsIn(wire)).toEqual([alice.lid, alice.phone, bot.phone, bob.lid]);
    expect(jidsIn(privately(alice, revoke("1", { participant: bob.phone })))).toEqual([
      alice.lid,
      alice.phone,
      bob.phone,
    ]);
    expect(jidsIn(privately(alice, edit("1", text("x", { mentionedJid: [bob.lid] }))))).toContain(bob.lid);
  });
});

describe("times", () => {
  it.each([
    ["a number", 1_760_000_000, SENT],
    ["a number in halves", { low: 1_760_000_000, high: 0, unsigned: true }, SENT],
    ["missing", undefined, SENT + 500],
    ["no number", Number.NaN, SENT + 500],
    ["a text", "1760000000", SENT + 500],
    ["absurd", 1e300, SENT + 500],
  ])("%s", (_, messageTimestamp, time) => {
    const wire = { ...privately(alice, { conversation: "hi" }), messageTimestamp } as WireMessage;
    expect(normalize(wire, scene)?.source.sentAt).toBe(time);
  });
});

describe("edits", () => {
  it.each([
    ["as they are", edit("3A7", { conversation: "/hello there" })],
    ["in wrappers", { editedMessage: { message: edit("3A7", { conversation: "/hello there" }) } }],
    ["with disappearing words", edit("3A7", { ephemeralMessage: { message: text("/hello there") } })],
    ["by an author who names themselves", edit("3A7", text("/hello there"), { participant: alice.phone })],
  ])("%s: the message says something else", (_, message) => {
    expect(readMessage(inGroup(alice, message), scene)).toEqual({
      kind: "edit",
      message: expect.objectContaining({
        text: "/hello there",
        edited: true,
        source: expect.objectContaining({ messageId: "3A7", user: expect.objectContaining({ id: alice.lid }) }),
      }),
    });
  });

  it("of what somebody else wrote change nothing", () => {
    const wire = inGroup(alice, edit("3A7", { conversation: "x" }, { participant: bob.lid }));
    expect(readMessage(wire, scene)).toBeNull();
  });

  it("of a caption keep the picture, the album and the reply", () => {
    const original: WireContent = {
      imageMessage: { ...picture, contextInfo: { stanzaId: "3EB0", participant: bot.lid } },
      messageContextInfo: { messageAssociation: { associationType: 1, parentMessageKey: { id: "3AALBUM" } } },
    };
    const wire = inGroup(alice, edit("3A7", { imageMessage: { caption: "see" } }));
    expect(readMessage(wire, waScene({ original }))).toMatchObject({
      kind: "edit",
      message: {
        text: "see",
        attachments: [{ kind: "image", mimeType: "image/jpeg", ref: expect.stringContaining("mediaKey") }],
        albumId: "3AALBUM",
        addressed: true,
        replyTo: { messageId: "3EB0", fromSelf: true },
      },
    });
  });

  it("are no messages", () => {
    expect(normalize(privately(alice, edit("3A7", { conversation: "x" })), scene)).toBeNull();
  });
});

describe("deletions", () => {
  it.each([
    ["by its author", revoke("3A7"), true],
    ["by an author who names themselves", revoke("3A7", { participant: alice.lid }), true],
    ["by an author under another form", revoke("3A7", { participant: "491700000001:2@s.whatsapp.net" }), true],
    ["by an admin", revoke("3A7", { fromMe: false, participant: bob.lid }), false],
    ["of who knows whom", revoke("3A7", { participant: "x" }), false],
  ])("%s", (_, message, byAuthor) => {
    const deletion = { kind: "deletion", chatId: team, messageId: "3A7", by: alice.lid, byAuthor };
    expect(readMessage(inGroup(alice, message), scene)).toEqual(deletion);
  });

  it("in a DM are the person's, in the chat under their id", () => {
    const deletion = { kind: "deletion", chatId: alice.lid, messageId: "3A7", by: alice.lid, byAuthor: true };
    expect(readMessage(privately(alice, revoke("3A7"), { remoteJid: alice.phone }), scene)).toEqual(deletion);
  });

  it("that say no type are none", () => {
    for (const type of [undefined, null, "REVOKE", "0"]) {
      const message = { protocolMessage: { key: { id: "3A7" }, type } } as unknown as WireContent;
      expect(readMessage(inGroup(alice, message), scene)).toBeNull();
    }
  });
});

describe("payloads that are not what clients send", () => {
  const secret = { conversation: "secret words" };

  it.each([
    ["no key", { ...privately(alice, secret), key: undefined }],
    ["no id", privately(alice, secret, { id: undefined })],
    ["an id that is a number", privately(alice, secret, { id: 7 as unknown as string })],
    ["an endless id", privately(alice, secret, { id: "3".repeat(1_000) })],
    ["no chat", privately(alice, secret, { remoteJid: null })],
    ["a chat that is none", privately(alice, secret, { remoteJid: "secret words" })],
    ["no sender", inGroup(alice, secret, { participant: undefined })],
    ["a group as its sender", inGroup(alice, secret, { participant: team })],
    ["a change of nothing", privately(alice, { ...secret, protocolMessage: { type: 0 } })],
  ])("%s: refused, without repeating what is inside", (_, wire) => {
    expect(() => readMessage(wire as WireMessage, scene)).toThrow(
      expect.objectContaining({ code: "whatsapp-payload" }),
    );
    expect(() => readMessage(wire as WireMessage, scene)).not.toThrow(/secret/);
  });

  it("wrappers within wrappers are opened, and no deeper than clients nest them", () => {
    const wrapped = (depth: number) => {
      let message: WireContent = { conversation: "hi" };
      for (let at = 0; at < depth; at++) message = { ephemeralMessage: { message } };
      return normalize(privately(alice, message), scene);
    };
    expect(wrapped(8)?.text).toBe("hi");
    expect(wrapped(9)).toBeNull();
    expect(wrapped(100_000)).toBeNull();
  });

  it("a wrapper around itself ends", () => {
    const message: WireContent = {};
    message.editedMessage = { message };
    expect(normalize(privately(alice, message), scene)).toBeNull();
    expect(jidsIn(privately(alice, message))).toEqual([alice.lid, alice.phone]);
  });

  it("megabytes of text are cut to what WhatsApp takes", () => {
    const found = normalize(
      privately(alice, { conversation: `${"x".repeat(65_535)}${"😀".repeat(1_000_000)}` }),
      scene,
    );
    expect(found?.text).toBe("x".repeat(65_535));
  });

  it("megabytes of mentions are read in no time, and few are looked up", () => {
    const mentionedJid = Array.from({ length: 10_000 }, (_, at) => `${at + 1}@lid`);
    const words = mentionedJid.map((jid) => `@${jid.slice(0, -4)}`).join(" ");
    const wire = inGroup(alice, text(words, { mentionedJid }));
    expect(normalize(wire, scene)).toMatchObject({ addressed: false });
    expect(jidsIn(wire).length).toBeLessThan(200);
  });

  it("names that every object has are no fields and nobody's names", () => {
    const message = JSON.parse('{"__proto__":{"conversation":"x"},"constructor":{"contextInfo":{}},"toString":{}}');
    expect(normalize(privately(alice, message), scene)).toBeNull();
  });

  it("whatever stands in the fields, it is read, dropped or refused", () => {
    const strange = fc.anything({ maxDepth: 3, withBigInt: true, withNullPrototype: true, withTypedArray: true });
    const field = fc.constantFrom(
      ...whatsappFixtures.flatMap(({ wire }) => Object.keys(wire.message ?? {})),
      "messageContextInfo",
      "protocolMessage",
    );
    const context = fc.record({
      mentionedJid: strange,
      stanzaId: strange,
      participant: strange,
      quotedMessage: strange,
    });
    const part = fc.oneof(
      strange,
      fc.record({ message: strange, contextInfo: context, key: strange, type: fc.constantFrom(0, 14) }),
    );
    const property = fc.property(fc.dictionary(field, part), strange, strange, (message, key, pushName) => {
      const wires = [
        privately(alice, message),
        { ...inGroup(bob, message), pushName },
        { key, message },
      ] as WireMessage[];
      for (const wire of wires) {
        try {
          const reading = readMessage(wire, scene);
          if (reading?.kind === "message") expect(typeof reading.message.text).toBe("string");
        } catch (error) {
          expect(error).toMatchObject({ code: "whatsapp-payload" });
        }
        jidsIn(wire);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("every fixture", () => {
  it("has a name and a message id of its own", () => {
    expect(new Set(whatsappFixtures.map(({ name }) => name)).size).toBe(whatsappFixtures.length);
    const records = whatsappRecords();
    expect(new Set(records.map(({ source }) => source.messageId)).size).toBe(records.length);
  });
});
