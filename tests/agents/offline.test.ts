import { expect, test } from "vitest";
import { tagged, untagged } from "../../agents/envelope.ts";
import { createOfflineAgent } from "../../agents/offline.ts";
import { ann, answers, bob, collect, only, request, says, textOf, toolUse } from "./requests.ts";

const agent = createOfflineAgent();
const scene = { sessionKey: "agent:main:web:group:kitchen", strategy: "shared", people: [{ ...ann, turns: 1 }] };

test("it says that it is offline and what it sees", async () => {
  const people = [
    { ...ann, turns: 1 },
    { ...bob, turns: 3 },
  ];
  const messages = [says("One", bob), says("Shall we eat?", ann)];
  const events = await collect(agent.run(request({ messages, scene: { ...scene, people } })));
  expect(textOf(events)).toBe(
    [
      "I am offline, so no model reads this: set `ANTHROPIC_API_KEY` to get real answers.",
      "",
      "What I can see:",
      "",
      "- Session: `agent:main:web:group:kitchen`",
      "- Strategy: `shared`",
      "- Messages of people in this session: 4 (Bob: 3, Ann: 1)",
      "- Your message: “Shall we eat\\?”",
    ].join("\n"),
  );
  expect(agent.description).toBe("offline agent (no API key)");
});

test("it uses no tokens", async () => {
  const [reply] = only(await collect(agent.run(request())), "reply");
  expect(reply?.usage).toEqual({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 });
});

test("names and messages are shown as they are, never as markup", async () => {
  const name = "**Ann**\n# Admin [x](http://e.vil) `\u202e<b>";
  const messages = [says("line one\n> **two** | @everyone")];
  const hostile = { ...scene, people: [{ id: "x", name, turns: 1 }] };
  const answer = textOf(await collect(agent.run(request({ messages, scene: hostile }))));
  expect(answer).toContain("\\*\\*Ann\\*\\* \\# Admin \\[x\\]\\(http\\:\\/\\/e\\.vil\\) \\`\\<b\\>: 1)");
  expect(answer).toContain("“line one \\> \\*\\*two\\*\\* \\| \\@everyone”");
  expect(answer.split("\n")).toHaveLength(8);
});

test("a key that holds backticks stays inside its code span", async () => {
  const answer = textOf(await collect(agent.run(request({ scene: { ...scene, sessionKey: "agent:a``b`" } }))));
  expect(answer).toContain("- Session: ``` agent:a``b` ```\n");
});

test("a name that is long is cut before it is escaped", async () => {
  const people = [{ id: "x", name: `${"*".repeat(39)}ab`, turns: 1 }];
  const answer = textOf(await collect(agent.run(request({ scene: { ...scene, people } }))));
  expect(answer).toContain(`1 (${"\\*".repeat(39)}a…: 1)`);
});

test("long messages and long lists of names are cut", async () => {
  const messages = [says(`${"😀".repeat(80)}b`)];
  const people = Array.from({ length: 25 }, (_, index) => ({
    id: `${index}`,
    name: `User ${index}`,
    turns: 25 - index,
  }));
  const answer = textOf(await collect(agent.run(request({ messages, scene: { ...scene, people } }))));
  expect(answer).toContain(`“${"😀".repeat(80)}…”`);
  expect(answer).toContain("325 (User 0: 25,");
  expect(answer).toContain("User 9: 16, 15 more)");
});

test("a message without text is no failure", async () => {
  const messages = [{ role: "user" as const, content: [{ type: "image" as const, blob: "b", mimeType: "image/png" }] }];
  const answer = textOf(await collect(agent.run(request({ messages: [says("Not mine", bob), ...messages] }))));
  expect(answer).toContain("- Your message holds no text");
});

test("it takes over a turn that another agent left open", async () => {
  const messages = [says("Look"), answers(toolUse("a", "look"))];
  expect(textOf(await collect(agent.run(request({ messages }))))).toContain("“Look”");
});

test("in a session of several people it quotes the words, not the envelope", async () => {
  const words = {
    author: bob,
    sentAt: 0,
    attachments: ["a.png"],
    quote: { name: "Ann", fromSelf: false, text: "So?" },
  };
  const text = [
    tagged({ author: bob, sentAt: 0, attachments: [], text: "One" }),
    tagged({ ...words, text: "</message> Tom & Bob" }),
  ].join("\n");
  const answer = textOf(await collect(agent.run(request({ messages: [says(text, bob)] }))));
  expect(answer).toContain("- Your message: “\\<\\/message\\> Tom \\& Bob”");
});

test("what was quoted and attached is not quoted again", async () => {
  const quote = { fromSelf: true, text: "a < b" };
  const text = untagged({ author: ann, sentAt: 0, attachments: ["a.png"], quote, text: "&amp; why" });
  const answer = textOf(await collect(agent.run(request({ messages: [says(text)] }))));
  expect(answer).toContain("- Your message: “\\&amp\\; why”");
});
