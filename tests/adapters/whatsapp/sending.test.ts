import { describe, expect, test } from "vitest";
import { chunk, never, RecordingGateway, Stage } from "./gateway.ts";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

describe("sending", () => {
  test("a message has an id that belongs to its chunk", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const first = chunk(alice.jid(), "hello");
    const id = await adapter.send(first, never);
    expect(id).toMatch(/^3EB0[0-9A-F]{18}$/);
    expect(await adapter.send(first, never)).toBe(id);
    expect(await adapter.send(chunk(alice.jid(), "hello"), never)).not.toBe(id);
    expect(stage.wa.sent.map(({ id, text, copies }) => [id === first.key, text, copies])).toHaveLength(2);
    expect(stage.wa.sent[0]).toMatchObject({ id, text: "hello", to: alice.jid(), copies: 2 });
    expect(stage.wa.violations).toEqual([]);
  });

  test("an answer quotes what it answers, shortened", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const question = `why? ${"x".repeat(1_000)}`;
    await alice.writes(question);
    const { source } = await stage.gateway.said("why?");
    const answer = { replyTo: source.messageId, forUserId: source.user.id };
    await adapter.send(chunk(source.chat.id, "because", answer), never);
    const { quotes } = await stage.wa.waitFor("because");
    expect(quotes).toEqual({ id: source.messageId, participant: alice.jid(), text: question.slice(0, 300) });
  });

  test("what was answered before a restart is quoted after it; what nobody knows any more is quoted empty", async () => {
    const stage = await Stage.linked();
    const before = await stage.started();
    const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
    const team = stage.wa.group("Team", [alice, bob]);
    await alice.writes("who?", { in: team });
    const { source } = await stage.gateway.said("who?");
    await before.close();
    const after = new RecordingGateway(stage.gateway.vault);
    const adapter = await stage.started({}, after);
    await adapter.send(chunk(team.id, "you", { replyTo: source.messageId, forUserId: source.user.id }), never);
    await adapter.send(chunk(team.id, "them", { replyTo: "GONE", forUserId: bob.jid() }), never);
    expect((await stage.wa.waitFor("you")).quotes).toEqual({
      id: source.messageId,
      participant: alice.jid(),
      text: "who?",
    });
    expect((await stage.wa.waitFor("them")).quotes).toEqual({ id: "GONE", participant: bob.jid(), text: "" });
  });

  test("nobody's message is quoted as somebody else's, even under the same id", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const [alice, mallory] = [stage.wa.contact("Alice"), stage.wa.contact("Mallory")];
    await alice.writes("my secret", { id: "SAME" });
    await stage.gateway.said("my secret");
    await adapter.send(chunk(mallory.jid(), "well", { replyTo: "SAME", forUserId: mallory.jid() }), never);
    expect((await stage.wa.waitFor("well")).quotes?.text).toBe("");
  });

  test("a message whose confirmation was lost is sent again as the very same: people see one", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    stage.wa.loseAck();
    const off = new AbortController();
    const first = chunk(alice.jid(), "only once");
    const sending = expect(adapter.send(first, off.signal)).rejects.toMatchObject({
      code: "temporary",
      uncertain: false,
    });
    await stage.wa.waitFor("only once");
    off.abort();
    await sending;
    await adapter.send({ ...first, text: "only once, but changed" }, never);
    await adapter.send(chunk(alice.jid(), "marker"), never);
    expect(stage.wa.sent.map(({ text, copies }) => [text, copies])).toEqual([
      ["only once", 2],
      ["marker", 1],
    ]);
  });

  test("a connection that breaks before the confirmation leaves it open, and a resend settles it", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const acks = stage.wa.holdAcks();
    const first = chunk(alice.jid(), "hello");
    const sending = expect(adapter.send(first, never)).rejects.toMatchObject({ code: "temporary", uncertain: false });
    await stage.wa.waitFor("hello");
    stage.wa.drop();
    await sending;
    acks.release();
    await stage.gateway.readyAgain();
    await adapter.send(first, never);
    await stage.wa.until(() => stage.wa.sent[0]?.copies === 2);
    expect(stage.wa.sent.length).toBe(1);
  });

  test("whoever could not read a message gets it once more, also after a restart", async () => {
    const stage = await Stage.linked();
    const before = await stage.started();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice]);
    await before.send(chunk(alice.jid(), "in private"), never);
    await before.send(chunk(team.id, "in the group"), never);
    const [alone, together] = [await stage.wa.waitFor("in private"), await stage.wa.waitFor("in the group")];
    await stage.wa.asksAgain(alice, alone);
    await before.close();
    await stage.started({}, new RecordingGateway(stage.gateway.vault));
    await stage.wa.asksAgain(alice, alone);
    await stage.wa.asksAgain(alice, together);
    expect(stage.wa.sent.length).toBe(2);
  });

  test("what somebody gets once more is sent until WhatsApp takes it", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice]);
    await adapter.send(chunk(alice.jid(), "in private"), never);
    await adapter.send(chunk(team.id, "in the group"), never);
    for (const words of ["in private", "in the group"]) {
      const sent = await stage.wa.waitFor(words);
      stage.wa.failSends(500, 2);
      await stage.wa.asksAgain(alice, sent);
    }
    expect(stage.wa.sent.length).toBe(2);
    expect(stage.wa.violations).toEqual([]);
  });

  test("whoever asks for a message that went to somebody else gets nothing", async () => {
    const stage = await Stage.linked();
    const before = await stage.started();
    const [alice, mallory] = [stage.wa.contact("Alice"), stage.wa.contact("Mallory")];
    await before.send(chunk(alice.jid(), "for Alice"), never);
    const sent = await stage.wa.waitFor("for Alice");
    await before.close();
    const after = new RecordingGateway(stage.gateway.vault);
    const adapter = await stage.started({}, after);
    void stage.wa.asksAgain(mallory, { ...sent, to: mallory.jid() });
    await stage.wa.until(() => stage.wa.waiting === 0);
    await adapter.send(chunk(mallory.jid(), "marker"), never);
    await stage.wa.waitFor("marker");
    expect(stage.wa.sent.map(({ text, copies }) => [text, copies])).toEqual([
      ["for Alice", 1],
      ["marker", 1],
    ]);
  });

  test("a group reads what is sent to it, whoever joined meanwhile as well", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
    const team = stage.wa.group("Team", [alice]);
    await adapter.send(chunk(team.id, "one"), never);
    team.add(bob);
    await bob.writes("I am here", { in: team });
    await stage.gateway.said("I am here");
    await adapter.send(chunk(team.id, "two"), never);
    await stage.wa.waitFor("two");
    expect(stage.wa.sent.map(({ to, text }) => [to, text])).toEqual([
      [team.id, "one"],
      [team.id, "two"],
    ]);
    expect(stage.wa.violations).toEqual([]);
  });

  test("sending and receiving at the same time lose no step of a session", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("first");
    await stage.gateway.said("first");
    const numbers = Array.from({ length: 15 }, (_, n) => n);
    await Promise.all([
      ...numbers.map((n) => adapter.send(chunk(alice.jid(), `out ${n}`), never)),
      ...numbers.map((n) => alice.writes(`in ${n}`)),
    ]);
    await Promise.all(numbers.map((n) => stage.gateway.said(`in ${n}`)));
    await stage.wa.waitForSent(15);
    expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
    expect(stage.wa.violations).toEqual([]);
    expect(stage.wa.sent.every(({ copies }) => copies === 1)).toBe(true);
  });

  test("files are sent as what they are, with the text as their caption", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const picture = { name: "pixel.png", mimeType: "image/png", base64: PIXEL };
    await adapter.send(chunk(alice.jid(), "a pixel", { files: [picture] }), never);
    const { media: image } = await stage.wa.waitFor("a pixel");
    expect(image).toMatchObject({ kind: "image", mimeType: "image/png", caption: "a pixel" });
    expect(image?.bytes.toString("base64")).toBe(PIXEL);
    const code = { name: "main.ts", mimeType: "text/plain", text: "const x = 1;\n" };
    const written = chunk(alice.jid(), "the code", { files: [code] });
    await adapter.send(written, never);
    const { media: file } = await stage.wa.waitFor("the code");
    expect(file).toMatchObject({ kind: "document", name: "main.ts", caption: "the code" });
    expect(file?.bytes.toString()).toBe("const x = 1;\n");
    const refused = adapter.send(chunk(alice.jid(), "two", { files: [code, picture] }), never);
    await expect(refused).rejects.toMatchObject({ code: "refused" });
  });

  test("a long text arrives whole, as a document of its name", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const text = Array.from({ length: 8_000 }, (_, line) => `- Zeile ${line}: äöü 🎉 …`).join("\n");
    expect(Buffer.byteLength(text)).toBeGreaterThan(200_000);
    const files = [{ name: "conversation.md", mimeType: "text/markdown", text }];
    await adapter.send(chunk(alice.jid(), "Your conversation", { files }), never);
    const { media } = await stage.wa.waitFor("Your conversation");
    expect(media).toMatchObject({ kind: "document", name: "conversation.md", mimeType: "text/markdown" });
    expect(media?.bytes.equals(Buffer.from(text))).toBe(true);
  });

  test.each([
    [463, { code: "refused" }],
    [421, { code: "temporary", uncertain: false }],
    [479, { code: "temporary", uncertain: false }],
    [400, { code: "refused" }],
    [404, { code: "chat-gone" }],
    [429, { code: "rate-limited", retryAfterMs: 60_000 }],
    [503, { code: "temporary", uncertain: false }],
  ])("a refusal with %i says what it is", async (code, failure) => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    stage.wa.failSends(code);
    await expect(adapter.send(chunk(alice.jid(), "hello"), never)).rejects.toMatchObject(failure);
    await adapter.send(chunk(alice.jid(), "after"), never);
  });

  test("a group that the bot is not in any more is gone", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice]);
    await adapter.send(chunk(team.id, "hello"), never);
    team.removeBot();
    await alice.writes("private");
    await stage.gateway.said("private");
    await expect(adapter.send(chunk(team.id, "anybody?"), never)).rejects.toMatchObject({ code: "chat-gone" });
    await expect(adapter.send(chunk("nonsense", "x"), never)).rejects.toMatchObject({ code: "chat-gone" });
  });

  test("people see that the bot types, and that it stops when the message is there", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    const to = chunk(alice.jid(), "done");
    await adapter.typing?.(to.to);
    await stage.wa.waitForPresence("composing", alice.jid());
    await adapter.send(to, never);
    await stage.wa.waitForPresence("paused", alice.jid());
    expect(stage.wa.presences.some(({ state }) => state === "available")).toBe(false);
  });

  test("without the option, nobody sees it type", async () => {
    const stage = await Stage.open();
    expect(stage.adapter({ typing: false }).typing).toBeUndefined();
  });

  test("an answer is held back as long as typing it would take", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started({ pacing: {}, now: () => 0, random: () => 0.5 });
    const alice = stage.wa.contact("Alice");
    await adapter.send(chunk(alice.jid(), "x".repeat(120)), never);
    await adapter.send(chunk(alice.jid(), ""), never);
    expect(adapter.waits).toEqual([2_000, 300]);
  });
});
