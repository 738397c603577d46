import { describe, expect, it } from "vitest";
import type { SendError } from "../../../adapters/adapter.ts";
import { chunk, never, place, Stage } from "./gateway.ts";

const POST = "POST /channels/:channel/messages";
const PATCH = "PATCH /channels/:channel/messages/:message";

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  const texts = () => discord.sent.map(({ text }) => text);
  const count = (method: string) => discord.calls.filter((call) => call.method === method).length;
  return { ...stage, discord, team, general, adapter, alice: discord.user("Alice"), texts, count };
}

describe("sending", () => {
  it("a message quotes the one that it answers and notifies nobody", async () => {
    const { discord, general, adapter, alice } = await staged();
    const asked = general.post(alice, "hello?");
    const id = await adapter.send(chunk(general, `hi <@${alice.id}> @everyone`, { replyTo: asked.id }), never);
    const [sent] = discord.sent;
    expect(sent).toMatchObject({ replyTo: asked.id, message: { id } });
    const call = await discord.waitForCall(POST);
    expect(call.body.allowed_mentions).toEqual({ parse: [], replied_user: false });
  });

  it("a reply notifies whom it quotes where that is wanted", async () => {
    const { discord, general, adapter, alice } = await staged({ pingOnReply: true });
    const asked = general.post(alice, "hello?");
    await adapter.send(chunk(general, "hi", { replyTo: asked.id }), never);
    const call = await discord.waitForCall(POST);
    expect(call.body.allowed_mentions).toEqual({ parse: [], replied_user: true });
  });

  it("a message that is gone, or stands elsewhere, is answered without quoting it", async () => {
    const { discord, team, general, adapter, alice } = await staged();
    const gone = general.post(alice, "never mind");
    general.delete(gone);
    const elsewhere = team.text("other").post(alice, "hello?");
    await adapter.send(chunk(general, "one", { replyTo: gone.id }), never);
    await adapter.send(chunk(general, "two", { replyTo: elsewhere.id }), never);
    expect(discord.sent.map(({ text, replyTo }) => [text, replyTo])).toEqual([
      ["one", undefined],
      ["two", undefined],
    ]);
  });

  it("files stay behind where the bot may write but not attach", async () => {
    const { discord, team, general, adapter } = await staged();
    team.deny(general, "AttachFiles");
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "A" }];
    await adapter.send(chunk(general, "here", { files }), never);
    expect(discord.sent).toMatchObject([{ text: "here", files: [] }]);
  });

  it("the message that a thread was opened from is not quoted inside", async () => {
    const { discord, general, adapter, alice } = await staged();
    const asked = general.post(alice, "hello?");
    const thread = general.openThread(alice, "talk", { from: asked });
    await adapter.send(chunk(place(general.id, thread.id), "hi", { replyTo: asked.id }), never);
    expect(discord.sent).toMatchObject([{ channelId: thread.id, text: "hi", replyTo: undefined }]);
    expect((await discord.waitForCall(POST)).body).not.toHaveProperty("message_reference");
  });

  it("files go along", async () => {
    const { discord, general, adapter } = await staged();
    const files = [{ name: "table.csv", mimeType: "text/csv", text: "a,b\n1,ü\n" }];
    await adapter.send(chunk(general, "here", { files }), never);
    expect(discord.sent[0]).toMatchObject({ text: "here", files: [{ name: "table.csv", text: "a,b\n1,ü\n" }] });
  });

  it("typing is shown in the thread, and where it cannot be, nothing happens", async () => {
    const { discord, general, adapter, alice } = await staged();
    const thread = general.openThread(alice, "talk");
    await adapter.typing?.(place(general.id, thread.id));
    await adapter.typing?.(place("1"));
    await adapter.typing?.(place("nonsense"));
    await discord.waitForCall(`POST /channels/${thread.id}/typing`);
  });
});

