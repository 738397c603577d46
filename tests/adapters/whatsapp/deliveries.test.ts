import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deliveries, type Route } from "../../../adapters/whatsapp/worker/deliveries.ts";
import { never } from "./gateway.ts";

const parcel = { messageId: "3EB0", chatId: "1@lid", message: { conversation: "hello" } };

/** A connection that sends when the test says so. */
function connection() {
  const ws = new EventEmitter();
  const over = new AbortController();
  const relays: Array<PromiseWithResolvers<string>> = [];
  const relayMessage = () => {
    const relay = Promise.withResolvers<string>();
    relays.push(relay);
    return relay.promise;
  };
  const route = { sock: { ws, relayMessage }, over: over.signal } as unknown as Route;
  const answer = (attrs: Record<string, string>) => ws.emit("CB:ack,class:message", { tag: "ack", attrs });
  return { route, relays, answer, over, ws };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("however long a message is prepared, WhatsApp has its time to answer once it is out", async () => {
  const { route, relays, ws } = connection();
  const sending = new Deliveries().send(parcel, route, never);
  const failure = expect(sending).rejects.toMatchObject({ code: "temporary" });
  let settled = false;
  sending
    .catch(() => {})
    .then(() => {
      settled = true;
    });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(settled).toBe(false);
  relays[0]?.resolve("");
  await vi.advanceTimersByTimeAsync(19_999);
  expect(settled).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await failure;
  expect(ws.listenerCount("CB:ack,class:message")).toBe(0);
});

test("a message that is asked for again while it is prepared goes out once", async () => {
  const { route, relays, answer } = connection();
  const deliveries = new Deliveries();
  const off = new AbortController();
  const first = expect(deliveries.send(parcel, route, off.signal)).rejects.toMatchObject({ code: "temporary" });
  off.abort();
  await first;
  const second = deliveries.send(parcel, route, never);
  answer({ id: "another" });
  relays[0]?.resolve("");
  answer({ id: "3EB0", error: "463" });
  expect(await second).toBe(463);
  expect(relays.length).toBe(1);
  const third = deliveries.send(parcel, route, never);
  answer({ id: "3EB0" });
  expect(await third).toBeUndefined();
  expect(relays.length).toBe(2);
});

test("a connection that ends takes what it was to deliver with it", async () => {
  const { route, over, relays } = connection();
  const deliveries = new Deliveries();
  const failure = expect(deliveries.send(parcel, route, never)).rejects.toMatchObject({ code: "temporary" });
  over.abort();
  await failure;
  const next = connection();
  const sending = deliveries.send(parcel, next.route, never);
  next.answer({ id: "3EB0" });
  expect(await sending).toBeUndefined();
  expect([relays.length, next.relays.length]).toEqual([1, 1]);
  await expect(deliveries.send(parcel, route, never)).rejects.toMatchObject({ code: "temporary" });
});
