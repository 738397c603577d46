import { describe, expect, it } from "vitest";
import type { Choice } from "../../../adapters/adapter.ts";
import { pickedIn } from "../../../adapters/discord/choices.ts";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import type { SentMessage, WireUser } from "../../fakes/discord/posted.ts";
import { chunk, gate, never, place, Stage } from "./gateway.ts";

const DEFERRED = 5;
const SAID = 4;
const NOW = 1_790_000_000_123;
const POST = "POST /channels/:channel/messages";
const ORIGINAL = "PATCH /webhooks/:application/:token/messages/:message";

const SURE: readonly Choice[] = [
  { label: "Confirm", command: "confirm" },
  { label: "Cancel", command: "cancel" },
];
const STRATEGIES: readonly Choice[] = ["shared", "per-user", "per-thread", "tagged-hybrid"].map((name) => ({
  label: `${name}: how it is`,
  command: `strategy ${name} --here`,
}));

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  const alice = discord.user("Alice");
  const bob = discord.user("Bob");
  const found = (id: string) => {
    const sent = discord.sent.find(({ message }) => message.id === id);
    if (sent === undefined) throw new Error("nothing was sent");
    return sent;
  };
  const offer = async (choices: readonly Choice[], channel: Pick<FakeChannel, "id"> = general) =>
    found(await adapter.send(chunk(channel, "Sure?", { choices }), never));
  /** The answer to a command, as the gateway sends it. */
  const answer = async ({ source, replyToken }: InboundMessage, text: string, more: Parameters<typeof chunk>[2] = {}) =>
    found(await adapter.send(chunk(place(source.chat.id, source.thread?.id), text, { replyToken, ...more }), never));
  const call = async (user: WireUser, channel: FakeChannel, name = "strategy") => {
    const interaction = discord.command(user, channel, name);
    return {
      interaction,
      message: await gateway.messages.waitFor(({ source }) => source.messageId === interaction.id),
    };
  };
  const pick = async (user: WireUser, sent: SentMessage, label: string) => {
    const interaction = discord.picks(user, sent, label);
    return {
      interaction,
      message: await gateway.messages.waitFor(({ source }) => source.messageId === interaction.id),
    };
  };
  return { ...stage, stage, discord, gateway, team, general, adapter, alice, bob, offer, answer, call, pick };
}

