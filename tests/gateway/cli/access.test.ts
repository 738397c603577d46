import { describe, expect, test } from "vitest";
import { hashCode } from "../../../gateway/codes.ts";
import { message } from "../../sessions/messages.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";

const chat = { platform: "telegram", account: "default", chatId: "-100" } as const;

describe("pair", () => {
  async function asked(): Promise<Desk> {
    const desk = Desk.open();
    await desk.isAsked(inPrivate("alice", "let me in"), "ABCD2345");
    const chat = { id: "77", kind: "channel", name: "general", guildId: "9", guildName: "Guild" } as const;
    await desk.isAsked(message("bob", "hi", { source: { chat } }), "EFGH6789");
    return desk;
  }

  test("list shows who asks, with the code in halves and no text", async () => {
    const desk = await asked();
    const said = await desk.says("pair", "list");
    expect(said).toMatch(/^ABCD-2345 +private +telegram:alice +.*ALICE \(alice\)/m);
    expect(said).toMatch(/^EFGH-6789 +channel +telegram:77 +general +Guild +BOB \(bob\)/m);
    expect(said).not.toContain("let me in");
    expect(await desk.json("pair", "list")).toEqual([
      expect.objectContaining({ code: "ABCD2345", kind: "user", chat: "telegram:alice", user: "alice", server: null }),
      expect.objectContaining({ code: "EFGH6789", kind: "chat", server: { id: "9", name: "Guild" } }),
    ]);
  });

  test("approve lets a person in, in whatever spelling the code is, and tells the chat", async () => {
    const desk = await asked();
    expect(await desk.says("pair", "approve", "abcd-2345")).toBe("Let in: ALICE (telegram:alice), in private.");
    expect(await desk.store.standing(chat, ["alice"])).toMatchObject({ user: true });
    expect(await desk.store.chatsWithDeliveries()).toHaveLength(2);
    expect(await desk.refuses("pair", "approve", "ABCD2345")).toContain("Nobody asks with that code");
  });

  test("approve --whole-server lets the server in", async () => {
    const desk = await asked();
    expect(await desk.refuses("pair", "approve", "ABCD2345", "--whole-server")).toContain("No server holds that chat");
    expect(await desk.json("pair", "approve", "EFGH6789", "--whole-server")).toMatchObject({
      approved: { code: "EFGH6789" },
      wholeServer: true,
    });
    expect(await desk.store.accessEntries()).toMatchObject([{ kind: "guild", id: "9", rule: "approved" }]);
  });

  test("dismiss takes a request away and lets nobody in", async () => {
    const desk = await asked();
    expect(await desk.says("pair", "dismiss", "ABCD2345")).toContain("may ask again");
    expect(await desk.store.accessEntries()).toEqual([]);
    expect(await desk.json("pair", "list")).toHaveLength(1);
  });

  test("five wrong codes in a row lock for an hour, also for the right one", async () => {
    const desk = await asked();
    for (let i = 0; i < 4; i++) expect(await desk.refuses("pair", "approve", "ZZZZZZZZ")).toContain("Nobody asks");
    expect(await desk.refuses("pair", "approve", "ZZZZZZZZ")).toContain("Too many wrong codes");
    expect(await desk.refuses("pair", "dismiss", "ABCD2345")).toMatch(/until \d{4}-/);
  });
});

