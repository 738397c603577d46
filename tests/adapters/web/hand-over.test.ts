import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { WebPerson } from "../../fakes/web/client.ts";
import { Stage, Taker } from "./stage.ts";

test("a message that the gateway refuses is answered 503, shown as undelivered, and taken on a second try", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  stage.taker.takes = async () => {
    throw new Error("the store is unavailable");
  };
  const refused = await ann.request("POST", "/rooms/lobby/messages", { text: "hello?", clientId: "c1" });
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ error: { code: "not-taken", message: expect.any(String) } });
  const [shown] = await ann.history("lobby");
  expect(shown).toMatchObject({ text: "hello?", undelivered: true });
  expect(await ann.hearsEvent("edit", (message) => message.undelivered === true)).toEqual(shown);

  stage.taker.takes = async () => {};
  const taken = await ann.say("lobby", "hello?", { clientId: "c1" });
  expect(taken.id).toBe(shown?.id);
  expect(taken).not.toHaveProperty("undelivered");
  expect(stage.taker.texts()).toEqual(["hello?"]);
  expect(await ann.hearsEvent("edit")).not.toHaveProperty("undelivered");
  await ann.say("lobby", "hello?", { clientId: "c1" });
  expect(stage.taker.messages).toHaveLength(1);
});

test("a message without a client id can be handed over again, with what was edited since", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  stage.taker.takes = async () => {
    throw new Error("the store is unavailable");
  };
  await expect(ann.say("lobby", "helo")).rejects.toMatchObject({ code: "not-taken" });
  const [shown] = await ann.history("lobby");
  if (shown === undefined) throw new Error("nothing is shown");
  await ann.edit(shown, "hello");
  stage.taker.takes = async () => {};
  expect((await ann.request("POST", `/rooms/lobby/messages/${shown.id}/again`, {})).status).toBe(200);
  expect(stage.taker.messages).toMatchObject([{ text: "hello", source: { messageId: shown.id } }]);
  expect(stage.taker.messages[0]).not.toHaveProperty("edited");
  expect(stage.taker.edits).toEqual([]);
});

test("one refusal holds nobody else up", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  stage.taker.takes = async (message) => {
    if (message.source.user.id === ann.id) throw new Error("not Ann");
  };
  const [anns, bobs] = await Promise.allSettled([ann.say("lobby", "one"), bob.say("lobby", "two")]);
  expect([anns.status, bobs.status]).toEqual(["rejected", "fulfilled"]);
});

test("what was logged but never handed over is handed over at the next start", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  stage.taker.takes = () => new Promise(() => {});
  const answers = [ann.say("lobby", "first"), ann.say("lobby", "second"), ann.say("dm", "third")];
  await ann.hears((message) => message.text === "second");
  await ann.hears((message) => message.text === "third");
  await stage.dark();
  for (const answer of await Promise.allSettled(answers)) expect(answer.status).toBe("rejected");

  const next = new Taker();
  const all = Promise.withResolvers<void>();
  next.takes = async () => {
    if (next.messages.length === 2) all.resolve();
  };
  await stage.start(next);
  await all.promise;
  await stage.adapter.stop();
  const lobby = next.messages.filter((message) => message.source.chat.id === "lobby");
  expect(lobby.map((message) => message.text)).toEqual(["first", "second"]);
  expect(next.texts().sort()).toEqual(["first", "second", "third"]);
});

test("edits and deletions that the gateway was not told of are told at the next start", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const edited = await ann.say("lobby", "helo");
  stage.taker.takes = async () => {
    throw new Error("the store is unavailable");
  };
  await expect(ann.edit(edited, "hello")).rejects.toMatchObject({ status: 503, code: "not-taken" });
  await stage.dark();

  const next = new Taker();
  await stage.start(next);
  await stage.adapter.stop();
  expect(next.edits).toMatchObject([{ text: "hello", edited: true }]);
  expect(next.messages).toEqual([]);

  await stage.dark();
  const third = new Taker();
  await stage.start(third);
  await stage.adapter.stop();
  expect(third.edits).toEqual([]);
});

test("a message answered 201 survives SIGKILL, and one cut off between log and hand-over is handed over", async () => {
  const stage = await Stage.open();
  await stage.dark();
  const server = fileURLToPath(new URL("./killed-server.ts", import.meta.url));
  const child = spawn(process.execPath, [server, stage.file], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const baseUrl = (await lines.next()).value ?? "";
  const ann = await WebPerson.join(baseUrl, "Ann");
  onTestFinished(() => ann.close());
  await ann.say("lobby", "taken");
  const cutOff = ann.say("lobby", "never taken").catch((error: unknown) => error);
  expect((await lines.next()).value).toBe("holding never taken");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await cutOff).toBeInstanceOf(Error);

  await stage.start();
  await stage.adapter.stop();
  expect(stage.taker.texts()).toEqual(["never taken"]);
  await ann.reconnect(stage.baseUrl);
  const texts = (await ann.history("lobby")).map((message) => message.text);
  expect(texts).toEqual(["taken", "said by the bot", "never taken"]);
});

test("a drain lets what is being handed over finish and takes nothing new", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  stage.taker.takes = () => {
    reached.resolve();
    return gate.promise;
  };
  const said = ann.say("lobby", "just in time");
  await reached.promise;
  const stopping = stage.adapter.stop();
  await expect(ann.say("lobby", "too late")).rejects.toMatchObject({ status: 503, code: "closed" });
  gate.resolve();
  await stopping;
  await said;
  expect(stage.taker.texts()).toEqual(["just in time"]);
  expect((await ann.history("lobby")).map((message) => message.text)).toEqual(["just in time"]);
  expect(stage.taker.states).toEqual([{ ready: true }, { ready: false, reason: expect.any(String) }]);
});

test("before the start everything is answered 503", async () => {
  const { createWebAdapter } = await import("../../../adapters/web/adapter.ts");
  const adapter = createWebAdapter({ file: "/nowhere/web.db", access: { kind: "loopback" } });
  for (const path of ["/", "/web/api/rooms"]) {
    const request = new Request(`http://127.0.0.1${path}`, { headers: { authorization: "Bearer x" } });
    expect((await adapter.http?.fetch(request))?.status).toBe(503);
  }
  await adapter.close();
});