describe("what can be chosen", () => {
  it("is told to the gateway", async () => {
    expect((await staged()).adapter.choices).toBe(true);
  });

  it("is one button each where there are two or fewer, and an entry of a menu where there are more", async () => {
    const { offer } = await staged();
    expect((await offer(SURE)).choices).toEqual([
      { label: "Confirm", id: "parley:confirm" },
      { label: "Cancel", id: "parley:cancel" },
    ]);
    expect((await offer(STRATEGIES)).choices).toEqual(
      STRATEGIES.map(({ label, command }) => ({ label, id: "parley-menu", value: command })),
    );
  });

  it("is offered once for each command, and no more often than a menu holds", async () => {
    const { offer } = await staged();
    expect((await offer([...SURE, ...SURE])).choices).toHaveLength(2);
    const many = Array.from({ length: 40 }, (_, n) => ({ label: "the same", command: `pick ${n}` }));
    expect((await offer(many)).choices.map(({ value }) => value)).toEqual(
      Array.from({ length: 25 }, (_, n) => `pick ${n}`),
    );
  });

  it("is shown as it is, on one line, with nothing in it that is not seen", async () => {
    const { offer } = await staged();
    const hostile = ["**b** <@1> @everyone", "one\n\ntwo", "abc\u202edef\u0007", " \u200b ", "x".repeat(100), "\ud800"];
    const shown = ["**b** <@1> @everyone", "one two", "abc def", "pick 3", `${"x".repeat(79)}…`, "\ufffd"];
    const choices = hostile.map((label, n) => ({ label, command: `pick ${n}` }));
    expect((await offer(choices)).choices.map(({ label }) => label)).toEqual(shown);
    for (const [n, choice] of choices.entries()) {
      expect((await offer([choice])).choices.map(({ label }) => label)).toEqual([shown[n]]);
    }
  });

  it("is left out where it could not be read back", async () => {
    const { offer } = await staged();
    const commands = ["", "Not a command", "é", `pick ${"é".repeat(30)}`, "pick\none", "ask me", "pick one"];
    const choices = commands.map((command) => ({ label: "x", command }));
    expect((await offer(choices)).choices).toEqual([{ label: "x", id: "parley:pick one" }]);
    expect((await offer(choices.slice(0, -1))).choices).toEqual([]);
  });

  it("stands there once although the answer was lost, and below what was a draft", async () => {
    const { discord, general, adapter } = await staged();
    discord.fail(POST, { after: "lost" });
    const lost = chunk(general, "Sure?", { choices: SURE });
    await expect(adapter.send(lost, never)).rejects.toMatchObject({ code: "temporary" });
    await adapter.send(lost, never);
    expect(discord.sent).toMatchObject([{ text: "Sure?", edits: [], choices: [{}, {}] }]);

    const draft = chunk(general, "Really?");
    const replaces = await adapter.send(draft, never);
    await adapter.send({ ...draft, replaces, choices: SURE }, never);
    expect(discord.sent[1]).toMatchObject({ text: "Really?", choices: [{ label: "Confirm" }, { label: "Cancel" }] });

    const found = chunk(general, "Honestly?");
    await adapter.send(found, never);
    await adapter.send({ ...found, choices: SURE }, never);
    expect(discord.sent[2]).toMatchObject({ text: "Honestly?", choices: [{ label: "Confirm" }, { label: "Cancel" }] });
    expect(discord.visible(general)).toHaveLength(3);
  });

  it("comes with files, and without them where the bot may not attach any", async () => {
    const { discord, team, general, adapter } = await staged();
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "A" }];
    await adapter.send(chunk(general, "one", { files, choices: SURE }), never);
    team.deny(general, "AttachFiles");
    await adapter.send(chunk(general, "two", { files, choices: SURE }), never);
    expect(discord.sent).toMatchObject([
      { text: "one", files: [{ name: "a.txt" }], choices: [{}, {}] },
      { text: "two", files: [], choices: [{}, {}] },
    ]);
  });
});

describe("what can be chosen below the answer to a command", () => {
  it("is seen and picked by the asker alone, where the answer is for them", async () => {
    const { discord, general, alice, bob, call, answer, pick } = await staged();
    const { interaction, message } = await call(alice, general);
    const sent = await answer(message, "Which one?", { choices: STRATEGIES });
    expect(interaction).toMatchObject({ text: "Which one?", ephemeral: true });
    expect(sent.choices).toHaveLength(4);
    expect(() => discord.picks(bob, sent, "shared: how it is")).toThrow("does not see");
    const picked = await pick(alice, sent, "shared: how it is");
    await answer(picked.message, "Sure?", { choices: SURE });
    expect(picked.interaction).toMatchObject({
      text: "Sure?",
      ephemeral: true,
      response: { choices: [{ label: "Confirm" }, { label: "Cancel" }] },
    });
    const confirmed = await pick(alice, picked.interaction.response as SentMessage, "Confirm");
    await answer(confirmed.message, "Done.");
    expect(confirmed).toMatchObject({ interaction: { text: "Done." }, message: { command: { name: "confirm" } } });
  });

  it("is there in what follows as well", async () => {
    const { general, alice, call, answer } = await staged();
    const { interaction, message } = await call(alice, general);
    await answer(message, "one");
    await answer(message, "two", { index: 1, choices: SURE });
    expect(interaction.followUps).toMatchObject([
      { text: "two", choices: [{ label: "Confirm" }, { label: "Cancel" }] },
    ]);
  });

  it("is there once, though the answer was lost", async () => {
    const { discord, general, alice, call, answer } = await staged();
    const { interaction, message } = await call(alice, general);
    discord.fail(ORIGINAL, { after: "lost" });
    await expect(answer(message, "Sure?", { choices: SURE })).rejects.toMatchObject({ code: "temporary" });
    await answer(message, "Sure?", { choices: SURE });
    expect(interaction.response?.choices).toHaveLength(2);
  });

  it("is left out in private, where it would be about another place", async () => {
    const { discord, general, alice, call, answer } = await staged();
    const { interaction, message } = await call(alice, general);
    await interaction.acknowledged;
    interaction.expire();
    await answer(message, "Sure?", { choices: SURE });
    expect(discord.sent).toMatchObject([{ text: "Sure?", channelId: discord.dm(alice).id, choices: [] }]);
  });
});

