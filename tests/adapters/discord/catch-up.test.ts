import { describe, expect, it } from "vitest";
import { connected, HISTORY } from "./connected.ts";
import { gate, place, Stage } from "./gateway.ts";

/** Servers that are told of without the newest messages of their channels, or with a claim that there are none. */
function withoutNewest(claim?: null): Stage["discord"]["gateway"]["alter"] {
  return ({ name, data }) => {
    if (name !== "GUILD_CREATE" || !("channels" in data) || !Array.isArray(data.channels)) return data;
    return { ...data, channels: data.channels.map((channel) => ({ ...channel, last_message_id: claim })) };
  };
}

describe("a restart", () => {
  it("the first start in a server reads nothing of its past", async () => {
    const stage = await Stage.open();
    const general = stage.discord.guild("Team").text("general");
    general.post(stage.discord.user("Alice"), "long ago");
    await stage.started();
    general.post(stage.discord.user("Alice"), "now");
    await stage.gateway.said("now");
    expect(stage.gateway.texts()).toEqual(["now"]);
    expect(stage.discord.calls.map(({ path }) => path)).toEqual(["/gateway/bot"]);
  });

  it("reads what was written meanwhile: in channels, threads, new ones of both, forums and private chats", async () => {
    const { stage, discord, gateway, team, general, adapter, alice } = await connected();
    const thread = general.openThread(alice, "talk");
    thread.post(alice, "thread before");
    discord.dm(alice).post(alice, "private before");
    await gateway.messages.waitForMany(3);
    await adapter.close();
    general.post(alice, "in general");
    thread.post(alice, "in the thread");
    discord.dm(alice).post(alice, "in private");
    team.text("new").post(alice, "in a new channel");
    general.openThread(alice, "new").post(alice, "in a new thread");
    team.forum("help").openPost(alice, "How?", "in a post");
    await stage.started();
    await gateway.messages.waitForMany(9);
    expect(gateway.texts().slice(3).sort()).toEqual([
      "in a new channel",
      "in a new thread",
      "in a post",
      "in general",
      "in private",
      "in the thread",
    ]);
    expect(gateway.handedOver.all).toHaveLength(9);
    expect(gateway.malformed.all).toEqual([]);
  });

  it("asks nothing where nothing was written", async () => {
    const { stage, discord, adapter, fetched } = await connected();
    await adapter.close();
    await stage.started();
    await discord.gateway.waitForIdentifies(2);
    expect(fetched()).toBe(0);
  });

  it("reads three hundred messages of a channel at most, and says what it skipped", async () => {
    const { stage, gateway, general, adapter, alice, fetched } = await connected();
    await adapter.close();
    for (let n = 1; n <= 350; n += 1) general.post(alice, `missed ${n}`);
    await stage.started();
    await gateway.skipped.waitForMany(1);
    general.post(alice, "the end");
    await gateway.said("the end");
    expect(gateway.texts().slice(1)).toEqual([...Array.from({ length: 300 }, (_, n) => `missed ${n + 1}`), "the end"]);
    expect(gateway.skipped.all[0]).toMatch(/more than 300 messages were missed/);
    expect(fetched()).toBe(3);
  });

  it("keeps what is said while it reads so much", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    await adapter.close();
    for (let n = 1; n <= 301; n += 1) general.post(alice, `missed ${n}`);
    const hold = discord.hold(HISTORY);
    await stage.started();
    await hold.arrived;
    general.post(alice, "meanwhile");
    hold.release();
    await gateway.said("meanwhile");
    expect(gateway.texts()).toHaveLength(302);
  });

  it("reads eight channels at a time, and of the others first where somebody waits", async () => {
    const { stage, discord, gateway, adapter, fetched, many } = await connected();
    await adapter.close();
    const channels = many(12);
    const hold = discord.hold(HISTORY);
    await stage.started();
    await discord.until(() => fetched() === 8);
    const awaited = channels.at(-1);
    const alice = discord.user("Alice");
    awaited?.post(alice, "is anybody there?");
    discord.dm(alice).post(alice, "a sign of life");
    await gateway.said("a sign of life");
    expect(fetched()).toBe(8);
    hold.release();
    await gateway.messages.waitForMany(1 + 1 + 12 + 1);
    const asked = discord.calls.filter(({ method, path }) => HISTORY.test(`${method} ${path}`));
    expect(asked[8]?.path).toContain(awaited?.id);
  });

  it("reads others while some have to wait for another try", async () => {
    const { stage, discord, gateway, adapter, many } = await connected();
    await adapter.close();
    many(9);
    discord.fail(HISTORY, { status: 503, times: 8 });
    const pause = gate();
    await stage.started({ sleep: (ms) => (ms === 1000 ? pause.passed : new Promise(setImmediate)) });
    await gateway.messages.waitForMany(2);
    pause.open();
    await gateway.messages.waitForMany(10);
  });

  it("reads where nothing tells which message is the newest", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.gateway.alter = withoutNewest();
    await stage.started();
    await gateway.said("missed");
  });

  it("reads where nothing is told to stand, but something was taken", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.gateway.alter = withoutNewest(null);
    await stage.started();
    await gateway.said("missed");
  });

  it("reads a channel that is new whatever date its ids tell", async () => {
    const { stage, gateway, team, adapter, alice } = await connected({ clock: () => Date.UTC(2018, 0, 1) });
    await adapter.close();
    team.text("new").post(alice, "in a new channel");
    await stage.started();
    await gateway.said("in a new channel");
  });

  it("reads a channel that was hidden before from where it has come in that server", async () => {
    const { stage, discord, gateway, team, general, adapter, alice } = await connected();
    discord.gateway.alter = ({ data }) => ("name" in data && data.name === "secret" ? null : data);
    const secret = team.text("secret");
    team.deny(secret, "ViewChannel");
    secret.post(alice, "between us");
    general.post(alice, "heard");
    await gateway.said("heard");
    await adapter.close();
    discord.gateway.alter = ({ data }) => data;
    team.allow(secret, "ViewChannel");
    secret.post(alice, "to all");
    await stage.started();
    await gateway.said("to all");
    expect(gateway.texts()).not.toContain("between us");
  });

  it("in which the store fails half-way goes on where it failed", async () => {
    const { stage, gateway, general, adapter, alice } = await connected();
    await adapter.close();
    for (let n = 1; n <= 5; n += 1) general.post(alice, `missed ${n}`);
    let failures = 2;
    gateway.commit = async ({ text }) => {
      if (text === "missed 3" && failures-- > 0) throw new Error("the disk is full");
    };
    await stage.started();
    await gateway.said("missed 3");
    expect(gateway.texts().toSorted()).toEqual(["before", ...[1, 2, 3, 4, 5].map((n) => `missed ${n}`)]);
  });

  it("tries again where Discord fails, and waits as long as it says", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.fail(HISTORY, { status: 503 });
    discord.fail(HISTORY, { status: 429, retryAfterMs: 30_000 });
    const next = await stage.started();
    await gateway.said("missed");
    expect(next.waits[0]).toBe(1000);
    expect(next.waits[1]).toBeGreaterThanOrEqual(30_000);
  });

  it("leaves a channel be whose past it may not read", async () => {
    const { stage, discord, gateway, general, adapter, alice, fetched } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.fail(HISTORY, { status: 403, code: 50013 });
    await stage.started();
    general.post(alice, "the end");
    await gateway.said("the end");
    expect(gateway.texts()).toEqual(["before", "the end"]);
    expect(fetched()).toBe(1);
    expect(gateway.skipped.all).toEqual([expect.stringMatching(/cannot be read.*permission/)]);
  });

  it.each(["ViewChannel", "ReadMessageHistory"] as const)(
    "does not ask for the past of a channel without %s",
    async (permission) => {
      const { stage, gateway, team, general, adapter, alice, fetched } = await connected();
      await adapter.close();
      team.deny(general, permission);
      general.post(alice, "missed");
      team.text("other").post(alice, "elsewhere");
      await stage.started();
      await gateway.said("elsewhere");
      general.post(alice, "after");
      team.text("another").post(alice, "the end");
      await gateway.said("the end");
      expect(fetched()).toBe(1);
      expect(gateway.skipped.all).toEqual([]);
    },
  );

  it("reads in vain where nothing knows of a channel's past, and goes on with what is said there", async () => {
    const { stage, discord, gateway, general, adapter, alice, fetched } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.fail(HISTORY, { status: 404, code: 0, times: 99 });
    await stage.started();
    general.post(alice, "the end");
    await gateway.said("the end");
    expect(fetched()).toBe(1);
  });

  it("gives up where something else keeps answering in Discord's place", async () => {
    const { stage, discord, gateway, general, adapter, alice, fetched } = await connected();
    await adapter.close();
    general.post(alice, "missed");
    discord.fail(HISTORY, { status: 403, code: 0, times: 99 });
    await stage.started();
    general.post(alice, "the end");
    await gateway.said("the end");
    expect(fetched()).toBe(5);
  });

  it("after a crash repeats what its bookmarks had not reached yet", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    await adapter.stop();
    const marks = new Map(gateway.bookmarks.marks);
    const again = await stage.started();
    general.post(alice, "taken, but not marked");
    await gateway.said("not marked");
    await again.close();
    gateway.bookmarks.marks.clear();
    for (const [place, mark] of marks) gateway.bookmarks.marks.set(place, mark);
    general.post(alice, "missed");
    await stage.started();
    await gateway.said("missed");
    expect(gateway.handedOver.all.filter(({ text }) => text.includes("not marked"))).toHaveLength(2);
    expect(gateway.texts()).toEqual(["before", "taken, but not marked", "missed"]);
    expect(discord.sent).toEqual([]);
  });

  it("forgets what is gone, and begins anew in a server that it comes back to", async () => {
    const { stage, gateway, team, general, adapter, alice } = await connected();
    const other = team.text("other");
    other.remove();
    general.post(alice, "still here");
    await gateway.said("still here");
    team.remove();
    stage.discord.dm(alice).post(alice, "a sign of life");
    await gateway.said("a sign of life");
    await adapter.stop();
    expect([...gateway.bookmarks.marks.keys()]).toEqual([`dm:${stage.discord.dm(alice).id}`]);
    general.post(alice, "while the bot was not there");
    team.state.botIsMember = true;
    team.member(stage.discord.bot);
    await stage.started();
    general.post(alice, "hello again");
    await gateway.said("hello again");
    expect(gateway.texts()).not.toContain("while the bot was not there");
  });

  it("a thread that the bot has opened is known again, and read, though nothing tells of it any more", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await connected();
    const question = general.post(alice, "what now?");
    const id = await adapter.openThread?.(place(general.id), { id: question.id, title: "what now?" });
    const thread = discord.channel(String(id));
    thread.post(alice, "one");
    await gateway.said("one");
    discord.gateway.alter = ({ name, data }) => (name === "GUILD_CREATE" ? { ...data, threads: [] } : data);
    discord.fail(`GET /channels/${id}`, { status: 404, code: 0, times: 99 });
    discord.gateway.invalidate();
    thread.post(alice, "two");
    await gateway.said("two");
    await adapter.close();
    await stage.started();
    thread.post(alice, "three");
    const { source } = await gateway.said("three");
    expect(source).toMatchObject({ chat: { id: general.id, guildId: general.guildId }, thread: { id } });
  });

  it("reads where channels have greater ids than what is said in them", async () => {
    const stage = await Stage.open();
    const { discord, gateway } = stage;
    const general = discord.guild("Team").text("general");
    const alice = discord.user("Alice");
    await stage.started();
    general.post(alice, "before", { fields: { id: "9001" } });
    await gateway.said("before");
    discord.gateway.invalidate();
    general.post(alice, "missed", { fields: { id: "9002" } });
    await gateway.said("missed");
  });

  it("a thread that is archived needs no bookmark until somebody writes there again", async () => {
    const { stage, gateway, general, adapter, alice } = await connected();
    const thread = general.openThread(alice, "talk");
    thread.post(alice, "before it was archived");
    await gateway.said("archived");
    thread.archive();
    general.post(alice, "that was that");
    await gateway.said("that was that");
    await adapter.close();
    expect(gateway.bookmarks.marks.has(thread.id)).toBe(false);
    thread.post(alice, "one more thing");
    await stage.started();
    await gateway.said("one more thing");
    expect(gateway.handedOver.all.map(({ text }) => text)).toEqual(gateway.texts());
  });

  it("bookmarks that cannot be written are written later", async () => {
    const { gateway, general, adapter, alice } = await connected();
    gateway.bookmarks.fails = true;
    const message = general.post(alice, "hello");
    await gateway.said("hello");
    gateway.bookmarks.fails = false;
    await adapter.stop();
    expect(gateway.bookmarks.marks.get(general.id)).toBe(message.id);
  });
});
