import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { linkedAs } from "../../../adapters/whatsapp/link.ts";
import { chunk, gate, LOOK_MS, never, Stage } from "./gateway.ts";

/** The threads that are begun from now on. */
function threads(): Worker[] {
  const begun: Worker[] = [];
  const note = (worker: Worker) => void begun.push(worker);
  process.on("worker", note);
  onTestFinished(() => void process.off("worker", note));
  return begun;
}

describe("without a link", () => {
  test("the operator reads what to do, no thread is begun, and a new link is used without a restart", async () => {
    const stage = await Stage.open();
    const begun = threads();
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.reason("not linked: run `parley whatsapp link`");
    expect(begun).toEqual([]);
    await stage.link();
    await stage.gateway.ready();
    await stage.wa.contact("Alice").writes("hello");
    await stage.gateway.said("hello");
  });

  test("while somebody links the account, the gateway waits", async () => {
    const stage = await Stage.linked();
    const { vault } = stage.gateway;
    await vault.write([{ kind: "link", id: "held", value: String(Date.now() + 3_600_000) }]);
    const before = stage.wa.connections;
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.reason("the account is being linked");
    expect(stage.wa.connections).toBe(before);
    await vault.write([{ kind: "link", id: "held", value: null }]);
    await stage.gateway.ready();
  });

  test("sending fails for now", async () => {
    const stage = await Stage.open();
    const adapter = stage.adapter();
    await expect(adapter.send(chunk("1@lid", "x"), never)).rejects.toMatchObject({
      code: "temporary",
      uncertain: false,
    });
    await adapter.start(stage.gateway);
    await expect(adapter.send(chunk("1@lid", "x"), never)).rejects.toMatchObject({
      code: "temporary",
      uncertain: false,
    });
  });

  test("an address that is none is a mistake in the configuration", async () => {
    const stage = await Stage.open();
    const adapter = stage.adapter({ wsUrl: "http://127.0.0.1/" });
    await expect(adapter.start(stage.gateway)).rejects.toMatchObject({ code: "adapter-config" });
  });
});

