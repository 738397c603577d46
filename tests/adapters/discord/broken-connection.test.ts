import { describe, expect, it } from "vitest";
import { connected, HISTORY } from "./connected.ts";
import type { Stage } from "./gateway.ts";

const five = ["Ann", "Ben", "Cid", "Dan", "Eve"];

describe("a connection that breaks", () => {
  it.each([
    ["is dropped", (gateway: Stage["discord"]["gateway"]) => gateway.drop()],
    ["is reset", (gateway: Stage["discord"]["gateway"]) => gateway.reset()],
    ["is asked to come back (op 7)", (gateway: Stage["discord"]["gateway"]) => gateway.requestReconnect()],
    ["has a session that may go on (op 9)", (gateway: Stage["discord"]["gateway"]) => gateway.invalidate(true)],
  ])("and %s loses nothing and repeats nothing", async (_, breaks) => {
    const { discord, gateway, general } = await connected();
    breaks(discord.gateway);
    for (const name of five) general.post(discord.user(name), `from ${name}`);
    await gateway.messages.waitForMany(6);
    general.post(discord.user("Zoe"), "the end");
    await gateway.said("the end");
    expect(gateway.texts()).toEqual(["before", ...five.map((name) => `from ${name}`), "the end"]);
    expect(discord.gateway.resumes.length).toBeGreaterThan(0);
  });

  it("without anybody noticing is found out by its heartbeat", async () => {
    const { discord, gateway, general } = await connected({ heartbeatMs: 40 });
    discord.gateway.mute();
    for (const name of five) general.post(discord.user(name), `from ${name}`);
    await gateway.messages.waitForMany(6);
    expect(gateway.texts()).toEqual(["before", ...five.map((name) => `from ${name}`)]);
  });

  it("and loses its session reads what was missed, in order, before what comes then", async () => {
    const { discord, gateway, general, fetched } = await connected();
    const hold = discord.hold(HISTORY);
    discord.gateway.invalidate();
    for (const name of five) general.post(discord.user(name), `from ${name}`);
    await hold.arrived;
    general.post(discord.user("Zoe"), "the end");
    hold.release();
    await gateway.said("the end");
    expect(gateway.texts()).toEqual(["before", ...five.map((name) => `from ${name}`), "the end"]);
    expect(fetched()).toBe(1);
    expect(discord.gateway.identifies).toHaveLength(2);
  });

  it("while Discord is out of reach for a while loses nothing of five people", async () => {
    const { discord, gateway, general } = await connected();
    discord.gateway.leave();
    await gateway.states.waitFor(({ ready }) => !ready);
    for (const name of five) general.post(discord.user(name), `from ${name}`);
    discord.gateway.back();
    await gateway.messages.waitForMany(6);
    await gateway.readyAgain();
    expect(gateway.texts()).toEqual(["before", ...five.map((name) => `from ${name}`)]);
  });

  it("for good is replaced, and what was missed is read", async () => {
    const { discord, gateway, general } = await connected();
    discord.gateway.drop(4004);
    for (const name of five) general.post(discord.user(name), `from ${name}`);
    await gateway.messages.waitForMany(6);
    expect(gateway.texts()).toEqual(["before", ...five.map((name) => `from ${name}`)]);
  });

  it("with a server that is unavailable for a while reads on there", async () => {
    const { discord, gateway, team, general, alice } = await connected();
    team.unavailable();
    general.post(alice, "missed");
    team.available();
    await gateway.said("missed");
    discord.dm(alice).post(alice, "the end");
    await gateway.said("the end");
    expect(gateway.states.all).toEqual([{ ready: true }]);
  });
});
