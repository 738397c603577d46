import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscordApi } from "../../../adapters/discord/client.ts";
import { readInteraction } from "../../../adapters/discord/interactions.ts";
import { Permissions } from "../../../adapters/discord/permissions.ts";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import { discordFixture } from "../../fakes/discord/fixtures.ts";
import { makeRole } from "../../fakes/discord/guilds.ts";
import type { PermissionName, WireUser } from "../../fakes/discord/posted.ts";
import { place, Stage } from "./gateway.ts";
import { RawClients } from "./raw-clients.ts";

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  await adapter.registerCommands?.([]);
  const isAdmin = (chatId: string, userId: string, command?: string) => {
    if (adapter.isAdmin === undefined) throw new Error("it cannot tell");
    return adapter.isAdmin(place(chatId), userId, command);
  };
  const alice = discord.user("Alice");
  /** Until the adapter has been told of all that has happened. */
  const told = async () => {
    const { id } = general.post(alice, "Has all of it arrived?");
    await gateway.messages.waitFor(({ source }) => source.messageId === id);
  };
  /** Of what was looked up since. */
  const lookUps = () => {
    const before = discord.calls.length;
    return () => discord.calls.slice(before).map(({ method, path }) => `${method} ${path}`);
  };
  /** Somebody uses a command there. @returns its id */
  const use = async (user: WireUser, channel: FakeChannel, options?: { botIsMember: boolean }) => {
    const { id } = discord.command(user, channel, "ask", { question: "?" }, options);
    await gateway.messages.waitFor(({ source }) => source.messageId === id);
    return id;
  };
  return { discord, gateway, team, general, isAdmin, alice, told, lookUps, use };
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
    const { team, general, isAdmin, alice, told } = await staged();
    team.member(alice);
    team.ownerId = alice.id;
    await told();
    expect(await isAdmin(general.id, alice.id)).toBe(true);
  });

  it("may be one in a channel alone, or everywhere else", async () => {
    const { discord, team, general, isAdmin, alice, told } = await staged();
    const bob = discord.user("Bob");
    team.member(alice);
    team.grant(bob, "ManageChannels");
    const manageChannels = String(1 << 4);
    const other = team.text("other");
    general.state.overwrites.push(
      { id: alice.id, type: 1, allow: manageChannels, deny: "0" },
      { id: bob.id, type: 1, allow: "0", deny: manageChannels },
    );
    // So that Discord tells of the channel.
    team.deny(general, "AttachFiles");
    await told();
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
    const { discord, isAdmin, alice, use } = await staged({ now: () => now });
    const bob = discord.user("Bob");
    const group = discord.groupDm("friends", [alice, bob]);
    const foreign = discord.guild("Foreign", { botIsMember: false });
    const there = foreign.text("there");
    foreign.grant(alice, "ManageGuild");
    const used: Array<{ channel: FakeChannel; user: WireUser; id: string }> = [];
    for (const channel of [group, there]) {
      for (const user of [alice, bob]) used.push({ channel, user, id: await use(user, channel) });
    }
    const verdicts = () => Promise.all(used.map(({ channel, user, id }) => isAdmin(channel.id, user.id, id)));
    expect(await verdicts()).toEqual([true, false, true, false]);
    now += 59_000;
    expect(await verdicts()).toEqual([true, false, true, false]);
    now += 2_000;
    for (const { channel, user, id } of used) await expect(isAdmin(channel.id, user.id, id)).rejects.toThrow();
  });

  it("is who their command said, without a lookup, for that command alone", async () => {
    const { discord, team, general, isAdmin, alice, use, lookUps } = await staged();
    const bob = discord.user("Bob");
    team.member(bob);
    team.grant(alice, "ManageChannels");
    const command = await use(alice, general);
    const lookedUp = lookUps();
    expect(await isAdmin(general.id, alice.id, command)).toBe(true);
    expect(lookedUp()).toEqual([]);
    expect(await isAdmin(general.id, bob.id, command)).toBe(false);
    expect(lookedUp()).not.toEqual([]);
    team.member(alice, { roles: [] });
    const written = general.post(alice, "/strategy shared");
    for (const later of [written.id, undefined]) expect(await isAdmin(general.id, alice.id, later)).toBe(false);
    const again = await use(alice, general);
    expect(await isAdmin(general.id, alice.id, again)).toBe(false);
    expect(await isAdmin(general.id, alice.id, command)).toBe(true);
  });

  it("is who their command said in that channel, and elsewhere who is one there", async () => {
    const { discord, team, general, isAdmin, alice, use } = await staged();
    team.member(alice);
    const theirs = discord.groupDm("friends", [alice]);
    const foreign = discord.guild("Foreign", { botIsMember: false }).text("there");
    const inPrivate = await use(alice, discord.dm(alice));
    expect(await isAdmin(general.id, alice.id, inPrivate)).toBe(false);
    for (const { id } of [theirs, foreign]) await expect(isAdmin(id, alice.id, inPrivate)).rejects.toThrow();
  });

  it("cannot be found out where a lookup is refused, whatever an earlier command said", async () => {
    const { discord, team, general, isAdmin, alice, use } = await staged();
    team.grant(alice, "ManageGuild");
    await use(alice, general);
    for (const route of ["GET /channels/:channel", "GET /guilds/:guild/members/:user"]) {
      discord.fail(route, { status: 404, times: 9 });
    }
    const { id } = general.post(alice, "/strategy shared");
    await expect(isAdmin(general.id, alice.id, id)).rejects.toMatchObject({ name: "DiscordError" });
  });

  it("is either of two whose private chat it is", async () => {
    const { discord, isAdmin, alice, use } = await staged();
    const theirs = discord.dm(discord.user("Bob"));
    const command = await use(alice, theirs, { botIsMember: false });
    expect(await isAdmin(theirs.id, alice.id, command)).toBe(true);
    expect(await isAdmin(theirs.id, alice.id)).toBe(false);
  });

  it("cannot be found out while Discord fails, and no error tells more than that", async () => {
    const { discord, general, isAdmin, alice } = await staged();
    for (const route of ["GET /channels/:channel", "GET /guilds/:guild/members/:user"]) {
      discord.fail(route, { status: 500 });
    }
    const failure: unknown = await isAdmin(general.id, alice.id).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "DiscordError", message: expect.stringContaining("500") });
    expect(JSON.stringify(failure)).not.toContain(discord.token);
  });
});

