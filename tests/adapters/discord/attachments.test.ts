import { describe, expect, it } from "vitest";
import { encodeAttachmentRef } from "../../../adapters/discord/attachments.ts";
import { never, Stage } from "./gateway.ts";

async function staged() {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const general = discord.guild("Team").text("general");
  const adapter = await stage.started();
  const bytes = new Uint8Array([137, 80, 78, 71]);
  const posted = general.post(discord.user("Alice"), "look", {
    attachments: [{ name: "cat.png", mimeType: "image/png", bytes }],
  });
  const [attachment] = (await gateway.said("look")).attachments;
  if (attachment === undefined || adapter.fetchAttachment === undefined) throw new Error("no attachment");
  const get = adapter.fetchAttachment.bind(adapter);
  const at = { channelId: general.id, messageId: posted.id, id: posted.attachments[0]?.id ?? "" };
  const origin = new URL(discord.apiRoot).origin;
  return { discord, general, posted, attachment, get, bytes, at, origin };
}

describe("an attachment", () => {
  it("is fetched", async () => {
    const { attachment, get, bytes } = await staged();
    expect(attachment).toMatchObject({ kind: "image", name: "cat.png" });
    const file = await get(attachment, 1_000, never);
    expect(file.mimeType).toBe("image/png");
    expect(new Uint8Array(file.bytes)).toEqual(bytes);
  });

  it("is given up beyond the limit", async () => {
    const { attachment, get } = await staged();
    await expect(get(attachment, 3, never)).rejects.toMatchObject({ name: "SendError", code: "refused" });
  });

  it("whose address has expired is looked up in its message", async () => {
    const { attachment, get, bytes, at, origin } = await staged();
    const expired = { ...attachment, ref: encodeAttachmentRef({ ...at, url: `${origin}/expired.png` }) };
    expect(new Uint8Array((await get(expired, 1_000, never)).bytes)).toEqual(bytes);
  });

  it("whose message is gone as well is refused", async () => {
    const { attachment, get, at, origin, general, posted } = await staged();
    general.delete(posted);
    const expired = { ...attachment, ref: encodeAttachmentRef({ ...at, url: `${origin}/expired.png` }) };
    await expect(get(expired, 1_000, never)).rejects.toMatchObject({ code: "refused" });
    const ownerless = { channelId: at.channelId, id: at.id, url: `${origin}/expired.png` };
    await expect(get({ ...attachment, ref: encodeAttachmentRef(ownerless) }, 1_000, never)).rejects.toMatchObject({
      code: "refused",
    });
  });

  it("whose message a platform knows no way to look up is refused", async () => {
    const { discord, attachment, get, at, origin } = await staged();
    discord.fail("GET /channels/:channel/messages/:message", { status: 404 });
    const expired = { ...attachment, ref: encodeAttachmentRef({ ...at, url: `${origin}/expired.png` }) };
    await expect(get(expired, 1_000, never)).rejects.toMatchObject({ code: "refused" });
  });

  it.each([
    "http://127.0.0.1:1/file",
    "http://cdn.discordapp.com/file",
    "https://cdn.discordapp.com.example.org/file",
    "https://user@example.org/cdn.discordapp.com",
    "file:///etc/passwd",
    "nonsense",
  ])("at %s is not asked for", async (url) => {
    const { attachment, get, at } = await staged();
    const elsewhere = { ...attachment, ref: encodeAttachmentRef({ ...at, url }) };
    await expect(get(elsewhere, 1_000, never)).rejects.toMatchObject({ code: "refused", message: /not at an address/ });
  });

  it("with a reference of no kind known is refused", async () => {
    const { attachment, get } = await staged();
    await expect(get({ ...attachment, ref: "x" }, 1_000, never)).rejects.toMatchObject({ code: "refused" });
  });

  it("that is called off is a failure that may pass", async () => {
    const { attachment, get } = await staged();
    await expect(get(attachment, 1_000, AbortSignal.abort())).rejects.toMatchObject({ code: "temporary" });
  });
});
