import { describe, expect, it } from "vitest";
import { DiscordApi } from "../../../adapters/discord/client.ts";
import { type OpenedThread, Threads, threadName } from "../../../adapters/discord/threads.ts";
import { chunk, never, place, Stage } from "./gateway.ts";

const OPEN = "POST /channels/:channel/messages/:message/threads";

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  const open = (message: { id: string; title: string; replyToken?: string }, at = place(general.id)) => {
    if (adapter.openThread === undefined) throw new Error("it opens none");
    return adapter.openThread(at, message);
  };
  return { discord, gateway, team, general, adapter, open, alice: discord.user("Alice") };
}

describe("opening a thread", () => {
  it("makes one from the message, and what is said inside belongs to it", async () => {
    const { discord, gateway, general, adapter, open, alice } = await staged({ threadArchiveMinutes: 60 });
    const asked = general.post(alice, `<@${discord.bot.id}> what is this?`);
    const id = await open({ id: asked.id, title: "@Parley what is this?" });
    const thread = discord.channel(id);
    expect(thread.name).toBe("what is this?");
    expect((await discord.waitForCall(OPEN)).body.auto_archive_duration).toBe(60);
    await adapter.send(chunk(place(general.id, id), "a test"), never);
    thread.post(alice, "thank you");
    const { source } = await gateway.said("thank you");
    expect(source).toMatchObject({ chat: { id: general.id }, thread: { id, kind: "native", name: "what is this?" } });
    expect(discord.visible(thread).map(({ content }) => content)).toContain("a test");
    // Neither the notice in the channel nor the copy of the first message is something that somebody said.
    expect(gateway.texts()).toHaveLength(2);
  });

  it("tells where it is at once, as far as Discord's answer does", async () => {
    const { discord, general, alice } = await staged();
    const opened: OpenedThread[] = [];
    const api = new DiscordApi(discord.token, { apiRoot: discord.apiRoot });
    const onOpened = (thread: OpenedThread) => opened.push(thread);
    const threads = new Threads({ api, archiveMinutes: 60, botName: () => "Parley", onOpened });
    const asked = general.post(alice, "hello");
    const id = await threads.open(place(general.id), { id: asked.id, title: "hello" });
    expect(opened).toEqual([{ id, name: "hello", parentId: general.id, type: 11 }]);
    expect(await threads.open(place(general.id), { id: asked.id, title: "again" })).toBe(id);
    expect(opened).toHaveLength(1);
    discord.fail(OPEN, { status: 201 });
    const other = general.post(alice, "hello again");
    await threads.open(place(general.id), { id: other.id, title: "hello again" });
    expect(opened.at(-1)).toEqual({ id: other.id, name: "hello again", parentId: general.id });
    api.close();
  });

  it("finds the one that is there already, whoever opened it", async () => {
    const { discord, general, open, alice } = await staged();
    const asked = general.post(alice, "hello");
    const thread = general.openThread(alice, "hers", { from: asked });
    expect(await open({ id: asked.id, title: "mine" })).toBe(thread.id);
    const other = general.post(alice, "hello again");
    discord.fail(OPEN, { after: "lost" });
    await expect(open({ id: other.id, title: "x" })).rejects.toMatchObject({ code: "temporary", uncertain: false });
    expect(await open({ id: other.id, title: "x" })).toBe(other.id);
    expect(general.threads).toHaveLength(2);
  });

  it.each([
    ["a message that is gone", 404, 10008],
    ["a platform that opens none", 404, 0],
    ["a missing permission", 403, 50013],
    ["a channel out of sight", 403, 50001],
    ["a channel without threads", 400, 50024],
    ["too many threads", 400, 160006],
    ["another limit of the server's", 400, 30033],
  ])("%s is refused", async (_, status, code) => {
    const { discord, general, open, alice } = await staged();
    const asked = general.post(alice, "hello");
    discord.fail(OPEN, { status, code });
    await expect(open({ id: asked.id, title: "x" })).rejects.toMatchObject({ name: "SendError", code: "refused" });
  });

  it("where the bot may not is refused, as Discord tells of it", async () => {
    const { team, general, open, alice } = await staged();
    const asked = general.post(alice, "hello");
    const gone = general.post(alice, "gone");
    general.delete(gone);
    await expect(open({ id: gone.id, title: "x" })).rejects.toMatchObject({ code: "refused" });
    team.deny(general, "CreatePublicThreads");
    await expect(open({ id: asked.id, title: "x" })).rejects.toMatchObject({ code: "refused" });
  });

  it("goes wrong for a while where Discord does", async () => {
    const { discord, general, open, alice } = await staged();
    const asked = general.post(alice, "hello");
    discord.fail(OPEN, { status: 500 });
    await expect(open({ id: asked.id, title: "x" })).rejects.toMatchObject({ code: "temporary", uncertain: false });
    discord.fail(OPEN, { status: 429, retryAfterMs: 60_000 });
    await expect(open({ id: asked.id, title: "x" })).rejects.toMatchObject({ code: "rate-limited" });
  });
});

