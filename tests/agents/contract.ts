import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Agent, AgentEvent } from "../../agents/agent.ts";
import { answers, bob, collect, failureOf, only, request, says, textOf } from "./requests.ts";

export interface AgentUnderTest extends AsyncDisposable {
  /** Answers any text with a text of several deltas. */
  agent: Agent;
}

/** What every agent promises, whatever answers. */
export function agentContract(name: string, make: () => Promise<AgentUnderTest>): void {
  describe(`${name} keeps the agent contract`, () => {
    let subject: AgentUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(async () => {
      await subject[Symbol.asyncDispose]();
    });

    test("it describes itself in one short line", () => {
      expect(subject.agent.description).toMatch(/^\S.{0,79}$/);
    });

    test("a run gives text, then the reply that the text makes up, then it is done", async () => {
      const events = await collect(subject.agent.run(request()));
      const types = events.map(({ type }) => type);
      expect(types).toEqual([...types.slice(0, -2).map(() => "text"), "reply", "done"]);
      expect(types.length).toBeGreaterThan(4);
      const [reply] = only(events, "reply");
      expect(reply?.content).toEqual([{ type: "text", text: textOf(events) }]);
      expect(events.at(-1)).toEqual({ type: "done", reason: "end" });
    });

    test("usage is counted in whole tokens", async () => {
      const [reply] = only(await collect(subject.agent.run(request())), "reply");
      const counts = Object.values(reply?.usage ?? {});
      expect(counts).toHaveLength(4);
      expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
    });

    test("a run whose signal is aborted already does nothing", async () => {
      const events: AgentEvent[] = [];
      const run = async () => {
        for await (const event of subject.agent.run(request({ signal: AbortSignal.abort() }))) events.push(event);
      };
      expect((await failureOf(run())).code).toBe("aborted");
      expect(events).toEqual([]);
    });

    test("a run that is stopped in the middle gives nothing more", async () => {
      const stop = new AbortController();
      const run = subject.agent.run(request({ signal: stop.signal }))[Symbol.asyncIterator]();
      expect((await run.next()).value).toMatchObject({ type: "text" });
      stop.abort();
      expect((await failureOf(run.next())).code).toBe("aborted");
      expect(await run.next()).toEqual({ done: true, value: undefined });
    });

    test("a run that is left in the middle ends quietly", async () => {
      for await (const event of subject.agent.run(request())) {
        expect(event.type).toBe("text");
        break;
      }
    });

    test("nothing of one run shows up in the next", async () => {
      const before = await collect(subject.agent.run(request()));
      await collect(subject.agent.run(request({ messages: [says("my secret is 4711", bob)], author: bob })));
      const after = await collect(subject.agent.run(request()));
      expect(textOf(after)).toBe(textOf(before));
      expect(JSON.stringify(after)).not.toContain("4711");
    });

    test("runs side by side do not mix", async () => {
      const texts = ["alpha", "beta", "gamma"];
      const runs = await Promise.all(
        texts.map((text) => collect(subject.agent.run(request({ messages: [says(text)] })))),
      );
      for (const [index, events] of runs.entries()) {
        expect(texts.filter((text) => textOf(events).includes(text))).toEqual([texts[index]]);
      }
    });

    test("the request is left as it was", async () => {
      const messages = [says("One"), answers({ type: "text", text: "Two" }), says("Three")];
      const copy = structuredClone(messages);
      await collect(subject.agent.run(request({ messages })));
      expect(messages).toEqual(copy);
    });

    test("a turn that is answered already is not answered again", async () => {
      const messages = [says("Hello"), answers({ type: "text", text: "Hello, Ann." })];
      expect(await collect(subject.agent.run(request({ messages })))).toEqual([{ type: "done", reason: "end" }]);
    });
  });
}
