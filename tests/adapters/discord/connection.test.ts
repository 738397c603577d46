import { describe, expect, it } from "vitest";
import { AdapterConfigError } from "../../../adapters/adapter.ts";
import { chunk, never, Stage } from "./gateway.ts";

const GATEWAY = "GET /gateway/bot";

describe("starting", () => {
  it("creating an adapter asks nothing of Discord", async () => {
    const stage = await Stage.open();
    const adapter = stage.adapter();
    await adapter.close();
    await adapter.close();
    expect(stage.discord.calls).toEqual([]);
  });

  it("is ready once the shard is connected", async () => {
    const stage = await Stage.open();
    stage.discord.guild("Team").text("general");
    await stage.started();
    expect(stage.gateway.states.all).toEqual([{ ready: true }]);
    expect(stage.discord.gateway.identifies).toHaveLength(1);
  });

  it.each([
    ["at the REST API", { token: "nonsense" }, {}],
    ["at the gateway", {}, { refuseToken: true }],
  ])("a token that Discord does not know %s is a configuration error that says what to do", async (_, own, theirs) => {
    const stage = await Stage.open(theirs);
    const adapter = stage.adapter(own);
    const failure: unknown = await adapter.start(stage.gateway).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdapterConfigError);
    expect(String(failure)).toMatch(/DISCORD_TOKEN.*Bot > Token.*Developer Portal/);
    expect(String(failure)).not.toContain("nonsense");
  });

  it("an intent that is not switched on is named, with the place of its switch", async () => {
    const stage = await Stage.open({ refuseIntents: true });
    const failure: unknown = await stage
      .adapter()
      .start(stage.gateway)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdapterConfigError);
    expect(String(failure)).toMatch(/Message Content Intent.*Bot > Privileged Gateway Intents.*Developer Portal/);
  });

  it("a shard that cannot be is a configuration error", async () => {
    const stage = await Stage.open();
    const starting = stage.adapter({ shards: [3], shardCount: 2 }).start(stage.gateway);
    await expect(starting).rejects.toThrow(/below the number of shards/);
  });

  it("an address that is none is a configuration error", async () => {
    const stage = await Stage.open();
    await expect(stage.adapter({ apiRoot: "nowhere" }).start(stage.gateway)).rejects.toMatchObject({
      code: "adapter-config",
    });
  });

  it("a start without an answer is reported after a while and goes on in the background", async () => {
    const stage = await Stage.open();
    const hold = stage.discord.hold(GATEWAY);
    await stage.adapter({ startTimeoutMs: 20 }).start(stage.gateway);
    expect(stage.gateway.reasons()).toEqual(["Discord has not answered within 20 ms, still waiting"]);
    hold.release();
    await stage.gateway.ready();
  });

  it("a server that is unavailable is no failure", async () => {
    const stage = await Stage.open();
    const team = stage.discord.guild("Team");
    const other = stage.discord.guild("Other");
    const general = team.text("general");
    other.unavailable();
    await stage.started();
    general.post(stage.discord.user("Alice"), "hello");
    await stage.gateway.said("hello");
    expect(stage.gateway.states.all).toEqual([{ ready: true }]);
  });
});