describe("a connection that ends", () => {
  test.each([408, 428, 500, 503])("with code %i is made again", async (code) => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    stage.wa.disconnect(code);
    await stage.gateway.readyAgain();
    expect(stage.gateway.reasons().join()).toContain(`code ${code}`);
    expect(adapter.waits).toEqual([1_000]);
  });

  test("without a word is made again", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    stage.wa.drop();
    await stage.gateway.readyAgain();
    expect(adapter.waits).toEqual([1_000]);
  });

  test("with 515 is made again at once", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    stage.wa.disconnect(515);
    await stage.gateway.readyAgain();
    expect(adapter.waits).toEqual([]);
  });

  test("with 515 again and again is an outage: the pauses grow", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    for (const times of [2, 3, 4]) {
      stage.wa.disconnect(515);
      await stage.gateway.readyAgain(times);
    }
    expect(adapter.waits).toEqual([1_000, 2_000]);
    expect(stage.gateway.reasons()).toContain("WhatsApp is out of reach, trying again: code 515");
  });

  test("with 515 after a connection that lasted is made again at once", async () => {
    const stage = await Stage.linked();
    let now = Date.now();
    const adapter = await stage.started({ now: () => now });
    for (const times of [2, 3, 4]) {
      now += 30_000;
      stage.wa.disconnect(515);
      await stage.gateway.readyAgain(times);
    }
    expect(adapter.waits).toEqual([]);
  });

  test("because of another program is made again much later", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    stage.wa.disconnect(440);
    await stage.gateway.readyAgain();
    expect(stage.gateway.reasons()).toContain("another program uses this link: stop it, or unlink it on the phone");
    expect(adapter.waits).toEqual([60_000]);
  });

  test("because of another program that does not give up is made again later and later", async () => {
    const stage = await Stage.linked();
    let now = Date.now();
    const adapter = await stage.started({ now: () => now });
    const lasting = [1_000, 60_000, 120_000, 600_000];
    for (const [index, ms] of lasting.entries()) {
      now += ms;
      stage.wa.disconnect(440);
      await stage.gateway.readyAgain(index + 2);
    }
    // Two that are alike last as long as the other waits; twice as long is another story.
    expect(adapter.waits).toEqual([60_000, 120_000, 240_000, 60_000]);
  });

  test("is reported at once when HTTP refuses it, and the link is kept", async () => {
    const stage = await Stage.linked();
    const proxy = createServer();
    proxy.on("upgrade", (_request, socket) =>
      socket.end("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    );
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const adapter = stage.adapter({ wsUrl: `ws://127.0.0.1:${port}/ws/chat` });
    await adapter.start(stage.gateway);
    await stage.gateway.reason("WhatsApp is out of reach, trying again: HTTP 403");
    expect(await linkedAs(stage.gateway.vault)).not.toBeNull();
  });

  test("because of another program is made again as soon as there is another link", async () => {
    const stage = await Stage.linked();
    let woken = () => {};
    const looked = new Promise<void>((resolve) => {
      woken = resolve;
    });
    await stage.started({
      sleep: async (ms, signal) => {
        if (ms !== 60_000) return void (await new Promise(setImmediate));
        woken();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
    });
    stage.wa.disconnect(440);
    await looked;
    const { vault } = stage.gateway;
    const other = await Stage.linked();
    const entries = ["creds", "pre-key"].flatMap((kind) => other.gateway.vault.ids(kind).map((id) => ({ kind, id })));
    for (const { kind, id } of entries) {
      const value = (await other.gateway.vault.read(kind, [id])).get(id) ?? null;
      await vault.write([{ kind, id, value }]);
    }
    // Ready, taken over, and then whatever WhatsApp says to the other link.
    await stage.gateway.states.waitForMany(3);
  });

  test("with a client that is too old waits for long", async () => {
    const stage = await Stage.linked();
    stage.wa.failLogins(405);
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.reason("Parley needs an update");
    stage.wa.failLogins(null);
    await stage.gateway.ready();
    expect(adapter.waits[0]).toBe(60_000);
  });

  test("again and again is made after longer and longer pauses", async () => {
    const stage = await Stage.linked();
    stage.wa.refuse();
    const held = gate();
    const waits: number[] = [];
    const adapter = stage.adapter({
      sleep: async (ms, signal) => {
        // Nothing happens to the link.
        if (ms === LOOK_MS) return stage.gateway.vault.changed(stage.gateway.vault.version, signal);
        waits.push(ms);
        if (waits.length === 8) {
          stage.wa.accept();
          held.open();
        }
        await new Promise(setImmediate);
      },
    });
    await adapter.start(stage.gateway);
    await held.passed;
    await stage.gateway.ready();
    expect(waits.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });
});

describe("a link that somebody takes while it is used", () => {
  test("by a command of Parley's is not another program's", async () => {
    const stage = await Stage.linked();
    // Nobody looks at the vault until WhatsApp ends the connection.
    const asleep = (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await stage.started({ sleep: asleep });
    const { vault } = stage.gateway;
    await vault.write([{ kind: "link", id: "held", value: String(Date.now() + 3_600_000) }]);
    stage.wa.disconnect(440);
    await stage.gateway.reason("the account is being linked");
    expect(stage.gateway.reasons()).not.toContainEqual(expect.stringContaining("another program"));
  });

  test("is left to them, although WhatsApp does not end the connection", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const { vault } = stage.gateway;
    await vault.write([{ kind: "link", id: "held", value: String(Date.now() + 3_600_000) }]);
    await stage.gateway.reason("the account is being linked");
    await stage.wa.disconnected;
  });

  test("is not used any more once its credentials are erased", async () => {
    const stage = await Stage.linked();
    await stage.started();
    // Whatever a login changes in the credentials is written by then.
    await stage.wa.contact("Alice").writes("hello");
    await stage.gateway.said("hello");
    await stage.gateway.vault.write([{ kind: "creds", id: "creds", value: null }]);
    await stage.gateway.reason("not linked: run `parley whatsapp link`");
    await stage.wa.disconnected;
    expect(stage.gateway.reasons()).toEqual(["not linked: run `parley whatsapp link`"]);
  });
});

describe("a link that is gone", () => {
  test("is forgotten, what was received is kept, and a new one is used without a restart", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("hello");
    await stage.gateway.said("hello");
    const { vault } = stage.gateway;
    stage.wa.disconnect(401);
    await stage.gateway.reason("logged out on the phone: run `parley whatsapp link`");
    await vault.until(() => vault.ids("creds").length === 0);
    expect(await linkedAs(vault)).toBeNull();
    expect(vault.kinds()).toEqual(["seen"]);
    const { connections } = stage.wa;
    await stage.link();
    await stage.gateway.readyAgain();
    expect(stage.wa.connections).toBe(connections + 2);
    await alice.writes("again");
    await stage.gateway.said("again");
  });

  test("a number that is locked out is forgotten as well", async () => {
    const stage = await Stage.linked();
    const { vault } = stage.gateway;
    stage.wa.failLogins(403);
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    await stage.gateway.reason("WhatsApp has locked this number out");
    await vault.until(() => vault.ids("creds").length === 0);
  });
});

describe("the thread that runs WhatsApp", () => {
  test("is started again when it dies; nothing that was committed is lost", async () => {
    const stage = await Stage.linked();
    const begun = threads();
    await stage.started();
    const held = gate();
    stage.gateway.commit = () => held.passed;
    const message = await stage.wa.contact("Alice").writes("hello");
    await message.taken;
    await stage.gateway.handedOver.waitFor(() => true);
    await begun[0]?.terminate();
    held.open();
    await stage.gateway.readyAgain();
    await stage.gateway.said("hello");
    expect(stage.gateway.reasons()).toContain("the thread that runs WhatsApp crashed; starting it again");
    expect(begun.length).toBe(2);
  });

  test("takes what is being sent with it, which is sent again", async () => {
    const stage = await Stage.linked();
    const begun = threads();
    const adapter = await stage.started();
    const alice = stage.wa.contact("Alice");
    stage.wa.holdAcks();
    const sending = adapter.send(chunk(alice.jid(), "hello"), never);
    const failure = expect(sending).rejects.toMatchObject({ name: "SendError", code: "temporary", uncertain: false });
    await stage.wa.waitFor("hello");
    await begun[0]?.terminate();
    await failure;
  });

  test("ends with the adapter, also while it connects", async () => {
    const stage = await Stage.linked();
    const begun = threads();
    const adapter = stage.adapter();
    await adapter.start(stage.gateway);
    while (begun.length === 0) await new Promise(setImmediate);
    await adapter.close();
    await adapter.close();
    expect(begun.map(({ threadId }) => threadId)).toEqual([-1]);
  });

  test("no state is told after close", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const told = stage.gateway.states.all.length;
    await adapter.close();
    await stage.wa.disconnected;
    expect(stage.gateway.states.all.length).toBe(told);
  });
});
