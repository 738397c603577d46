import { MessageType } from "discord.js";
import { describe, expect, it } from "vitest";
import { chunk, gate, never, place, Stage } from "./gateway.ts";

describe("messages", () => {
  it("are handed over with their place: a channel, a thread, a forum's post, a voice channel, a private chat", async () => {
    const { discord, gateway, ...rest } = await staged();
    const team = discord.guild("Team");
    const [general, news, voice, forum] = [
      team.text("general"),
      team.announcement("news"),
      team.voice("hall"),
      team.forum("help"),
    ];
    await rest.start();
    const alice = discord.user("Alice");
    general.post(alice, "in general");
    news.post(alice, "in news");
    voice.post(alice, "in the hall");
    const thread = general.openThread(alice, "side talk");
    thread.post(alice, "in a thread");
    const hidden = general.openThread(alice, "hidden", { private: true });
    hidden.invite(discord.bot);
    hidden.post(alice, "in a private thread");
    const post = forum.openPost(alice, "How?", "in a forum");
    discord.dm(alice).post(alice, "in private");
    const sources = await Promise.all(
      ["in general", "in news", "in the hall", "in a thread", "in a private thread", "in a forum", "in private"].map(
        async (text) => (await gateway.said(text)).source,
      ),
    );
    const chat = { kind: "channel", guildId: team.id, guildName: "Team" };
    expect(sources).toMatchObject([
      { chat: { ...chat, id: general.id, name: "general", opensThreads: true } },
      { chat: { ...chat, id: news.id, opensThreads: true } },
      { chat: { ...chat, id: voice.id } },
      { chat: { ...chat, id: general.id }, thread: { id: thread.id, kind: "native", name: "side talk" } },
      { chat: { ...chat, id: general.id }, thread: { id: hidden.id } },
      { chat: { ...chat, id: forum.id, name: "help" }, thread: { id: post.id, name: "How?" } },
      { chat: { id: discord.dm(alice).id, kind: "dm" }, user: { id: alice.id, name: "Alice" } },
    ]);
    expect(gateway.malformed.all).toEqual([]);
  });

  it("addressed by mention, by the bot's role, by reply with and without ping, and in private; not by everyone", async () => {
    const { discord, gateway, start } = await staged();
    const team = discord.guild("Team");
    const general = team.text("general");
    const adapter = await start();
    const alice = discord.user("Alice");
    const id = await adapter.send(
      { key: "first", index: 0, to: place(general.id), text: "hello", plain: "hello" },
      new AbortController().signal,
    );
    const mine = discord.visible(general).find((message) => message.id === id);
    general.post(alice, `<@${discord.bot.id}> one`);
    general.post(alice, `<@&${team.botRole.id}> two`);
    general.post(alice, "three", { replyTo: mine });
    general.post(alice, "four", { replyTo: mine, ping: false });
    general.post(alice, "@everyone five");
    general.post(alice, "six");
    const heard = await Promise.all(
      ["one", "two", "three", "four", "five", "six"].map(async (text) => (await gateway.said(text)).addressed),
    );
    expect(heard).toEqual([true, true, true, true, false, false]);
  });

  it("received one after the other are handed over before the first is committed", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    const disk = gate();
    gateway.commit = () => disk.passed;
    for (const n of [1, 2, 3]) general.post(discord.user("Alice"), `message ${n}`);
    await gateway.handedOver.waitForMany(3);
    expect(gateway.texts()).toEqual([]);
    disk.open();
    await gateway.messages.waitForMany(3);
    expect(gateway.texts()).toEqual(["message 1", "message 2", "message 3"]);
  });

  it("told again change nothing", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    const message = general.post(discord.user("Alice"), "hello");
    discord.redeliver(message, 3);
    general.post(discord.user("Bob"), "the end");
    await gateway.said("the end");
    expect(gateway.texts()).toEqual(["hello", "the end"]);
  });

  it("the bot's own are none", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const adapter = await start();
    await adapter.send(
      { key: "k", index: 0, to: place(general.id), text: "from me", plain: "from me" },
      new AbortController().signal,
    );
    general.post(discord.user("Alice"), "from her");
    await gateway.said("from her");
    expect(gateway.texts()).toEqual(["from her"]);
  });

  it("that one person alone sees are none, and make no private chat of a channel", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const alice = discord.user("Alice");
    const adapter = await start();
    discord.gateway.alter = ({ name, data }) => (name === "THREAD_CREATE" ? null : data);
    const thread = general.openThread(alice, "quiet");
    await discord.command(alice, thread, "status").acknowledged;
    thread.post(alice, "hello");
    const { source } = await gateway.said("hello");
    expect(source).toMatchObject({ chat: { id: general.id, kind: "channel" }, thread: { id: thread.id } });
    await adapter.stop();
    expect([...gateway.bookmarks.marks.keys()].filter((place) => place.startsWith("dm:"))).toEqual([]);
  });

  it("that the bot sends in private leave no bookmark where nobody has written", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const alice = discord.user("Alice");
    const adapter = await start();
    await adapter.send(chunk(discord.dm(alice), "psst"), never);
    general.post(alice, "the end");
    await gateway.said("the end");
    await adapter.stop();
    expect([...gateway.bookmarks.marks.keys()].filter((place) => place.startsWith("dm:"))).toEqual([]);
  });

  it("in a thread that the bot has just opened need no word of Discord's about it", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const alice = discord.user("Alice");
    const adapter = await start();
    const starter = MessageType.ThreadStarterMessage;
    discord.gateway.alter = ({ name, data }) =>
      name === "THREAD_CREATE" || ("type" in data && data.type === starter) ? null : data;
    const question = general.post(alice, "what now?");
    const id = await adapter.openThread?.(place(general.id), { id: question.id, title: "what now?" });
    discord.channel(String(id)).post(alice, "and then?");
    const { source } = await gateway.said("and then?");
    expect(source.chat).toMatchObject({ id: general.id, kind: "channel", guildId: general.guildId, name: "general" });
    expect(source.thread).toEqual({ id, kind: "native", name: "what now?" });
    expect(discord.calls.filter(({ path }) => path === `/channels/${id}`)).toEqual([]);
  });

  it("in a channel that nothing knows of are taken for what they tell of themselves", async () => {
    const { discord, gateway, start } = await staged();
    const team = discord.guild("Team");
    await start();
    discord.gateway.alter = ({ name, data }) => (name === "CHANNEL_CREATE" ? null : data);
    const fresh = team.text("fresh");
    discord.fail(`GET /channels/${fresh.id}`, { status: 404, code: 0, times: 99 });
    fresh.post(discord.user("Alice"), "hello");
    const { source } = await gateway.said("hello");
    expect(source.chat).toMatchObject({ id: fresh.id, kind: "channel", guildId: team.id, guildName: "Team" });
    expect(discord.calls.filter(({ path }) => path === `/channels/${fresh.id}`)).toHaveLength(1);
  });

  it.each([
    ["with a proxy's answer in place of Discord's", { status: 403, code: 0, times: 99 }, 3],
    ["while Discord fails for long", { status: 503, times: 4 }, 5],
  ])("in a channel that cannot be looked up %s are served, and the operator hears of it once", async (...given) => {
    const [, fault, lookUps] = given;
    const { discord, gateway, start } = await staged();
    const team = discord.guild("Team");
    await start();
    discord.gateway.alter = ({ name, data }) => (name === "CHANNEL_CREATE" ? null : data);
    const fresh = team.text("fresh");
    discord.fail(`GET /channels/${fresh.id}`, fault);
    for (const n of [1, 2]) fresh.post(discord.user("Alice"), `hello ${n}`);
    await gateway.said("hello 2");
    expect(gateway.texts()).toEqual(["hello 1", "hello 2"]);
    expect(gateway.skipped.all).toEqual([expect.stringContaining(`channel ${fresh.id} wait`)]);
    expect(discord.calls.filter(({ path }) => path === `/channels/${fresh.id}`)).toHaveLength(lookUps);
  });

  it("that reply to the bot are for it also where Discord does not bring along what they reply to", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const adapter = await start();
    const alice = discord.user("Alice");
    const id = await adapter.send(chunk(general, "hello"), never);
    const mine = discord.visible(general).find((message) => message.id === id);
    discord.gateway.alter = ({ data }) => {
      const { referenced_message: _, ...rest } = data as { referenced_message?: unknown };
      return rest;
    };
    general.post(alice, "and?", { replyTo: mine, ping: false });
    expect(await gateway.said("and?")).toMatchObject({ addressed: true, replyTo: { messageId: id } });
  });

  it("in a channel that has to be looked up first keep their order", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const alice = discord.user("Alice");
    const thread = general.openThread(alice, "old");
    thread.archive();
    await start();
    const hold = discord.hold(`GET /channels/${thread.id}`);
    // Told of as it comes out of the archive, but not by a message that discord.js has read by then.
    for (const n of [1, 2, 3]) thread.post(alice, `message ${n}`);
    hold.release();
    await gateway.messages.waitForMany(3);
    expect(gateway.texts()).toEqual(["message 1", "message 2", "message 3"]);
    expect(gateway.messages.all[0]?.source.thread).toMatchObject({ id: thread.id, name: "old" });
  });

  it("that the gateway does not take wait, with those behind them, and come again in order", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    const other = discord.guild("Other").text("general");
    const adapter = await start();
    let full = true;
    gateway.commit = async ({ source }) => {
      if (full && source.chat.id === general.id) throw new Error("the disk is full");
    };
    const alice = discord.user("Alice");
    general.post(alice, "one");
    general.post(alice, "two");
    await gateway.handedOver.waitForMany(4);
    general.post(alice, "three");
    other.post(alice, "elsewhere");
    await gateway.said("elsewhere");
    full = false;
    await gateway.said("three");
    expect(gateway.texts().filter((text) => text !== "elsewhere")).toEqual(["one", "two", "three"]);
    expect(adapter.waits.slice(0, 2)).toEqual([1000, 2000]);
  });
});