describe("access", () => {
  test("allow, revoke, block and unblock keep one rule per subject", async () => {
    const desk = Desk.open();
    await desk.hears("11", "hi");
    expect(await desk.says("access", "allow", "user", "telegram:11")).toBe("telegram:11 is allowed.");
    expect(await desk.says("access", "allow", "user", "telegram:11")).toContain("allowed already");
    expect(await desk.json("access", "allow", "chat", GROUP)).toEqual({
      kind: "chat",
      ref: GROUP,
      rule: "approved",
      changed: true,
      dropped: 0,
      stopped: 0,
    });
    await desk.says("access", "allow", "guild", "discord:9");
    expect(await desk.says("access", "list")).toMatch(/^user +telegram:11 +approved +11 +cli:/m);
    expect(await desk.says("access", "list")).toMatch(/^chat +telegram:-100 +approved +Team +cli:/m);
    await desk.says("access", "revoke", "guild", "discord:9");
    await desk.says("access", "block", "telegram:11");
    expect(await desk.json("access", "list")).toMatchObject([
      { kind: "chat", ref: GROUP, rule: "approved" },
      { kind: "user", ref: "telegram:11", rule: "blocked" },
    ]);
    await desk.says("access", "unblock", "telegram:11");
    expect(await desk.store.standing(chat, ["11"])).toMatchObject({ blocked: false, user: false });
  });

  test("blocking drops what waits and marks what runs", async () => {
    const desk = Desk.open();
    const { lane } = await desk.hears("11", "first");
    const { runId } = await desk.begins(lane);
    await desk.hears("11", "second");
    expect(await desk.says("access", "block", "telegram:11")).toBe(
      "telegram:11 is blocked.\n1 answer stopped and 1 waiting message dropped.",
    );
    expect(await desk.store.stoppedRuns()).toEqual([runId]);
    expect(await desk.says("access", "block", "telegram:11")).toContain("is blocked already.");
  });

  test("list shows what the configuration allows as such", async () => {
    const desk = Desk.open({ owners: ["web:boss"], allow: { users: ["telegram:1"], chats: ["discord:9"] } });
    expect(await desk.json("access", "list")).toEqual([
      { kind: "user", ref: "web:boss", rule: "owner", name: null, by: "configuration", at: null },
      { kind: "user", ref: "telegram:1", rule: "approved", name: null, by: "configuration", at: null },
      { kind: "chat or guild", ref: "discord:9", rule: "approved", name: null, by: "configuration", at: null },
    ]);
  });

  test.each([
    [["revoke", "user", "telegram:99"], /was not allowed/],
    [["revoke", "user", "telegram:1"], /`allow\.users` of the configuration/],
    [["revoke", "user", "telegram:66"], /access unblock telegram:66/],
    [["revoke", "user", "telegram:77"], /owner remove telegram:77/],
    [["allow", "user", "telegram:66"], /access unblock telegram:66/],
    [["allow", "user", "telegram:77"], /is an owner/],
    [["block", "telegram:77"], /take the ownership away first.*owner remove/],
    [["block", "web:boss"], /owner by the configuration/],
    [["unblock", "telegram:99"], /is not blocked/],
    [["block", "alice"], /names no person: write platform:id/],
    [["block", "telegram:alice"], /"alice" is no id on telegram: ids there are numbers/],
    [["allow", "chat", "discord:-5"], /"-5" is no id on discord/],
    [["allow", "guild", "telegram:9"], /no servers on telegram, only on discord/],
    [["allow", "gild", "discord:9"], /Allowed choices are user, chat, guild/],
  ])("refuses %j and changes nothing", async (args, reason) => {
    const desk = Desk.open({ owners: ["web:boss"], allow: { users: ["telegram:1"] } });
    await desk.says("owner", "add", "telegram:77");
    await desk.says("access", "block", "telegram:66");
    expect(await desk.refuses("access", ...args)).toMatch(reason);
    expect(await desk.store.audit()).toHaveLength(2);
  });
});

