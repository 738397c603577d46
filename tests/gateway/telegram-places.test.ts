import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { commands } from "../../gateway/commands/index.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import type { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import type { WireUser } from "../fakes/telegram/wire.ts";
import { TelegramStage } from "./stage/telegram-stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";

/** What only Telegram has: forums, supergroups, albums, groups that move, redelivered updates. */
describe("Telegram", () => {
  let stage: TelegramStage;
  let theatre: Theatre;
  let tg: FakeTelegram;
  let alice: WireUser;
  let bob: WireUser;

  beforeEach(async () => {
    stage = await TelegramStage.open();
    ({ tg } = stage);
    alice = tg.user("Alice");
    bob = tg.user("Bob");
  });

  async function open(options: TheatreOptions = {}): Promise<void> {
    theatre = await Theatre.open(stage, { strategy: "shared", ...options });
    theatre.claude.respond(
      ({ body }) =>
        `Answer to: ${lastUserText(body)
          .replace(/<[^>]*>|@\w+/g, "")
          .trim()}`,
    );
  }

  test("a supergroup reply with a thread id that is no topic belongs to the chat's session", async () => {
    await open();
    const { group } = stage;
    const first = group.post(alice, "@parley_bot one");
    await tg.waitFor("Answer to: one");
    group.post(bob, "@parley_bot two", { replyTo: first });
    const answer = await tg.waitFor("two");
    expect(answer.topic).toBeUndefined();
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("one");
  });

  test("in a forum a message without a topic is General's, and the reply goes there, not to the topic that spoke last", async () => {
    await open();
    const forum = tg.group("Forum", { forum: true });
    const topic = forum.openTopic("Sport", alice);
    forum.post(alice, "@parley_bot in sport", { topic });
    expect(await tg.waitFor("in sport")).toMatchObject({ topic: topic.id });
    forum.post(bob, "@parley_bot in general");
    expect((await tg.waitFor("in general")).topic).toBeUndefined();
    expect(promptOf(theatre.claude.requests[1] as never)).not.toContain("in sport");
  });

  test("the same topic number in two forums is two sessions", async () => {
    await open();
    const [one, two] = [tg.group("One", { forum: true }), tg.group("Two", { forum: true })];
    const [inOne, inTwo] = [one.openTopic("A", alice), two.openTopic("A", alice)];
    expect(inOne.id).toBe(inTwo.id);
    one.post(alice, "@parley_bot apples", { topic: inOne });
    await tg.waitFor("apples");
    two.post(alice, "@parley_bot pears", { topic: inTwo });
    await tg.waitFor("pears");
    expect(promptOf(theatre.claude.requests[1] as never)).not.toContain("apples");
  });

  test("a topic that was deleted is tried once more, then the failure is visible and nothing leaks into General", async () => {
    await open();
    const forum = tg.group("Forum", { forum: true });
    const topic = forum.openTopic("Doomed", alice);
    const gate = theatre.claude.hold();
    forum.post(alice, "@parley_bot quick", { topic });
    await theatre.claude.waitForInFlight(1);
    topic.state = "deleted";
    gate.release();
    await tg.waitForCall("sendMessage");
    await expect
      .poll(() => tg.calls.filter(({ method }) => method === "sendMessage").length, { timeout: 5_000 })
      .toBe(2);
    // What comes next in that chat is sent, so the failed one is settled.
    forum.post(bob, "@parley_bot over here");
    await tg.waitFor("over here");
    expect(tg.sent.map(({ text }) => text)).toEqual(["Answer to: over here"]);
    expect(theatre.logged.join()).toContain("a delivery is parked");
    const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
    expect(metrics).toContain('parley_deliveries_failed_total{platform="telegram",code="thread-gone"} 1');
  });

  test("per-thread opens a topic for a question in General, and what is said inside goes on without a mention", async () => {
    await open({ strategy: "per-thread" });
    const forum = tg.group("Forum", { forum: true });
    forum.post(alice, "@parley_bot plan a trip");
    const { topic: opened } = await tg.waitFor("plan a trip");
    expect(opened).toBeTypeOf("number");
    const topic = forum.topics.get(opened as number);
    forum.post(bob, "by train please", { topic });
    expect(await tg.waitFor("by train")).toMatchObject({ topic: opened });
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("plan a trip");
  });

  test("per-thread answers in place where the bot may not open topics, and replies go on with it", async () => {
    await open({ strategy: "per-thread" });
    const forum = tg.group("Forum", { forum: true });
    forum.botMayOpenTopics = false;
    forum.post(alice, "@parley_bot plan a trip");
    const answer = await tg.waitFor("plan a trip");
    expect(answer.topic).toBeUndefined();
    forum.post(bob, "by train please", { replyTo: answer.message });
    await tg.waitFor("by train");
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("plan a trip");
  });

  test("a group that becomes a supergroup keeps its conversation, and what is in flight arrives in the new chat", async () => {
    await open();
    const group = tg.group("Small");
    group.post(alice, "@parley_bot remember apples");
    await tg.waitFor("remember apples");
    const gate = theatre.claude.hold();
    group.post(bob, "@parley_bot slow one");
    await theatre.claude.waitForInFlight(1);
    group.post(alice, "@parley_bot waiting one");
    const grown = tg.migrate(group);
    grown.post(alice, "@parley_bot and now?");
    gate.release();
    expect((await tg.waitFor("slow one")).chatId).toBe(grown.id);
    expect((await tg.waitFor("waiting one")).chatId).toBe(grown.id);
    await tg.waitFor("and now");
    expect(promptOf(theatre.claude.requests.at(-1) as never)).toContain("remember apples");
  });

  test("the same update again, during the turn, after it and in parallel, is one run and one reply", async () => {
    await open();
    const gate = theatre.claude.hold();
    const message = stage.group.post(alice, "@parley_bot once");
    await theatre.claude.waitForInFlight(1);
    await tg.redeliver(message, 3);
    gate.release();
    await tg.waitFor("once");
    await tg.redeliver(message, 2);
    stage.group.post(bob, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent.map(({ text }) => text)).toEqual(["Answer to: once", "Answer to: marker"]);
    expect(theatre.claude.requests).toHaveLength(2);
  });

  test("an album with one caption is one turn with all its pictures", async () => {
    await open();
    const png = { bytes: Buffer.from("iVBORw0KGgo=", "base64"), name: "p.png" };
    stage.group.post(alice, "", { photo: png, album: "a1" });
    stage.group.post(alice, "@parley_bot what is this?", { photo: png, album: "a1" });
    stage.group.post(alice, "", { photo: png, album: "a1" });
    await tg.waitFor("Answer to");
    expect(theatre.claude.requests).toHaveLength(1);
    const blocks = theatre.claude.requests[0]?.body.messages.flatMap(
      ({ content }) => content as Array<{ type: string }>,
    );
    expect(blocks?.filter(({ type }) => type === "image")).toHaveLength(3);
  });

  test("a text that Telegram cut at its limit is one turn", async () => {
    await open();
    const long = `@parley_bot ${"x".repeat(4_080)}`;
    stage.group.post(alice, long);
    stage.group.post(alice, "and its end");
    await tg.waitFor("and its end");
    expect(theatre.claude.requests).toHaveLength(1);
  });

  test("/cmd@otherbot is not ours, a command in a caption is, a slash in mid-text is not", async () => {
    await open();
    const { group } = stage;
    group.post(alice, "/status@other_bot");
    group.post(alice, "/status@parley_bot", { document: { bytes: Buffer.from("x"), name: "x.txt" } });
    await tg.waitFor("Strategy");
    group.post(alice, "@parley_bot is it and/or, or /status?");
    await tg.waitFor("and/or");
    group.post(alice, "write to jane@parley_bot.com or @parley_bot_x, @everyone");
    group.post(bob, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent).toHaveLength(3);
  });

  test("the part that the user selected is quoted, not the whole message", async () => {
    await open();
    const remark = stage.group.post(bob, "apples are red and pears are green");
    stage.group.post(alice, "@parley_bot sure?", { replyTo: remark, quote: "pears are green" });
    await tg.waitFor("sure?");
    const spoken = lastUserText(theatre.claude.requests[0]?.body as never);
    expect(spoken).toContain("pears are green");
    expect(spoken).not.toContain("apples");
  });

  test("an answer longer than a message is sent in parts, fences reopened, nothing lost, in order", async () => {
    await open();
    const lines = Array.from({ length: 300 }, (_, i) => `const line${i} = "${"y".repeat(12)}";`);
    theatre.claude.respond(() => `Look:\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n\nDone.`);
    const asked = stage.group.post(alice, "@parley_bot code please");
    await tg.waitFor("Done.");
    expect(tg.sent.length).toBeGreaterThan(1);
    expect(tg.sent.map(({ replyTo }) => replyTo === asked.message_id)).toEqual(tg.sent.map((_, i) => i === 0));
    for (const { payload } of tg.sent) {
      const html = String(payload.text);
      expect(html.match(/<pre>/g)?.length).toBe(html.match(/<\/pre>/g)?.length);
    }
    const text = tg.sent.map((sent) => sent.text).join("\n");
    for (const line of lines) expect(text).toContain(line);
  });

  test("a rate limit is waited for and the answer arrives once", async () => {
    await open();
    tg.fail("sendMessage", { status: 429, description: "Too Many Requests: retry after 1", retryAfter: 1 });
    stage.group.post(alice, "@parley_bot patient?");
    await tg.waitFor("patient");
    expect(tg.calls.filter(({ method }) => method === "sendMessage")).toHaveLength(2);
    expect(tg.sent).toHaveLength(1);
  });

  test("an answer whose acknowledgement was lost is sent again at most once", async () => {
    await open();
    tg.fail("sendMessage", { when: "after" });
    stage.group.post(alice, "@parley_bot lost?");
    await tg.waitForSent(2);
    stage.group.post(bob, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent.filter(({ text }) => text.includes("lost"))).toHaveLength(2);
    const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
    expect(metrics).toContain('parley_chunks_possibly_duplicated_total{platform="telegram"} 1');
  });

  test("only those on the list are answered; a stranger is told once, in private alone", async () => {
    await open({ env: { PARLEY_ACCESS: "allowlist" }, settings: { owners: [`telegram:${alice.id}`] } });
    stage.group.post(bob, "@parley_bot me too?");
    tg.dm(bob).post(bob, "hello?");
    expect((await tg.waitFor("operator")).text).toContain(`telegram:${bob.id}`);
    tg.dm(bob).post(bob, "please?");
    stage.group.post(alice, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent).toHaveLength(2);
    expect(theatre.claude.requests).toHaveLength(1);
  });

  test("an admin of the group may stop somebody else's run and begin anew for all", async () => {
    await open();
    stage.group.promote(bob);
    const gate = theatre.claude.hold();
    stage.group.post(alice, "@parley_bot endless");
    await theatre.claude.waitForInFlight(1);
    stage.group.post(bob, "/stop");
    await tg.waitFor("Stopped.");
    gate.release();
    stage.group.post(bob, "/new");
    await tg.waitFor(/we start with nothing|new conversation already/);
    expect(theatre.claude.requests[0]?.aborted).toBe(true);
  });

  test("what is asked right behind /stop is answered, and right behind /new it is answered from a new conversation", async () => {
    await open({ strategy: "per-user" });
    const { group } = stage;
    group.post(alice, "@parley_bot remember apples");
    await tg.waitFor("remember apples");
    for (const [command, question] of [
      ["/stop", "a better idea"],
      ["/new", "what was it"],
    ] as const) {
      tg.together(() => {
        group.post(alice, command);
        group.post(alice, `@parley_bot ${question}`);
      });
      await tg.waitFor(question);
    }
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("apples");
    expect(promptOf(theatre.claude.requests[2] as never)).not.toContain("apples");
  });

  test("an admin's /stop all tells those whose answers it ends", async () => {
    await open({ strategy: "per-user" });
    stage.group.promote(bob);
    const gate = theatre.claude.hold();
    const asked = stage.group.post(alice, "@parley_bot endless");
    await theatre.claude.waitForInFlight(1);
    stage.group.post(bob, "/stop all");
    const told = await tg.waitFor("An admin of this chat has stopped");
    expect(told.replyTo).toBe(asked.message_id);
    await tg.waitFor("Stopped.");
    gate.release();
  });

  test("a hanging look-up of admins neither blocks others nor outlives the grace period; its command runs after the restart", async () => {
    await open({ settings: { shutdown: { graceMs: 100 } } });
    const lookUp = tg.hang("getChatMember");
    stage.group.post(bob, "/stop all");
    await lookUp.arrived;
    stage.group.post(alice, "@parley_bot meanwhile");
    await tg.waitFor("meanwhile");
    await theatre.gateway.stop();
    lookUp.release();
    await theatre.rise();
    await tg.waitFor("Only an admin of this chat");
  });

  test("a strategy that fails on a message silences nobody", async () => {
    const module = join(await mkdtemp(join(tmpdir(), "parley-broken-")), "broken.mjs");
    onTestFinished(() => rm(dirname(module), { recursive: true }));
    await writeFile(module, 'export default { name: "broken", summary: "B.", plan() { throw new Error("oops"); } };');
    await open({ strategy: "broken", settings: { strategies: [module] } });
    stage.group.post(alice, "@parley_bot anybody?");
    await tg.waitFor("anybody");
    expect(theatre.logged.join()).toContain("a strategy failed on a message");
  });

  test("other bots are not answered", async () => {
    await open();
    const robot = tg.user("Robot", { is_bot: true });
    stage.group.post(robot, "@parley_bot beep");
    stage.group.post(alice, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent).toHaveLength(1);
  });

  test("the commands are offered in Telegram's menu", async () => {
    await open();
    await tg.waitForCall("setMyCommands");
    stage.group.post(alice, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.commands.map(({ command }) => command)).toEqual(commands.map(({ name }) => name));
  });

  test("typing is shown while a run is on", async () => {
    await open();
    const gate = theatre.claude.hold();
    stage.group.post(alice, "@parley_bot think");
    await tg.waitForCall("sendChatAction");
    gate.release();
    await tg.waitFor("think");
  });

  test("webhook: what is accepted is acknowledged, and a wrong secret is refused", async () => {
    const { createServer } = await import("node:net");
    const probe = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => probe.once("listening", resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const url = `http://127.0.0.1:${port}/telegram/hook`;
    await open({ env: { PARLEY_PORT: String(port) }, settings: { telegram: { mode: "webhook", webhook: { url } } } });
    const refused = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    expect(refused.status).toBe(403);
    const message = stage.group.post(alice, "@parley_bot by hook");
    await tg.waitFor("by hook");
    await tg.redeliver(message, 3);
    stage.group.post(bob, "@parley_bot marker");
    await tg.waitFor("marker");
    expect(tg.sent).toHaveLength(2);
  });
});
