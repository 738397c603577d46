import { describe, expect, it } from "vitest";
import { decodeAttachmentRef } from "../../../adapters/discord/attachments.ts";
import { normalize } from "../../../adapters/discord/normalize.ts";
import { readMessage } from "../../../adapters/discord/payload.ts";
import { discordFixture } from "../../fakes/discord/fixtures.ts";
import { minimal, read, scene } from "./reading.ts";

describe("attachments", () => {
  it("a picture, with what it takes to get it again once its address has expired", () => {
    const { attachments, source } = read("picture");
    expect(attachments).toEqual([
      { kind: "image", ref: expect.any(String), name: "cat.png", mimeType: "image/png", bytes: 2_000 },
    ]);
    expect(decodeAttachmentRef(attachments[0]?.ref ?? "")).toEqual({
      channelId: "400000000000000001",
      messageId: source.messageId,
      id: expect.stringMatching(/^\d+$/),
      url: expect.stringMatching(/^https:\/\/cdn\.discordapp\.com\/attachments\/.*cat\.png\?ex=/),
    });
  });

  it("a forward is marked as one; nobody is told who wrote it, and it gives no command", () => {
    const { forwarded, command, replyTo } = read("forward");
    expect([forwarded, command, replyTo]).toEqual([{}, undefined, undefined]);
    expect(read("text in a DM").forwarded).toBeUndefined();
  });

  it("what was forwarded is quoted as nobody's words in particular", () => {
    const original = { ...minimal, id: "7", content: "", message_snapshots: [{ message: { content: "it burns" } }] };
    const reference = { message_id: "7", channel_id: minimal.channel_id };
    const message = { ...minimal, type: 19, content: "?", message_reference: reference, referenced_message: original };
    expect(normalize(readMessage(message), scene)?.replyTo).toEqual({
      messageId: "7",
      text: "it burns",
      fromSelf: false,
    });
  });

  it("a forward brings its files along", () => {
    expect(read("forward").attachments.map(({ name }) => name)).toEqual(["cat.png"]);
  });

  it("kinds come from the content type, and what is too large cannot be had", () => {
    const found = read("files of many kinds").attachments.map(({ kind, name, mimeType, unavailable }) => [
      kind,
      name,
      mimeType,
      unavailable,
    ]);
    expect(found).toEqual([
      ["document", "notes.txt", "text/plain", undefined],
      ["audio", "voice-message.ogg", "audio/ogg", undefined],
      ["video", "film.mp4", "video/mp4", "over 25 MB"],
      ["document", "drawing.svg", "image/svg+xml", undefined],
      ["document", "unknown", undefined, undefined],
    ]);
  });

  it("the size limit is the operator's", () => {
    const { payload } = discordFixture("files of many kinds");
    const found = normalize(readMessage(payload), scene, 10 * 1024 * 1024)?.attachments;
    expect(found?.find(({ name }) => name === "film.mp4")?.unavailable).toBe("over 10 MB");
  });

  it("hidden ones are told by their flag or by their name", () => {
    const hidden = read("hidden pictures").attachments.map(({ name, spoiler }) => [name, spoiler]);
    expect(hidden).toEqual([
      ["end.png", true],
      ["twist.png", true],
    ]);
  });

  it.each(["", "1 2 3", "x 2 3 https://e.com", "1 x 3 https://e.com", "1 2 x https://e.com"])(
    "%j is no reference to one",
    (ref) => {
      expect(decodeAttachmentRef(ref)).toBeNull();
    },
  );
});
