import { expect, onTestFinished, test } from "vitest";
import { readEvents, type StreamEvent } from "../../fakes/web/event-stream.ts";
import { Alarms, place, Stage } from "./stage.ts";

test("a client that reconnects hears what it missed, once and in order", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  await ann.say("lobby", "heard");
  await bob.hears((message) => message.text === "heard");
  await bob.disconnect();
  const missed = await ann.say("lobby", "misssed");
  await ann.edit(missed, "missed");
  const gone = await ann.say("lobby", "gone");
  await ann.erase(gone);
  await stage.dark();
  await stage.start();
  await bob.reconnect(stage.baseUrl);
  await ann.reconnect(stage.baseUrl);
  await ann.say("lobby", "live");
  await bob.hears((message) => message.text === "live");
  // What changed since is told as it is now; what is gone by now is not told.
  expect(bob.heard().map((message) => message.text)).toEqual(["heard", "missed", "live"]);
  expect(await bob.hearsEvent("edit")).toMatchObject({ id: missed.id, text: "missed" });
  expect(await bob.hearsEvent("delete")).toEqual({ id: gone.id, room: "lobby" });
});

test("history says from where to listen so that nothing is missed", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await ann.say("lobby", "in the history");
  const { latest } = await (await ann.request("GET", "/rooms/lobby/messages")).json();
  await ann.say("lobby", "after it");
  const stream = await listen(ann, `?after=${latest}`);
  expect(await stream.next()).toEqual({ name: "ready", data: {}, id: String(latest) });
  expect(await stream.next()).toMatchObject({ name: "message", data: { text: "after it" }, id: String(latest + 1) });
});

test("who missed too much, or knows more than there is, is told to load the history", async () => {
  const stage = await Stage.open({ limits: { replay: 2 } });
  const ann = await stage.join("Ann");
  for (const text of ["1", "2", "3"]) await ann.say("lobby", text);
  for (const after of ["0", "999"]) {
    const stream = await listen(ann, `?after=${after}`);
    expect(await stream.next()).toEqual({ name: "reset", data: {}, id: "3" });
  }
  const stream = await listen(ann, "?after=1");
  expect(await stream.next()).toMatchObject({ name: "ready" });
});

test("typing and previews reach those who may read the place", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const { adapter } = stage;
  await adapter.typing?.(place("lobby"));
  expect(await bob.hearsEvent("typing")).toEqual({ room: "lobby" });
  adapter.preview?.(place(`dm:${ann.id}`), { id: "r1", userId: ann.id, markdown: "between us" });
  await adapter.typing?.(place(`dm:${ann.id}`));
  adapter.preview?.(place("lobby", "m_1"), { id: "r2", userId: ann.id, markdown: "so <b>far</b>" });
  const preview = await bob.hearsEvent("preview");
  expect(preview).toMatchObject({ room: "lobby", thread: "m_1", runId: "r2", forUserId: ann.id, forUserName: "Ann" });
  expect(preview.html).not.toContain("<b>");
  expect(await ann.hearsEvent("preview")).toMatchObject({ room: "dm", runId: "r1", text: "between us" });
  expect(await ann.hearsEvent("typing", ({ room }) => room === "dm")).toEqual({ room: "dm" });
});

test("previews of a run are slowed down, and its end is told at once", async () => {
  const alarms = new Alarms();
  const stage = await Stage.open({ environment: alarms, limits: { previewMs: 7 } });
  const ann = await stage.join("Ann");
  const show = (markdown: string | null) =>
    stage.adapter.preview?.(place("lobby"), { id: "r1", userId: ann.id, markdown });
  const hears = async () => (await ann.hearsEvent("preview")).text;
  show("a");
  expect(await hears()).toBe("a");
  show("ab");
  show("abc");
  alarms.ring(7);
  expect(await hears()).toBe("abc");
  show("abcd");
  show(null);
  expect(await hears()).toBeNull();
  alarms.ring(7);
  show("another answer");
  expect(await hears()).toBe("another answer");
});

test("an open stream shows that it is alive", async () => {
  const alarms = new Alarms();
  const stage = await Stage.open({ environment: alarms, limits: { heartbeatMs: 15 } });
  const ann = await stage.join("Ann");
  await ann.hearsEvent("ready");
  for (let beats = 0; beats < 3; beats += 1) {
    alarms.ring(15);
    expect(await ann.hearsEvent("beat")).toEqual({});
  }
});

test("a client that takes nothing between two heartbeats is dropped and misses nothing", async () => {
  const alarms = new Alarms();
  const stage = await Stage.open({ environment: alarms, limits: { heartbeatMs: 15 } });
  const ann = await stage.join("Ann");
  // Straight from the adapter, so that no network takes anything for the client.
  const request = new Request("http://127.0.0.1/web/api/events", { headers: { authorization: `Bearer ${ann.token}` } });
  const response = await stage.adapter.http?.fetch(request);
  const body = response?.body;
  if (body === null || body === undefined) throw new Error("no stream");
  for (let times = 0; times < 500; times += 1) await stage.adapter.typing?.(place("lobby"));
  alarms.ring(15);
  alarms.ring(15);
  const events = await Array.fromAsync(readEvents(body));
  expect(events).toEqual([]);
});

test("streams of one person are bounded, and a closed one makes room", async () => {
  const stage = await Stage.open({ limits: { streamsPerPerson: 2 } });
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const second = await listen(ann);
  const refused = await ann.request("GET", "/events");
  expect(refused.status).toBe(429);
  await refused.body?.cancel();
  const others = await listen(bob);
  expect(await others.next()).toMatchObject({ name: "ready" });
  await second.close();
  // The server hears of the closing a moment later.
  let again = await ann.request("GET", "/events");
  while (again.status === 429) {
    await again.body?.cancel();
    again = await ann.request("GET", "/events");
  }
  expect(again.status).toBe(200);
  await again.body?.cancel();
});

test("closing ends every stream and leaves no timer", async () => {
  const alarms = new Alarms();
  const stage = await Stage.open({ environment: alarms });
  const ann = await stage.join("Ann");
  const stream = await listen(ann);
  await stream.next();
  stage.adapter.preview?.(place("lobby"), { id: "r1", userId: ann.id, markdown: "a" });
  await stage.adapter.close();
  while ((await stream.next()) !== undefined);
  expect(alarms.pending).toBe(0);
});

/** An event stream to be read by hand. */
async function listen(person: Awaited<ReturnType<Stage["join"]>>, query = "") {
  const response = await person.request("GET", `/events${query}`);
  if (response.status !== 200 || response.body === null) throw new Error(`answered ${response.status}`);
  const events = readEvents(response.body);
  const stream = {
    async next(): Promise<StreamEvent | undefined> {
      const { value, done } = await events.next();
      return done === true ? undefined : value;
    },
    async close() {
      // A generator that was never started has nothing to cancel its stream with.
      await events.return(undefined);
      if (!response.body?.locked) await response.body?.cancel();
    },
  };
  onTestFinished(stream.close);
  return stream;
}
