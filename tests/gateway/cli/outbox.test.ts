import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Desk, GROUP } from "./desk.ts";

const SECRET = "what-nobody-may-read";

interface Row {
  id: string;
}

/** A gateway's data with something to send to a chat. @returns the chat's number */
async function enqueue(
  desk: Desk,
  texts: string[],
  { chat = "-100", threadId = undefined as string | undefined } = {},
) {
  const { lane } = await desk.hears("alice", "q", { source: { chat: { id: chat, kind: "group" } } });
  const run = await desk.begins(lane);
  const chunks = texts.map((text) => ({ text, plain: text }));
  const to = { ...run.to, ...(threadId !== undefined && { threadId }) };
  await desk.store.end(run, { outcome: "done", deliveries: [{ to, chunks, isAnswer: true, forUserId: "alice" }] });
  return run.chat.ref;
}

async function park(desk: Desk, chatRef: number, code = "refused"): Promise<void> {
  const chunk = await desk.store.nextChunk(chatRef);
  if (chunk !== null) await desk.store.deliveryFailed(chunk, code);
}

async function begin(desk: Desk, chatRef: number) {
  const chunk = await desk.store.nextChunk(chatRef);
  if (chunk === null) throw new Error("nothing to send");
  return chunk;
}

const ids = async (desk: Desk) => ((await desk.json("outbox")) as Row[]).map(({ id }) => id);

describe("outbox", () => {
  test("lists what is parked and what waits, for people and for programs, and none of the texts", async () => {
    const desk = Desk.open();
    const group = await enqueue(desk, [SECRET, SECRET], { threadId: "7" });
    await desk.store.chunkSent(await begin(desk, group), "m1");
    await park(desk, group, "failing");
    const other = await enqueue(desk, [SECRET], { chat: "-2" });
    await desk.store.chunkFailed(await begin(desk, other), { code: "temporary", answered: true });
    desk.now = Date.now() + 3 * 3_600_000;
    const [head, ...rows] = (await desk.says("outbox")).split("\n");
    expect(head?.split(/ {2,}/)).toEqual(["ID", "CHAT", "READER", "STATE", "CODE", "FAILURES", "AGE", "SENT"]);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ["1", `${GROUP}#7`, "alice", "parked", "failing", "0", "3 h", "1 of 2"],
      ["2", "telegram:-2", "alice", "pending", "temporary", "1", "3 h", "0 of 1"],
    ]);
    expect(await desk.json("outbox", "telegram:-2")).toEqual([
      {
        id: "2",
        chat: "telegram:-2",
        thread: null,
        user: "alice",
        state: "pending",
        code: "temporary",
        failures: 1,
        since: expect.stringMatching(/Z$/),
        sent: 0,
        chunks: 1,
      },
    ]);
    expect((await desk.says("outbox")) + (await desk.says("outbox", "--json"))).not.toContain(SECRET);
  });

  test("says so if there is nothing", async () => {
    const desk = Desk.open();
    await enqueue(desk, []);
    expect(await desk.says("outbox")).toBe("Nothing is parked, and nothing waits to be sent.");
    expect(await desk.json("outbox")).toEqual([]);
    expect(await desk.says("outbox", "retry", "--all")).toBe("Nothing is parked.");
    expect(await desk.refuses("outbox", "telegram:-9")).toContain("Nothing has come from telegram:-9 yet");
  });

  test("retry puts back one, those of a chat, or all, and is audited", async () => {
    const desk = Desk.open();
    for (const chat of ["-100", "-100", "-2"]) await park(desk, await enqueue(desk, ["text"], { chat }));
    expect(await desk.says("outbox", "retry", "1")).toMatch(/^Delivery 1 is put back/);
    expect(await desk.refuses("outbox", "retry", "1")).toContain("is not parked: it waits to be sent");
    expect(await desk.json("outbox", "retry", "--all", "--chat", GROUP)).toEqual({ retried: ["2"], refused: [] });
    expect(await desk.says("outbox", "retry", "--all")).toMatch(/^1 delivery put back/);
    expect(await desk.json("outbox")).toMatchObject(Array(3).fill({ state: "pending", code: null }));
    expect(await desk.json("audit", GROUP)).toMatchObject([
      { by: expect.stringMatching(/^cli:/), what: "delivery 2", from: "parked (refused)", to: "pending" },
      { what: "delivery 1" },
    ]);
  });

  test("drop erases the text for good, also of one that waits", async () => {
    const desk = Desk.open();
    const chat = await enqueue(desk, [SECRET]);
    await park(desk, chat);
    await enqueue(desk, [SECRET]);
    const folder = join(desk.folder, "data");
    const isThere = () => readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(SECRET));
    expect(isThere()).toBe(true);
    expect(await desk.says("outbox", "drop", "--all")).toBe("1 delivery dropped and erased.");
    expect(await desk.says("outbox", "drop", "2")).toBe("Delivery 2 is dropped and erased.");
    expect(isThere()).toBe(false);
    expect(await ids(desk)).toEqual([]);
    expect(await desk.refuses("outbox", "drop", "2")).toContain("was sent or dropped already");
  });

  test("leaves alone what is being sent, and what says nothing any more is not put back", async () => {
    const desk = Desk.open();
    const chat = await enqueue(desk, ["text"]);
    const chunk = await begin(desk, chat);
    for (const what of ["retry", "drop"]) {
      expect(await desk.refuses("outbox", what, "1")).toContain("is being sent, or was when the gateway stopped");
    }
    await desk.store.deliveryFailed(chunk, "refused");
    await desk.store.prune(Date.now() + 1_000);
    expect(await desk.says("outbox")).toMatch(/parked.*erased/);
    expect(await desk.refuses("outbox", "retry", "1")).toContain("was erased: it can only be dropped");
    expect(await desk.says("outbox", "retry", "--all")).toContain("0 deliveries put back");
    expect(await ids(desk)).toEqual(["1"]);
  });

  test.each([
    [[], "Which one?"],
    [["--chat", GROUP], "Which one?"],
    [["1", "--all"], "An id means one delivery"],
    [["1", "--chat", GROUP], "An id means one delivery"],
    [["one"], '"one" is no id of a delivery'],
    [["0"], "no id of a delivery"],
    [["99"], "There is no delivery 99"],
  ])("refuses %j, and changes nothing", async (words, reason) => {
    const desk = Desk.open();
    await park(desk, await enqueue(desk, ["text"]));
    for (const what of ["retry", "drop"]) {
      const said = await desk.refuses("outbox", what, ...words);
      expect(said).toContain(reason);
      expect(said).toContain("Nothing was changed.");
    }
    expect(await desk.store.deliveries()).toMatchObject([{ state: "parked" }]);
  });

  test("what can be typed next is known: the ids of what is parked, and of what waits to be dropped", async () => {
    const desk = Desk.open();
    await park(desk, await enqueue(desk, ["text"]));
    await enqueue(desk, ["text"]);
    expect(await desk.says("complete", "--", "outbox", "retry", "")).toMatch(/^1\ttelegram:-100 refused$/m);
    expect(await desk.says("complete", "--", "outbox", "retry", "")).not.toMatch(/^2\t/m);
    expect(await desk.says("complete", "--", "outbox", "drop", "")).toMatch(/^2\ttelegram:-100$/m);
    expect(await desk.says("complete", "--", "outbox", "drop", "--chat", "tele")).toContain(GROUP);
  });
});
