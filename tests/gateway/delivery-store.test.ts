import { expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import { createLog } from "../../gateway/log.ts";
import { StoreError } from "../../sessions/store.ts";
import { DeliveryStage, MINUTE } from "./delivery-stage.ts";

test("what is taken up in the moment of the end is not sent, and holds up nobody", async () => {
  const stage = new DeliveryStage();
  const chat = await stage.enqueue("c", "text");
  const { nextChunk } = stage.store;
  const taken = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  stage.store.nextChunk = async (ref) => {
    const chunk = await nextChunk(ref);
    taken.resolve();
    await gate.promise;
    return chunk;
  };
  let calls = 0;
  stage.answer = () => {
    calls += 1;
    return new Promise(() => {});
  };
  stage.delivery.wake(chat);
  await taken.promise;
  const closing = stage.delivery.close();
  gate.resolve();
  await closing;
  expect(calls).toBe(0);
  expect(await nextChunk(chat)).toMatchObject({ uncertain: false });
  expect(stage.clock.pending).toBe(0);
  await stage.store.close();
});

test("a store that fails is logged by its health alone", async () => {
  const lines: string[] = [];
  const stage = new DeliveryStage({ log: createLog("info", { write: (line) => lines.push(line) }) });
  const chat = await stage.enqueue("c", "text");
  stage.store.nextChunk = async () => {
    throw new StoreError("unwritable", "the disk is full");
  };
  await stage.send(chat);
  await stage.pass(MINUTE, 1_000);
  expect(lines).toEqual([]);
  await stage.delivery.close();
  await stage.store.close();
});

test("what came of a send while the store failed is noted before the next one: it is no crash, and the wait is kept", async () => {
  const stage = new DeliveryStage();
  const chat = await stage.enqueue("c", "text");
  const { chunkUnsent } = stage.store;
  let calls = 0;
  stage.answer = async () => {
    calls += 1;
    if (calls <= 6) throw new SendError("rate-limited", "slow down", { retryAfterMs: 5 * MINUTE });
  };
  for (let round = 1; round <= 6; round++) {
    stage.store.chunkUnsent = async () => {
      throw new StoreError("unwritable", "the disk is full");
    };
    if (round === 1) await stage.send(chat);
    else await stage.pass(5 * MINUTE);
    await stage.pass(10_000, 1_000);
    expect(calls).toBe(round);
    stage.store.chunkUnsent = chunkUnsent;
    await stage.pass(1_000);
    expect(calls).toBe(round);
  }
  await stage.pass(5 * MINUTE);
  expect(stage.sent).toEqual(["text"]);
  const metrics = await stage.metrics.registry.metrics();
  expect(metrics).not.toMatch(/parley_chunks_possibly_duplicated_total\{[^}]*\} [1-9]/);
  await stage.delivery.close();
  await stage.store.close();
});
