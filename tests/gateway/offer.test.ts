import { expect, test } from "vitest";
import type { Adapter, CommandOffer } from "../../adapters/adapter.ts";
import { offerCommands } from "../../gateway/commands/offer.ts";
import { createLog } from "../../gateway/log.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { NOW, registry } from "../sessions/messages.ts";

function stage(registerCommands: NonNullable<Adapter["registerCommands"]>) {
  const clock = new VirtualClock(NOW);
  const ending = new AbortController();
  const adapter: Adapter = {
    platform: "discord",
    account: "default",
    start: async () => {},
    stop: async () => {},
    close: async () => {},
    render: () => [],
    send: async () => "1",
    registerCommands,
  };
  const offering = offerCommands(adapter, { registry, clock, log: createLog("silent"), signal: ending.signal });
  return { clock, ending, offering };
}

test("a platform that fails to take the commands is told again until it does", async () => {
  const told: Array<readonly CommandOffer[]> = [];
  const { clock, offering } = stage(async (offers) => {
    told.push(offers);
    if (told.length < 4) throw new Error("status 500");
  });
  let done = false;
  const ended = offering.then(() => {
    done = true;
  });
  while (!done) {
    clock.step();
    await new Promise(setImmediate);
  }
  await ended;
  expect(told).toHaveLength(4);
  const strategy = told[3]?.find(({ name }) => name === "strategy");
  expect(strategy?.options?.[0]?.choices.map(({ value }) => value)).toEqual([...registry.names(), "reset"]);
});

test("nothing is told any more once the gateway ends", async () => {
  let told = 0;
  const { clock, ending, offering } = stage(async () => {
    told += 1;
    throw new Error("status 500");
  });
  await new Promise(setImmediate);
  ending.abort();
  await offering;
  expect(told).toBe(1);
  expect(clock.pending).toBe(0);
});