describe("sending again", () => {
  it("what was taken, though the answer was lost, stands once", async () => {
    const { discord, general, adapter } = await staged();
    discord.fail(POST, { after: "lost" });
    const message = chunk(general, "hello");
    await expect(adapter.send(message, never)).rejects.toMatchObject({ code: "temporary", uncertain: false });
    const id = await adapter.send(message, never);
    expect(discord.visible(general).map((each) => each.id)).toEqual([id]);
  });

  it("what was a first draft then becomes the whole text, also after a crash", async () => {
    const { discord, general, adapter, texts } = await staged();
    const draft = chunk(general, "The answ");
    const id = await adapter.send(draft, never);
    expect(await adapter.send({ ...draft, text: "The answer." }, never)).toBe(id);
    expect(texts()).toEqual(["The answer."]);
    expect(discord.visible(general)).toHaveLength(1);
  });

  it("the same text with spaces around it is not edited", async () => {
    const { general, adapter, count } = await staged();
    await adapter.send(chunk(general, "  hello \n"), never);
    expect(count("PATCH")).toBe(0);
  });
});

describe("drafts", () => {
  it("are replaced in place", async () => {
    const { discord, general, adapter } = await staged();
    const first = chunk(general, "The");
    const id = await adapter.send(first, never);
    expect(await adapter.send({ ...first, text: "The answer", replaces: id }, never)).toBe(id);
    expect(await adapter.send({ ...first, text: "The answer.", replaces: id }, never)).toBe(id);
    expect(discord.sent).toMatchObject([{ text: "The answer.", edits: ["The answer", "The answer."] }]);
  });

  it("that are gone are sent anew, once", async () => {
    const { discord, general, adapter, texts } = await staged();
    const first = chunk(general, "The");
    const id = await adapter.send(first, never);
    const [message] = discord.visible(general);
    if (message !== undefined) general.delete(message);
    const final = { ...first, text: "The answer.", replaces: id };
    const again = await adapter.send(final, never);
    expect(again).not.toBe(id);
    expect(await adapter.send(final, never)).toBe(again);
    expect(texts()).toEqual(["The answer."]);
  });

  it.each([
    ["for no reason that is known", 404, 0],
    ["because its thread is archived", 400, 50083],
    ["for another reason", 403, 50001],
  ])("that Discord lets nobody edit (%s) are sent anew and taken away", async (_, status, code) => {
    const { discord, general, adapter, texts } = await staged();
    const first = chunk(general, "The");
    const id = await adapter.send(first, never);
    discord.fail(PATCH, { status, code, times: 2 });
    const final = { ...first, text: "The answer.", replaces: id };
    const again = await adapter.send(final, never);
    expect(again).not.toBe(id);
    expect(await adapter.send(final, never)).toBe(again);
    expect(texts()).toEqual(["The answer."]);
    expect(discord.visible(general).map((each) => each.id)).toEqual([again]);
  });

  it("in a thread that was archived come as a new message, which brings the thread back", async () => {
    const { general, adapter, alice, texts } = await staged();
    const thread = general.openThread(alice, "talk");
    const first = chunk(place(general.id, thread.id), "The");
    const replaces = await adapter.send(first, never);
    thread.archive();
    await adapter.send({ ...first, text: "The answer.", replaces }, never);
    expect(texts()).toEqual(["The answer."]);
    expect(thread.archived).toBe(false);
  });

  it("that cannot be taken away do not keep the answer back; those of others are left alone", async () => {
    const { discord, general, adapter, alice, texts } = await staged();
    const first = chunk(general, "The");
    const replaces = await adapter.send(first, never);
    discord.fail(PATCH, { status: 403, code: 50001 });
    discord.fail("DELETE /channels/:channel/messages/:message", { status: 500 });
    await adapter.send({ ...first, text: "The answer.", replaces }, never);
    const hers = general.post(alice, "hello");
    await adapter.send(chunk(general, "mine", { replaces: hers.id }), never);
    expect(texts()).toEqual(["The", "The answer.", "mine"]);
    expect(discord.visible(general).map(({ content }) => content)).toContain("hello");
    expect(discord.calls.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });

  it("that are found again by their key, and may not be edited, are sent anew as well", async () => {
    const { discord, general, adapter, texts } = await staged();
    const draft = chunk(general, "The");
    await adapter.send(draft, never);
    discord.fail(PATCH, { status: 404 });
    await adapter.send({ ...draft, text: "The answer." }, never);
    expect(texts()).toEqual(["The answer."]);
  });

  it.each([
    ["a token that was reset", 401, 0],
    ["a proxy", 403, 0],
    ["a server error", 500, 0],
  ])("stay where it is %s that keeps them from being edited", async (_, status, code) => {
    const { discord, general, adapter, texts } = await staged();
    const first = chunk(general, "The");
    const replaces = await adapter.send(first, never);
    discord.fail(PATCH, { status, code });
    const sending = adapter.send({ ...first, text: "The answer.", replaces }, never);
    await expect(sending).rejects.toMatchObject({ code: "temporary" });
    expect(texts()).toEqual(["The"]);
  });

  it("become an answer with files once, however often that is tried", async () => {
    const { discord, general, adapter } = await staged();
    const first = chunk(general, "The");
    const replaces = await adapter.send(first, never);
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "A" }];
    const final = { ...first, text: "The answer.", replaces, files };
    discord.fail(PATCH, { after: "lost" });
    await expect(adapter.send(final, never)).rejects.toMatchObject({ code: "temporary" });
    await adapter.send(final, never);
    expect(discord.sent).toMatchObject([{ text: "The answer.", files: [{ name: "a.txt", text: "A" }] }]);
    expect(discord.sent[0]?.files).toHaveLength(1);
  });

  it("that say all of it already are not said again for the sake of files", async () => {
    const { discord, general, adapter, texts } = await staged();
    const message = chunk(general, "The answer.");
    const id = await adapter.send(message, never);
    discord.fail(PATCH, { status: 404 });
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "A" }];
    expect(await adapter.send({ ...message, files }, never)).toBe(id);
    expect(texts()).toEqual(["The answer."]);
  });

  it("are taken back; one that is gone already is fine", async () => {
    const { discord, general, adapter } = await staged();
    const draft = chunk(general, "The");
    const replaces = await adapter.send(draft, never);
    await adapter.drafts?.remove({ ...draft, replaces }, never);
    await adapter.drafts?.remove({ ...draft, replaces }, never);
    expect(discord.visible(general)).toEqual([]);
  });

  it("an edit whose answer was lost may be repeated", async () => {
    const { discord, general, adapter, texts } = await staged();
    const draft = chunk(general, "The");
    const replaces = await adapter.send(draft, never);
    discord.fail(PATCH, { after: "lost" });
    const final = { ...draft, text: "The answer.", replaces };
    await expect(adapter.send(final, never)).rejects.toMatchObject({ code: "temporary", uncertain: false });
    await adapter.send(final, never);
    expect(texts()).toEqual(["The answer."]);
  });

  it("are not offered where they are switched off", async () => {
    const { adapter } = await staged({ drafts: false });
    expect(adapter.drafts?.everyMs).toBeUndefined();
  });
});

