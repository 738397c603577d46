import { describe, expect, test } from "vitest";
import { AgentError } from "../../agents/agent.ts";
import { message } from "../sessions/messages.ts";
import { play, textOf } from "./compaction-stage.ts";

describe("/compact", () => {
  test("sums up all but the latest turn, says so, and leaves no trace in the conversation", async () => {
    const { desk, say, command, said, store, lane, history } = play(undefined, { admins: ["alice"] });
    for (const text of ["one", "two", "three"]) await say("alice", text);
    await said();
    await command("alice");
    const [{ text } = { text: "" }] = await said();
    expect(text).toMatch(/^Done: I have summed up 4 messages/);
    expect(await history()).toMatchObject([{ method: "model", askedBy: "alice" }]);
    expect((await store.contextSize(lane))?.tokens).toBeGreaterThan(0);
    await say("alice", "four");
    const given = (desk.given.at(-1) ?? []).map(textOf).join("\n");
    expect(given).toContain("<summary>");
    expect(given).toContain("three");
    expect(given).not.toContain("two");
    expect(given).not.toContain("compact");
    expect(given).not.toContain("Done:");
    await store.close();
  });

  test("in a conversation that others share, only admins have it", async () => {
    const { say, command, said, store, history } = play();
    for (const text of ["one", "two", "three"]) await say("alice", text);
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("only an admin") }]);
    expect(await history()).toEqual([]);
    await store.close();
  });

  test("with nothing to sum up it says so", async () => {
    const { say, command, said, store } = play(undefined, { admins: ["alice"] });
    await say("alice", "one");
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("nothing to sum up") }]);
    await store.close();
  });

  test("where it fails everything stays as it is", async () => {
    const { say, command, said, store, history } = play(
      {
        summarise: async () => {
          throw new AgentError("overloaded", "too much to do");
        },
      },
      { admins: ["alice"] },
    );
    for (const text of ["one", "two"]) await say("alice", text);
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("stays as it is") }]);
    expect(await history()).toEqual([]);
    await store.close();
  });

  test("waits until whoever is being answered has been answered", async () => {
    const { accept, runner, lane, said, store } = play(undefined, { admins: ["bob"] });
    for (const text of ["one", "two", "three"]) {
      await accept(message("alice", text));
      await runner.handle(lane);
    }
    await said();
    await accept(message("alice", "four"));
    await accept(message("bob", "/compact", { command: { name: "compact", args: "" } }), { isCommand: true });
    expect(await runner.handle(lane)).toBe("more");
    expect((await said()).map(({ text }) => text.slice(0, 4))).toEqual(["w0 w"]);
    expect(await runner.handle(lane)).toBe("idle");
    expect(await said()).toMatchObject([{ text: expect.stringMatching(/^Done/) }]);
    await store.close();
  });
});