describe("somebody who goes by several ids", () => {
  const account = { platform: "whatsapp", account: "default" } as const;
  const [LID, JID] = ["77@lid", "4917012345@s.whatsapp.net"];
  const user = { id: LID, name: "Zoe", aliases: [JID, "4917012345", "+4917012345"], isBot: false };
  const ids = [LID, JID, "+4917012345", "4917012345"];

  /** The same person wrote, under a number first and then under an id that hides it. */
  async function known(settings?: Parameters<typeof Desk.open>[0]): Promise<Desk> {
    const desk = Desk.open(settings);
    const wrote = (author: { id: string; name: string; isBot: boolean }) =>
      desk.hears("", "hi", { source: { ...account, chat: { id: author.id, kind: "dm" }, user: author } });
    await wrote({ id: JID, name: "Zoe", isBot: false });
    await desk.store.samePerson(account, JID, LID);
    await wrote(user);
    return desk;
  }

  test.each(ids)("is not blocked as %s while the configuration names them as an owner by any", async (id) => {
    for (const owner of ids) {
      const desk = await known({ owners: [`whatsapp:${owner}`] });
      expect(await desk.refuses("access", "block", `whatsapp:${id}`)).toContain("owner by the configuration");
      expect(await desk.json("chats", "show", `whatsapp:${LID}`)).toMatchObject({ access: { standing: "owner" } });
      expect(await desk.store.audit()).toEqual([]);
    }
  });

  test.each(ids)("is not blocked as %s while they are an owner by any", async (id) => {
    for (const owner of ids) {
      const desk = await known();
      await desk.says("owner", "add", `whatsapp:${owner}`);
      expect(await desk.refuses("access", "block", `whatsapp:${id}`)).toContain("take the ownership away first");
      await desk.says("owner", "remove", `whatsapp:${id}`);
      expect(await desk.says("access", "block", `whatsapp:${id}`)).toContain("is blocked");
      expect(await desk.json("chats", "show", `whatsapp:${LID}`)).toMatchObject({ access: { standing: "blocked" } });
      expect(await desk.refuses("owner", "add", `whatsapp:${owner}`)).toContain("access unblock");
      await desk.says("access", "unblock", `whatsapp:${owner}`);
      expect(await desk.store.accessEntries()).toEqual([]);
    }
  });

  test("is allowed by the configuration under any", async () => {
    const desk = await known({ allow: { users: ["whatsapp:+4917012345"] } });
    expect(await desk.json("chats", "show", `whatsapp:${LID}`)).toMatchObject({ access: { standing: "configured" } });
    expect(await desk.refuses("access", "revoke", "user", `whatsapp:${LID}`)).toContain("`allow.users`");
  });
});

describe("owner", () => {
  test("add and remove, with a word where nobody is left; list shows those of the configuration as such", async () => {
    const desk = Desk.open({ owners: ["web:boss"] });
    expect(await desk.says("owner", "add", "telegram:11")).toBe("telegram:11 is an owner.");
    expect(await desk.says("owner", "list")).toMatch(/^user +web:boss +owner +configuration$/m);
    expect(await desk.json("owner", "list")).toHaveLength(2);
    expect(await desk.says("owner", "remove", "telegram:11")).toBe("telegram:11 is no owner any more.");
    const alone = Desk.open();
    await alone.says("owner", "add", "telegram:11");
    expect(await alone.says("owner", "remove", "telegram:11")).toContain("There is no owner now");
    expect(await alone.says("owner", "list")).toContain("There is no owner");
  });

  test("code prints a code that makes whoever claims with it the first owner", async () => {
    const desk = Desk.open();
    const { code } = (await desk.json("owner", "code")) as { code: string };
    const claimed = await desk.store.claimOwner(hashCode(code), {
      kind: "user",
      platform: "telegram",
      account: "default",
      id: "11",
    });
    expect(claimed).toEqual({ kind: "claimed" });
    expect(await desk.refuses("owner", "code")).toContain("There is an owner already");
    expect(await desk.refuses("owner", "code", "--force")).toContain("There is an owner already");
  });

  test("code is refused where the configuration names an owner, unless it is forced", async () => {
    const desk = Desk.open({ owners: ["web:boss"] });
    expect(await desk.refuses("owner", "code")).toContain("--force");
    expect(await desk.says("owner", "code", "--force")).toMatch(/\/claim [2-9A-Z]{4}-[2-9A-Z]{4}$/m);
  });

  test.each([
    [["remove", "telegram:99"], /is no owner/],
    [["remove", "web:boss"], /by the configuration/],
    [["add", "telegram:66"], /access unblock/],
  ])("refuses %j", async (args, reason) => {
    const desk = Desk.open({ owners: ["web:boss"] });
    await desk.says("access", "block", "telegram:66");
    expect(await desk.refuses("owner", ...args)).toMatch(reason);
  });
});
