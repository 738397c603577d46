import { describe, expect, test } from "vitest";
import type { Approval } from "../../sessions/approvals.ts";
import { message } from "../sessions/messages.ts";
import { call, playAsking } from "./approvals-stage.ts";

describe("questions by number", () => {
  test("a run's questions go on counting: the same number twice is an answer to the first alone", async () => {
    const play = playAsking({ calls: [call("one"), call("two")] });
    await play.accept(message("alice", "mail them"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [chatRef = 0] = await play.store.chatsWithDeliveries();
    const picked = async (number: number) => {
      const [name, code] = ((await play.store.offer(chatRef, "alice"))?.commands[number - 1] ?? "").split(" ");
      return play.answer("alice", name === "approve", code);
    };
    expect(await picked(1)).toMatchObject({ kind: "answered", toolUseId: "one" });
    await play.asked(2);
    const texts = (await play.said()).map(({ text }) => text);
    expect(texts[0]).toMatch(/1\. Allow\n2\. Refuse\n\nAnswer with a number\.$/);
    expect(texts[1]).toMatch(/3\. Allow\n4\. Refuse\n\nAnswer with a number\.$/);
    expect(await picked(1)).toEqual({ kind: "over" });
    expect(await picked(4)).toMatchObject({ kind: "answered", toolUseId: "two" });
    await running;
    expect(play.told[0]?.map(({ given }) => given)).toEqual([true, false]);
    await play.store.close();
  });

  test.each([
    [48, true],
    [49, false],
  ])("a run that has asked %d times has numbers left: %s", async (count, numbered) => {
    const earlier = Array.from({ length: count }, (_, index): Approval => {
      return { toolUseId: `t${index}`, call: "", code: `EARLIER${index}`, state: "denied", expiresAt: 0 };
    });
    const play = playAsking({
      around: (store) => ({ approvals: async (runId) => [...earlier, ...(await store.approvals(runId))] }),
    });
    await play.accept(message("alice", "mail them all"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [chatRef = 0] = await play.store.chatsWithDeliveries();
    expect((await play.store.offer(chatRef, "alice"))?.commands.length).toBe(numbered ? 98 : undefined);
    const text = (await play.said())[0]?.text;
    if (numbered) expect(text).toContain("97. Allow\n98. Refuse");
    else expect(text).not.toContain("Answer with a number");
    await play.answer("alice", true);
    await running;
    await play.store.close();
  });
});
