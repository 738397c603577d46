import { expect, test } from "vitest";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import { StoreError } from "../../sessions/store.ts";
import { message } from "../sessions/messages.ts";
import { agentThat, answer, stage } from "./runner-stage.ts";

const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};
const full = async (): Promise<never> => {
  throw new StoreError("unwritable", "the disk is full");
};

test.each(["journal", "end"] as const)("a run that waits for the store at its %s is not stuck", async (method) => {
  let asked = 0;
  const { runner, accept, lane, said, store, clock } = stage(
    agentThat(({ author }) => {
      asked += 1;
      return answer(`for ${author.id}`);
    }),
  );
  await accept(message("alice", "hi"));
  await accept(message("bob", "hi"));
  const { claim, journal, end } = store;
  let isFull = false;
  let handled = 0;
  const fail = () => {
    isFull = true;
    return full();
  };
  store.claim = (...args) => (isFull ? full() : claim(...args));
  if (method === "end") store.end = fail;
  else store.journal = (lease, step) => (step.message.role === "assistant" ? fail() : journal(lease, step));
  const lanes: LocalLanes = new LocalLanes({
    handler: (each) => {
      handled += 1;
      return runner.handle(each);
    },
    clock,
    stuckMs: 120_000,
    onStuck(each) {
      if (isFull) return "later";
      return runner.abandon(each);
    },
  });
  lanes.wake(lane, 1);
  for (let second = 0; second < 600; second++) {
    await settle();
    clock.advance(1_000);
  }
  expect(handled).toBe(1);
  Object.assign(store, { journal, end });
  isFull = false;
  await settle();
  clock.advance(1_000);
  await settle();
  expect((await said()).map(({ text }) => text)).toEqual(["for alice", "for bob"]);
  expect(asked).toBe(2);
  await lanes.drain();
  await store.close();
});

test("a run that hangs while it ends is taken over", async () => {
  const { runner, accept, lane, said, store } = stage(agentThat(() => answer("once")));
  await accept(message("alice", "hi"));
  const { end } = store;
  const stuck = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  store.end = async (lease, ending) => {
    stuck.resolve();
    await late.promise;
    return end(lease, ending);
  };
  const hung = runner.handle(lane);
  await stuck.promise;
  store.end = end;
  runner.abandon(lane);
  expect(await runner.handle(lane)).toBe("idle");
  expect(await said()).toMatchObject([{ text: "once" }]);
  late.resolve();
  expect(await hung).toBe("idle");
  expect(await said()).toEqual([]);
  await store.close();
});

test("what waits behind a handler that was given up, and ends all the same, is served", async () => {
  const { clock } = stage(agentThat(() => answer("")));
  const late = Promise.withResolvers<"more">();
  let calls = 0;
  const lanes = new LocalLanes({
    handler: () => (++calls === 1 ? late.promise : Promise.resolve("idle")),
    clock,
    stuckMs: 1_000,
  });
  lanes.wake("lane", 1);
  clock.advance(1_000);
  await settle();
  clock.advance(1_000);
  await settle();
  expect(calls).toBe(2);
  late.resolve("more");
  await settle();
  expect(calls).toBe(3);
  await lanes.drain();
});