describe("a server that discord.js keeps", () => {
  let discord: FakeDiscord;
  let api: DiscordApi;
  let clients: RawClients;

  beforeEach(async () => {
    discord = await FakeDiscord.start();
    api = new DiscordApi(discord.token, { apiRoot: discord.apiRoot });
    clients = new RawClients(discord);
  });

  afterEach(async () => {
    await clients.close();
    api.close();
    await discord.close();
  });

  async function permissionsNow(): Promise<Permissions> {
    const client = await clients.connected();
    return new Permissions(api, Date.now, () => client);
  }

  const lookUps = () =>
    discord.calls.flatMap(({ method, path }) => (/^.guilds|^.channels/.test(path) ? [`${method} ${path}`] : []));

  it("tells who manages a channel as soon as it is known which roles the member has", async () => {
    const team = discord.guild("Team");
    const general = team.text("general");
    const [owner, admin, manager, elsewhere, nobody] = ["Ada", "Bo", "Cy", "Di", "Ed"].map((name) =>
      discord.user(name),
    );
    if (!owner || !admin || !manager || !elsewhere || !nobody) throw new Error("nobody is there");
    team.ownerId = owner.id;
    team.grant(admin, "Administrator");
    team.grant(manager, "ManageChannels");
    team.grant(elsewhere, "ManageChannels");
    team.member(nobody);
    const { overwrites } = general.state;
    const manageChannels = String(1 << 4);
    overwrites.push({ id: elsewhere.id, type: 1, allow: "0", deny: manageChannels });
    overwrites.push({ id: admin.id, type: 1, allow: "0", deny: manageChannels });
    const permissions = await permissionsNow();
    const verdicts = [];
    for (const { id } of [owner, admin, manager, elsewhere, nobody])
      verdicts.push(await permissions.isAdmin(general.id, id));
    expect(verdicts).toEqual([true, true, true, false, false]);
    const members = [admin, manager, elsewhere, nobody].map(({ id }) => `GET /guilds/${team.id}/members/${id}`);
    expect(lookUps()).toEqual(members);
  });

  it("is asked about a role that it does not know yet", async () => {
    const team = discord.guild("Team");
    const general = team.text("general");
    const alice = discord.user("Alice");
    const { roles } = team.member(alice);
    const permissions = await permissionsNow();
    expect(await permissions.isAdmin(general.id, alice.id)).toBe(false);
    team.state.roles.push(makeRole("77", "new", 1n << 4n));
    roles.push("77");
    expect(await permissions.isAdmin(general.id, alice.id)).toBe(true);
    expect(lookUps()).toContain(`GET /guilds/${team.id}`);
  });

  it("is asked where a command did not tell what its user may do", async () => {
    const { payload } = discordFixture("ask in a channel");
    const { permissions: _, ...member } = payload.member as Record<string, unknown>;
    const interaction = readInteraction({ ...payload, member });
    if (interaction === null) throw new Error("no command");
    const permissions = new Permissions(api, Date.now);
    permissions.note(interaction, interaction.channel.id);
    const { id, channel, user } = interaction;
    await expect(permissions.isAdmin(channel.id, user.id, id)).rejects.toThrow(/10003/);
  });
});