describe("whoever picks something", () => {
  it("sends its command, from the place where it stands, and waits for an answer that they alone see", async () => {
    const { general, bob, offer, pick, answer } = await staged({ now: () => NOW });
    const { interaction, message } = await pick(bob, await offer(STRATEGIES), "per-user: how it is");
    expect(message).toEqual({
      source: {
        platform: "discord",
        account: "default",
        chat: expect.objectContaining({ id: general.id, kind: "channel", guildName: "Team" }),
        user: expect.objectContaining({ id: bob.id, name: "Bob", isBot: false }),
        messageId: interaction.id,
        sentAt: NOW,
      },
      text: "/strategy per-user --here",
      attachments: [],
      addressed: true,
      command: { name: "strategy", args: "per-user --here" },
      replyToken: expect.stringContaining(interaction.token),
    });
    expect(await interaction.acknowledged).toBe(DEFERRED);
    await answer(message, "Done.");
    expect(interaction).toMatchObject({ text: "Done.", ephemeral: true });
  });

  it("in a thread, a private chat or a group of friends does it there", async () => {
    const { discord, general, alice, offer, call, answer, pick } = await staged();
    const thread = general.openThread(alice, "talk");
    const dm = discord.dm(alice);
    const friends = discord.groupDm("friends", [alice, discord.user("Carol")]);
    const below = await answer((await call(alice, friends)).message, "Sure?", { choices: SURE });
    const picked = [];
    for (const sent of [await offer(SURE, thread), await offer(SURE, dm), below]) {
      picked.push((await pick(alice, sent, "Confirm")).message.source);
    }
    expect(picked).toMatchObject([
      { chat: { id: general.id }, thread: { id: thread.id } },
      { chat: { id: dm.id, kind: "dm" } },
      { chat: { id: friends.id, kind: "group" } },
    ]);
  });

  it("is known as an admin by what Discord tells with it", async () => {
    const { discord, team, general, adapter, alice, bob, offer, pick } = await staged();
    team.grant(alice, "ManageChannels");
    const sent = await offer(SURE);
    const [first, second] = [await pick(alice, sent, "Confirm"), await pick(bob, sent, "Confirm")];
    const calls = discord.calls.length;
    expect(await adapter.isAdmin?.(place(general.id), alice.id, first.message.source.messageId)).toBe(true);
    expect(await adapter.isAdmin?.(place(general.id), bob.id, second.message.source.messageId)).toBe(false);
    expect(discord.calls).toHaveLength(calls);
  });

  it("hears only once it is committed, and is told if it was not", async () => {
    const { discord, gateway, alice, offer } = await staged();
    const sent = await offer(SURE);
    const disk = gate();
    gateway.commit = () => disk.passed;
    const interaction = discord.picks(alice, sent, "Confirm");
    await gateway.handedOver.waitFor(({ command }) => command?.name === "confirm");
    expect(interaction.state).toBe("waiting");
    disk.refuse();
    expect(await interaction.acknowledged).toBe(SAID);
    expect(interaction).toMatchObject({ ephemeral: true, text: expect.stringContaining("try again in a minute") });
  });

  it("is told at once if nobody will answer", async () => {
    const { discord, gateway, alice, offer } = await staged();
    gateway.answers = () => false;
    const interaction = discord.picks(alice, await offer(SURE), "Cancel");
    expect(await interaction.acknowledged).toBe(SAID);
    expect(interaction).toMatchObject({ ephemeral: true, text: expect.stringContaining(`discord:${alice.id}`) });
  });

  it("twice, or as two people, sends two commands", async () => {
    const { alice, bob, offer, pick } = await staged();
    const sent = await offer(SURE);
    const picked = [];
    for (const user of [alice, alice, bob]) picked.push((await pick(user, sent, "Cancel")).message.source);
    expect(new Set(picked.map(({ messageId }) => messageId)).size).toBe(3);
    expect(picked.map(({ user }) => user.id)).toEqual([alice.id, alice.id, bob.id]);
  });

  it("of another program's components, or what was made up, is not heard", async () => {
    const { discord, gateway, alice, offer, pick } = await staged();
    const sent = await offer(SURE);
    const forged = ["open:42", "parley:Rm -rf", "parley:ask what?", "parley-menu"].map((id) => ({ label: id, id }));
    for (const { label } of forged) discord.picks(alice, { ...sent, choices: forged }, label);
    await pick(alice, sent, "Confirm");
    expect(gateway.texts()).toEqual(["/confirm"]);
    expect(gateway.malformed.all).toEqual([]);
  });
});