describe("more messages than are kept in memory", () => {
  it("are fetched once the gateway takes them again, all in order", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    let full = true;
    gateway.commit = async () => {
      if (full) throw new Error("the disk is full");
    };
    const alice = discord.user("Alice");
    general.post(alice, "message 0");
    await gateway.handedOver.waitForMany(2);
    const texts = Array.from({ length: 600 }, (_, n) => `message ${n}`);
    for (const text of texts.slice(1)) general.post(alice, text);
    discord.dm(alice).post(alice, "barrier");
    await gateway.handedOver.waitFor(({ text }) => text === "barrier");
    full = false;
    await gateway.said("message 599");
    expect(gateway.texts().filter((text) => text !== "barrier")).toEqual(texts);
  });
});

describe("changes", () => {
  it("an edit is told of, a link that resolves is not", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    const message = general.post(discord.user("Alice"), "helo");
    general.touch(message);
    general.edit(message, "hello");
    await gateway.edits.waitForMany(1);
    expect(gateway.edits.all).toMatchObject([{ text: "hello", edited: true, source: { messageId: message.id } }]);
  });

  it("deletions are told of, one by one and many at once, with their thread", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    const alice = discord.user("Alice");
    const thread = general.openThread(alice, "talk");
    const [one, two, three] = ["one", "two", "three"].map((text) => thread.post(alice, text));
    if (one === undefined || two === undefined || three === undefined) throw new Error("not posted");
    thread.delete(one);
    thread.deleteMany([two, three]);
    await gateway.deletions.waitForMany(3);
    expect(gateway.deletions.all).toEqual(
      [one, two, three].map(({ id }) => ({ place: place(general.id, thread.id), messageId: id })),
    );
  });

  it("an edit follows its message, also where the message has to wait", async () => {
    const { discord, gateway, start } = await staged();
    const general = discord.guild("Team").text("general");
    await start();
    let full = true;
    gateway.commit = async () => {
      if (full) throw new Error("the disk is full");
    };
    const message = general.post(discord.user("Alice"), "helo");
    await gateway.handedOver.waitForMany(2);
    general.edit(message, "hello");
    full = false;
    await gateway.edits.waitForMany(1);
    expect(gateway.texts()).toEqual(["helo"]);
  });
});

async function staged() {
  const stage = await Stage.open();
  return { discord: stage.discord, gateway: stage.gateway, start: () => stage.started() };
}