describe("staying connected", () => {
  it("a platform out of reach is tried again with growing waits until it answers", async () => {
    const stage = await Stage.open();
    stage.discord.fail(GATEWAY, { times: 2 });
    stage.discord.fail(GATEWAY, { status: 502 });
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.ready();
    expect(adapter.waits).toEqual([1000, 2000, 4000]);
    expect(stage.gateway.reasons()).toEqual([
      expect.stringMatching(/out of reach.*(ECONNRESET|UND_ERR_SOCKET)/),
      expect.stringMatching(/out of reach.*502/),
    ]);
  });

  it("waits for as long as Discord says", async () => {
    const stage = await Stage.open();
    stage.discord.fail(GATEWAY, { status: 429, retryAfterMs: 17_000 });
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.ready();
    expect(adapter.waits[0]).toBeGreaterThanOrEqual(17_000);
  });

  it("a token that is reset later is a state, not an end", async () => {
    const stage = await Stage.open();
    await stage.started();
    stage.discord.gateway.refuseToken = true;
    stage.discord.gateway.drop(4004);
    await stage.gateway.states.waitFor((state) => !state.ready && state.reason.includes("DISCORD_TOKEN"));
    stage.discord.gateway.refuseToken = false;
    await stage.gateway.readyAgain();
  });

  it.each([
    ["4014", 4014, /Message Content Intent/],
    ["4010", 4010, /number of shards/],
    ["4011", 4011, /too many servers/],
  ])("a connection closed with %s is begun anew, with the reason as a state", async (_, code, reason) => {
    const stage = await Stage.open();
    await stage.started();
    stage.discord.gateway.drop(code);
    await stage.gateway.readyAgain();
    expect(stage.gateway.reasons()[0]).toMatch(reason);
    expect(stage.discord.gateway.identifies).toHaveLength(2);
  });

  it("a configuration that Discord keeps refusing is tried ever more rarely", async () => {
    const stage = await Stage.open();
    const adapter = await stage.started();
    stage.discord.gateway.refuseIntents = true;
    stage.discord.gateway.drop(4014);
    await stage.discord.gateway.waitForIdentifies(9);
    stage.discord.gateway.refuseIntents = false;
    await stage.gateway.readyAgain();
    const minute = 60_000;
    const hour = 60 * minute;
    const waits = adapter.waits.filter((ms) => ms >= minute);
    expect(waits.slice(0, 7)).toEqual([15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 6 * hour, 6 * hour]);
    expect(stage.gateway.states.all).toHaveLength(3);
  });

  it("where all sessions of a day are used up it waits for the next, and says so", async () => {
    const stage = await Stage.open();
    const hour = 3_600_000;
    stage.discord.limitStarts(0, 2 * hour);
    const paused = Promise.withResolvers<number>();
    const goOn = Promise.withResolvers<void>();
    const adapter = stage.adapter({
      sleep: async (ms) => {
        if (ms < hour) return await new Promise(setImmediate);
        paused.resolve(ms);
        await goOn.promise;
      },
    });
    await adapter.start(stage.gateway);
    expect(await paused.promise).toBe(2 * hour);
    expect(stage.gateway.reasons()).toEqual([expect.stringMatching(/only so many times a day.*in 120 minutes/)]);
    stage.discord.limitStarts(1);
    goOn.resolve();
    await stage.gateway.ready();
    expect(stage.discord.gateway.identifies).toHaveLength(1);
  });

  it("a dropped connection is a state that operators hear of", async () => {
    const stage = await Stage.open();
    await stage.started();
    stage.discord.gateway.drop();
    await stage.gateway.readyAgain();
    expect(stage.gateway.reasons()).toEqual(["the connection to Discord was lost, reconnecting"]);
    expect(stage.discord.gateway.resumes).toHaveLength(1);
  });
});