describe("limits", () => {
  it("a short one is waited out", async () => {
    const { discord, general, adapter, texts } = await staged();
    discord.fail(POST, { status: 429, retryAfterMs: 20 });
    await adapter.send(chunk(general, "hello"), never);
    expect(texts()).toEqual(["hello"]);
  });

  it.each(["user", "global"] as const)("a long one (%s) is the sender's to wait for", async (scope) => {
    const { discord, general, adapter } = await staged();
    discord.fail(POST, { status: 429, retryAfterMs: 60_000, scope });
    const failure: unknown = await adapter.send(chunk(general, "hello"), never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "SendError", code: "rate-limited" });
    expect((failure as SendError).retryAfterMs).toBeGreaterThanOrEqual(59_000);
  });
});

describe("failures", () => {
  it.each([
    ["an unknown channel", { status: 404, code: 10003 }, "chat-gone"],
    ["a server that is gone", { status: 404, code: 10004 }, "chat-gone"],
    ["a channel out of sight", { status: 403, code: 50001 }, "chat-gone"],
    ["somebody who takes no messages", { status: 403, code: 50007 }, "chat-gone"],
    ["a missing permission", { status: 403, code: 50013 }, "refused"],
    ["a text that is refused", { status: 400, code: 50035 }, "refused"],
    ["any other refusal", { status: 400, code: 50109 }, "refused"],
    ["a call that is too large", { status: 413 }, "refused"],
    ["an address that is not there", { status: 404 }, "chat-gone"],
    ["the page of a proxy", { status: 403 }, "temporary"],
    ["another one", { status: 400 }, "temporary"],
    ["a token that was reset", { status: 401, code: 0 }, "temporary"],
    ["a server error", { status: 500 }, "temporary"],
    ["a connection that breaks", {}, "temporary"],
  ])("%s", async (_, fault, code) => {
    const { discord, general, adapter, texts } = await staged();
    discord.fail(POST, fault);
    const failure: unknown = await adapter.send(chunk(general, "secret words"), never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "SendError", code, uncertain: false });
    // The next one works, whatever happened: the token is not forgotten.
    await adapter.send(chunk(general, "next"), never);
    expect(texts()).toEqual(["next"]);
  });

  it.each([
    ["unknown", 404, 10003, "thread-gone"],
    ["out of sight", 403, 50001, "thread-gone"],
    ["archived", 400, 50083, "thread-gone"],
    ["locked", 400, 160005, "thread-gone"],
    ["one where it may not write", 403, 50013, "thread-gone"],
    ["not there, without a reason", 404, 0, "thread-gone"],
  ])("a thread that is %s", async (_, status, reason, code) => {
    const { discord, general, adapter, alice } = await staged();
    const thread = general.openThread(alice, "talk");
    discord.fail(POST, { status, code: reason });
    const sending = adapter.send(chunk(place(general.id, thread.id), "hello"), never);
    await expect(sending).rejects.toMatchObject({ name: "SendError", code });
  });

  it("a removed thread, a locked one, a removed channel and a missing permission, as Discord tells of them", async () => {
    const { discord, team, general, adapter, alice } = await staged();
    const removed = general.openThread(alice, "removed");
    removed.remove();
    const locked = general.openThread(alice, "locked");
    locked.archive({ locked: true });
    const archived = general.openThread(alice, "archived");
    archived.archive();
    const quiet = team.text("quiet");
    team.deny(quiet, "SendMessages");
    const gone = team.text("gone");
    gone.remove();
    const code = async (to: Parameters<typeof chunk>[0]) =>
      adapter.send(chunk(to, "hello"), never).then(
        () => "sent",
        (error: SendError) => error.code,
      );
    expect(await code(place(general.id, removed.id))).toBe("thread-gone");
    expect(await code(place(general.id, locked.id))).toBe("thread-gone");
    // A message brings it back.
    expect(await code(place(general.id, archived.id))).toBe("sent");
    expect(await code(quiet)).toBe("refused");
    expect(await code(gone)).toBe("chat-gone");
    expect(await code(place("nonsense"))).toBe("chat-gone");
    expect(await code(place(general.id, "nonsense"))).toBe("thread-gone");
    expect(discord.sent.map(({ channelId }) => channelId)).toEqual([archived.id]);
  });

  it("a missing permission is named as what it is", async () => {
    const { team, general, adapter } = await staged();
    team.deny(general, "SendMessages");
    await expect(adapter.send(chunk(general, "hello"), never)).rejects.toThrow(/lacks a permission/);
  });

  it("one called off before it began sends nothing; one called off on its way may have been taken", async () => {
    const { discord, general, adapter } = await staged();
    const off = adapter.send(chunk(general, "never"), AbortSignal.abort());
    await expect(off).rejects.toMatchObject({ code: "temporary", uncertain: false });
    const hold = discord.hold(POST);
    const calling = new AbortController();
    const sending = adapter.send(chunk(general, "never mind"), calling.signal);
    await hold.arrived;
    calling.abort();
    await expect(sending).rejects.toMatchObject({ code: "temporary" });
    hold.release();
  });

  it("no error holds the text, the token or an address", async () => {
    const { discord, general, adapter } = await staged();
    const faults = [{ status: 400, code: 50035 }, { status: 500 }, {}, { status: 429, retryAfterMs: 60_000 }];
    for (const fault of faults) {
      discord.fail(POST, fault);
      const error: unknown = await adapter.send(chunk(general, "secret words"), never).catch((each: unknown) => each);
      const everything = `${error} ${JSON.stringify(error)} ${(error as Error).stack} ${String((error as Error).cause)}`;
      expect(everything).not.toMatch(/secret words|127\.0\.0\.1/);
      expect(everything).not.toContain(discord.token);
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
