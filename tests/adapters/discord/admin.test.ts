import { describe, expect, it } from "vitest";
import type { PermissionName } from "../../fakes/discord/posted.ts";
import { place, Stage } from "./gateway.ts";

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  await adapter.registerCommands?.([]);
  const isAdmin = (chatId: string, userId: string) => {
    if (adapter.isAdmin === undefined) throw new Error("it cannot tell");
    return adapter.isAdmin(place(chatId), userId);
  };
  return { discord, gateway, team, general, isAdmin, alice: discord.user("Alice") };
}

describe("an admin", () => {
  it.each(["ManageChannels", "ManageGuild", "Administrator"] as const)("may %s", async (permission: PermissionName) => {
    const { discord, team, general, isAdmin, alice } = await staged();
    const bob = discord.user("Bob");
    team.member(bob);
    team.grant(alice, permission);
    expect(await isAdmin(general.id, alice.id)).toBe(true);
    expect(await isAdmin(general.id, bob.id)).toBe(false);
  });

  it("is who is one now", async () => {
    const { team, general, isAdmin, alice } = await staged();
    team.member(alice);
    expect(await isAdmin(general.id, alice.id)).toBe(false);
    team.grant(alice, "ManageChannels");
    expect(await isAdmin(general.id, alice.id)).toBe(true);
  });

  it("owns the server", async () => {
    const { team, general, isAdmin, alice } = await staged();
    team.member(alice);
    team.ownerId = alice.id;
    expect(await isAdmin(general.id, alice.id)).toBe(true);
  });

  it("may be one in a channel alone, or everywhere else", async () => {
    const { discord, team, general, isAdmin, alice } = await staged();
    const bob = discord.user("Bob");
    team.member(alice);
    team.grant(bob, "ManageChannels");
    const manageChannels = String(1 << 4);
    const other = team.text("other");
    general.state.overwrites.push(
      { id: alice.id, type: 1, allow: manageChannels, deny: "0" },
      { id: bob.id, type: 1, allow: "0", deny: manageChannels },
    );
    expect([await isAdmin(general.id, alice.id), await isAdmin(other.id, alice.id)]).toEqual([true, false]);
    expect([await isAdmin(general.id, bob.id), await isAdmin(other.id, bob.id)]).toEqual([false, true]);
  });

  it("is nobody who is not there, and nothing that is no user", async () => {
    const { discord, general, isAdmin } = await staged();
    expect(await isAdmin(general.id, discord.user("Zoe").id)).toBe(false);
    expect(await isAdmin(general.id, "nobody")).toBe(false);
  });

  it("in a private chat is its user", async () => {
    const { discord, isAdmin, alice } = await staged();
    const dm = discord.dm(alice).id;
    expect(await isAdmin(dm, alice.id)).toBe(true);
    expect(await isAdmin(dm, discord.user("Bob").id)).toBe(false);
  });

  it("where the bot is not is who the command said, for a minute", async () => {
    let now = Date.now();
    const { discord, gateway, isAdmin, alice } = await staged({ now: () => now });
    const bob = discord.user("Bob");
    const group = discord.groupDm("friends", [alice, bob]);
    const foreign = discord.guild("Foreign", { botIsMember: false });
    const there = foreign.text("there");
    foreign.grant(alice, "ManageGuild");
    for (const channel of [group, there]) {
      for (const user of [alice, bob]) discord.command(user, channel, "ask", { question: `${user.id} ${channel.id}` });
      for (const user of [alice, bob]) await gateway.said(`${user.id} ${channel.id}`);
      expect([await isAdmin(channel.id, alice.id), await isAdmin(channel.id, bob.id)]).toEqual([true, false]);
    }
    now += 61_000;
    await expect(isAdmin(group.id, alice.id)).rejects.toThrow();
  });

  it("cannot be found out while Discord fails, and no error tells more than that", async () => {
    const { discord, general, isAdmin, alice } = await staged();
    discord.fail("GET /channels/:channel", { status: 500 });
    const failure: unknown = await isAdmin(general.id, alice.id).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "DiscordError", message: expect.stringContaining("500") });
    expect(JSON.stringify(failure)).not.toContain(discord.token);
  });
});