describe("payloads that are not as promised", () => {
  it.each([
    ["a button without its message", "INTERACTION_CREATE", { id: "5", type: 3, data: { component_type: 2 } }],
    ["a menu without what it was called on", "INTERACTION_CREATE", { id: "5", type: 2, data: { type: 3 } }],
    ["threads without their members", "THREAD_LIST_SYNC", { threads: [] }],
    ["threads without a list", "THREAD_LIST_SYNC", {}],
    ["a deletion of nothing", "MESSAGE_DELETE_BULK", { channel_id: "5" }],
    ["a role that is none", "GUILD_ROLE_CREATE", {}],
    ["a person without a name", "USER_UPDATE", {}],
    ["a channel with permissions that are none", "CHANNEL_UPDATE", { permission_overwrites: 7 }],
  ])("%s ends nothing", async (_, name, fields) => {
    const stage = await Stage.open();
    const team = stage.discord.guild("Team");
    const general = team.text("general");
    await stage.started();
    stage.discord.gateway.publish({ name, data: { guild_id: team.id, ...fields }, guildId: team.id, intents: 0 });
    general.post(stage.discord.user("Alice"), "hello");
    await stage.gateway.said("hello");
    expect(stage.gateway.states.all).toEqual([{ ready: true }]);
  });

  it("what waits for discord.js to be ready ends nothing either", async () => {
    const stage = await Stage.open();
    const [team, other] = ["Team", "Other"].map((name) => stage.discord.guild(name));
    other?.unavailable();
    await stage.started();
    const data = { guild_id: team?.id };
    stage.discord.gateway.publish({ name: "GUILD_ROLE_CREATE", data, guildId: team?.id ?? "", intents: 0 });
    other?.available();
    const [error] = await stage.gateway.malformed.waitForMany(1);
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe("shards", () => {
  it("as many as Discord advises are held in one process", async () => {
    const stage = await Stage.open({ shards: 2 });
    const channels = [0, 1].map((shard) => stage.discord.guild(`Team ${shard}`, { shard }).text("general"));
    await stage.started();
    expect(stage.discord.gateway.identifies.map(({ shard }) => shard)).toEqual([
      [0, 2],
      [1, 2],
    ]);
    for (const channel of channels) channel.post(stage.discord.user("Alice"), `hello ${channel.id}`);
    for (const channel of channels) await stage.gateway.said(`hello ${channel.id}`);
  });

  it("the state names those that reconnect", async () => {
    const stage = await Stage.open({ shards: 2 });
    await stage.started({ shards: 2 });
    stage.discord.gateway.drop();
    await stage.gateway.readyAgain();
    expect(stage.gateway.reasons()[0]).toMatch(/^shard [01] is reconnecting$/);
    expect(stage.gateway.reasons()).toContain("shards 0 and 1 are reconnecting");
  });

  it("a process that holds only some hears of nothing else", async () => {
    const stage = await Stage.open({ shards: 2 });
    const [here, there] = [1, 0].map((shard) => stage.discord.guild(`Team ${shard}`, { shard }).text("general"));
    await stage.started({ shards: [1], shardCount: 2 });
    const alice = stage.discord.user("Alice");
    there?.post(alice, "somewhere else");
    stage.discord.dm(alice).post(alice, "in private");
    here?.post(alice, "here");
    await stage.gateway.said("here");
    expect(stage.gateway.texts()).toEqual(["here"]);
    expect(stage.discord.gateway.identifies.map(({ shard }) => shard)).toEqual([[1, 2]]);
  });
});

describe("a whole life", () => {
  it("prints no warnings", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on("warning", note);
    const stage = await Stage.open({ shards: 2 });
    const adapter = await stage.started();
    stage.discord.gateway.reset();
    await stage.gateway.readyAgain();
    await adapter.close();
    await new Promise(setImmediate);
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});

describe("ending", () => {
  it("stop and close may be called at any time, more than once", async () => {
    const stage = await Stage.open();
    const fresh = stage.adapter();
    await fresh.stop();
    await fresh.close();
    const started = await stage.started();
    await Promise.all([started.stop(), started.stop(), started.close(), started.close()]);
    await started.close();
    await fresh.start(stage.gateway);
    expect(stage.discord.gateway.identifies).toHaveLength(1);
  });

  it("ends a start that waits for an answer", async () => {
    const stage = await Stage.open();
    const { arrived } = stage.discord.hold(GATEWAY);
    const adapter = stage.adapter();
    const starting = adapter.start(stage.gateway);
    await arrived;
    await adapter.close();
    await starting;
    expect(stage.gateway.states.all).toEqual([]);
  });

  it("ends a reconnect, and what was dropped stays dropped", async () => {
    const stage = await Stage.open();
    const adapter = await stage.started();
    stage.discord.gateway.drop();
    await stage.gateway.states.waitFor(({ ready }) => !ready);
    await adapter.close();
    const next = await Stage.open();
    // Half a second is what discord.js waits: another adapter that has connected twice outlasts it.
    await next.started();
    next.discord.gateway.drop();
    await next.gateway.readyAgain();
    expect(stage.discord.gateway.resumes).toEqual([]);
    expect(stage.discord.gateway.identifies).toHaveLength(1);
  });

  it("sending still works between stop and close", async () => {
    const stage = await Stage.open();
    const general = stage.discord.guild("Team").text("general");
    const adapter = await stage.started();
    await adapter.stop();
    general.post(stage.discord.user("Alice"), "too late");
    await adapter.send(chunk(general, "bye"), never);
    expect(stage.discord.sent.map(({ text }) => text)).toEqual(["bye"]);
    expect(stage.gateway.texts()).toEqual([]);
  });
});