describe("a thread for a command", () => {
  it("hangs on its response, which quotes the question, and takes the answer", async () => {
    const { discord, gateway, general, adapter, open, alice } = await staged();
    await adapter.registerCommands?.([]);
    const interaction = discord.command(alice, general, "ask", { question: "What is\nthis?" });
    const { replyToken, source } = await gateway.said("What is");
    const id = await open({ id: source.messageId, title: "What is\nthis?", ...(replyToken && { replyToken }) });
    expect(interaction.text).toBe("> What is this?");
    expect(discord.channel(id).name).toBe("What is this?");
    // Again, as after a crash.
    expect(await open({ id: source.messageId, title: "What is\nthis?", ...(replyToken && { replyToken }) })).toBe(id);
    await adapter.send(chunk(place(general.id, id), "A test.", { ...(replyToken && { replyToken }) }), never);
    expect(interaction.text).toBe("> What is this?");
    expect(discord.sent.at(-1)).toMatchObject({ text: "A test.", channelId: id });
  });

  it("inside a thread needs none: the answer is its response", async () => {
    const { discord, gateway, general, adapter, alice } = await staged();
    await adapter.registerCommands?.([]);
    const thread = general.openThread(alice, "talk");
    const interaction = discord.command(alice, thread, "ask", { question: "hello?" });
    const { replyToken } = await gateway.said("hello?");
    await adapter.send(chunk(place(general.id, thread.id), "Hi.", { ...(replyToken && { replyToken }) }), never);
    expect(interaction.text).toBe("Hi.");
  });

  it("is refused where only the asker reads the answer, and where the command has expired", async () => {
    const { discord, gateway, general, adapter, open, alice } = await staged();
    await adapter.registerCommands?.([]);
    const hidden = discord.command(alice, general, "ask", { question: "secret?", private: true });
    const secret = await gateway.said("secret?");
    await hidden.acknowledged;
    await expect(open({ id: hidden.id, title: "secret?", replyToken: secret.replyToken ?? "" })).rejects.toMatchObject({
      code: "refused",
    });
    const late = discord.command(alice, general, "ask", { question: "late?" });
    const { replyToken = "" } = await gateway.said("late?");
    await late.acknowledged;
    late.expire();
    await expect(open({ id: late.id, title: "late?", replyToken })).rejects.toMatchObject({ code: "refused" });
    expect(general.threads).toEqual([]);
  });
});

describe("a thread's name", () => {
  it.each([
    ["@Parley what is this?", "what is this?"],
    ["@Parley, what is this?", "what is this?"],
    ["@Parleys are many", "@Parleys are many"],
    ["  two\n\nlines\t\u0000\u200b here ", "two lines here"],
    ["@Parley", "Conversation"],
    ["who is 👩\u200d💻?", "who is 👩\u200d💻?"],
    ["می\u200cخواهم", "می\u200cخواهم"],
    ["\u200da \u200d b\u200c", "a b"],
    ["\u200d", "Conversation"],
    [
      "go 🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}!",
      "go 🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}!",
    ],
    ["hidden\u{E0061}\u{E0062}\u{E0063} words 🏴\u{E0061}", "hidden words 🏴"],
    ["half \ud83d a pair", "half \ufffd a pair"],
    ["", "Conversation"],
  ])("%j becomes %j", (title, name) => {
    expect(threadName(title, "Parley")).toBe(name);
  });

  it("has at most a hundred characters and ends with a whole word", () => {
    const name = threadName("word ".repeat(40), "Parley");
    expect(name.length).toBeLessThanOrEqual(100);
    expect(name).toMatch(/word…$/);
    expect(threadName("x".repeat(200), "Parley")).toBe(`${"x".repeat(99)}…`);
    expect(threadName(`${"x".repeat(98)}😀😀`, "Parley")).toBe(`${"x".repeat(98)}…`);
  });
});
