import { expect, test } from "vitest";
import { Operator } from "./operator.ts";

interface Listed {
  id: string;
  chat: string;
  user: string;
  state: string;
  code: string;
  failures: number;
  sent: number;
  chunks: number;
}

const OPEN = { PARLEY_ACCESS: "open" };
const REFUSAL = { status: 400, description: "Bad Request: this text is not allowed" };

test("an answer that the platform refuses is parked and told of, and goes out once it is put back", async () => {
  const operator = await Operator.open(OPEN);
  const gateway = await operator.gateway();
  const { tg } = operator.stage;
  const alice = await operator.stage.person("Alice");
  tg.fail("sendMessage", REFUSAL);
  await alice.says("the unspeakable");
  await alice.hears("cannot be posted here");
  await alice.says("and now?");
  await alice.hears("Answer to: and now?");
  const listed = (await operator.json("outbox")) as Listed[];
  expect(listed).toMatchObject([
    {
      chat: `telegram:${operator.stage.group.id}`,
      user: alice.id,
      state: "parked",
      code: "refused",
      sent: 0,
      chunks: 1,
    },
  ]);
  expect(JSON.stringify(listed)).not.toContain("unspeakable");
  expect(gateway.errors.join("\n")).toMatch(new RegExp(`"delivery":${listed[0]?.id}.*parley outbox`));
  expect(await operator.json("chats")).toMatchObject([{ failed: 1 }]);

  expect(await operator.says("outbox", "retry", listed[0]?.id ?? "")).toContain("put back");
  await alice.hears("Answer to: the unspeakable");
  await expect.poll(() => operator.json("outbox")).toEqual([]);
  expect(await operator.json("chats")).toMatchObject([{ failed: 0 }]);
  expect(await operator.refuses("outbox", "retry", listed[0]?.id ?? "")).toContain("sent or dropped already");
  expect(tg.sent.map(({ text }) => text)).toEqual([
    expect.stringContaining("cannot be posted here"),
    "Answer to: and now?",
    "Answer to: the unspeakable",
  ]);
});

test("what is dropped is never sent, not after a restart either", async () => {
  const operator = await Operator.open(OPEN);
  const gateway = await operator.gateway();
  const { tg } = operator.stage;
  const alice = await operator.stage.person("Alice");
  tg.fail("sendMessage", REFUSAL);
  await alice.says("hello");
  await alice.hears("cannot be posted here");
  const chat = `telegram:${operator.stage.group.id}`;
  expect(await operator.json("outbox", "drop", "--all", "--chat", chat)).toMatchObject({ dropped: ["1"], refused: [] });
  expect(await operator.json("outbox", chat)).toEqual([]);
  expect(await operator.json("audit", chat)).toMatchObject([{ what: "delivery 1", to: "dropped" }]);
  await gateway.end();
  await operator.gateway();
  await alice.says("once more");
  await alice.hears("Answer to: once more");
  expect(tg.sent.filter(({ text }) => text === "Answer to: hello")).toEqual([]);
});

test("an answer that the platform fails at for ever is parked, its reader is told, and the next one goes on", async () => {
  const operator = await Operator.open(OPEN, { outbox: { maxFailures: 3 } });
  await operator.gateway();
  const { tg } = operator.stage;
  const alice = await operator.stage.person("Alice");
  tg.fail("sendMessage", { status: 500, description: "Internal Server Error", times: 3 });
  await alice.says("poison");
  await alice.says("more");
  await alice.hears("cannot be posted here");
  await alice.hears("Answer to: more");
  expect(tg.calls.filter(({ method }) => method === "sendMessage")).toHaveLength(5);
  expect(await operator.json("outbox")).toMatchObject([{ state: "parked", code: "failing", failures: 3 }]);
});

test("an answer that ends the program whenever it is sent is parked after five times, and its reader told", async () => {
  const operator = await Operator.open(OPEN);
  const alice = await operator.stage.person("Alice");
  const deadly = { PARLEY_FAILPOINT: "adapter.send.before" };
  const first = operator.begin(deadly);
  await alice.says("killer");
  expect(await first.exited).toBe("SIGKILL");
  for (let start = 2; start <= 5; start++) expect(await operator.begin(deadly).exited).toBe("SIGKILL");
  await operator.gateway();
  await alice.hears("cannot tell whether my answer arrived");
  await alice.says("still there?");
  await alice.hears("Answer to: still there?");
  expect(await operator.json("outbox")).toMatchObject([{ state: "parked", code: "crashed", failures: 5 }]);
  expect(operator.claude.requests).toHaveLength(2);
  await operator.says("outbox", "retry", "--all");
  await alice.hears("Answer to: killer");
});