describe("the data of a component", () => {
  it.each([
    [{ custom_id: "parley:confirm" }, { command: "confirm", options: [] }],
    [
      { custom_id: "parley:model claude-opus-5-5 --here" },
      { command: "model", options: [{ name: "", value: "claude-opus-5-5 --here" }] },
    ],
    [
      { custom_id: "parley-menu", values: ["strategy reset", "stop"] },
      { command: "strategy", options: [{ name: "", value: "reset" }] },
    ],
    [{ custom_id: `parley:${"a".repeat(60)}` }, { command: "a".repeat(60), options: [] }],
  ])("%j is a command", (data, picked) => {
    expect(pickedIn(data)).toEqual(picked);
  });

  it.each([
    undefined,
    {},
    { custom_id: 7 },
    { custom_id: "parley:" },
    { custom_id: "parley:Confirm" },
    { custom_id: "parley:stop\nall" },
    { custom_id: "parley:stop \u202eall" },
    { custom_id: `parley:${"a".repeat(61)}` },
    { custom_id: "parley:ask" },
    { custom_id: "parley-menu" },
    { custom_id: "parley-menu", values: [] },
    { custom_id: "parley-menu", values: [{}] },
    { custom_id: "parley-menu", values: ["/stop"] },
    { custom_id: "confirm" },
  ])("%j is none", (data) => {
    expect(pickedIn(data)).toBeNull();
  });
});

describe("a private chat", () => {
  it("is opened with anybody, also before they have written", async () => {
    const { discord, adapter, alice } = await staged();
    const to = await adapter.openPrivate?.(alice.id);
    expect(to).toEqual(place(discord.dm(alice).id));
    await adapter.send(chunk(to ?? place("1"), "Psst."), never);
    expect(discord.sent).toMatchObject([{ text: "Psst.", channelId: discord.dm(alice).id }]);
  });

  it("is refused with nobody, and with whom Discord refuses it", async () => {
    const { discord, adapter, alice } = await staged();
    for (const id of ["999", "nobody", ""]) {
      await expect(adapter.openPrivate?.(id)).rejects.toMatchObject({ name: "SendError", code: "refused" });
    }
    discord.fail("POST /users/@me/channels", { status: 403, code: 50007 });
    await expect(adapter.openPrivate?.(alice.id)).rejects.toMatchObject({ name: "SendError", code: "refused" });
  });

  it("that cannot be opened just now is not refused", async () => {
    const { discord, adapter, alice } = await staged();
    discord.fail("POST /users/@me/channels", { status: 502 });
    await expect(adapter.openPrivate?.(alice.id)).rejects.toMatchObject({ name: "SendError", code: "temporary" });
  });
});
