import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { Attachment } from "../../../adapters/record.ts";
import type { WireMessage } from "../../../adapters/web/wire.ts";
import type { WebPerson } from "../../fakes/web/client.ts";
import { place, Stage } from "./stage.ts";

const BYTES = Buffer.from([0, 255, 1, 254, 37, 80, 68, 70]);
const BILL = { name: "bill.pdf", mimeType: "application/pdf", base64: BYTES.toString("base64") };
const never = new AbortController().signal;

function file(bytes: number, more: { name?: string; mimeType?: string } = {}) {
  return { name: "x.bin", base64: Buffer.alloc(bytes, "x").toString("base64"), ...more };
}

function eraserOf({ adapter: { erase } }: Stage) {
  if (erase === undefined) throw new Error("it cannot erase");
  return erase;
}

async function fetched(stage: Stage, attachment: Attachment, maxBytes = 1_000): Promise<Buffer> {
  const got = await stage.adapter.fetchAttachment?.(attachment, maxBytes, never);
  return Buffer.from(got?.bytes ?? []);
}

test("files that somebody sends come with their message, to those who read it and to the gateway", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  const sent = await ann.say("lobby", "@parley look", { files: [BILL, file(3, { mimeType: "image/PNG; x=y" })] });
  const heard = await bob.hears(({ id }) => id === sent.id);
  expect(heard.files).toMatchObject([
    { name: "bill.pdf", mimeType: "application/pdf", size: 8 },
    { name: "x.bin", mimeType: "image/png", size: 3 },
  ]);
  expect(Buffer.from(await (await bob.load(heard, 0)).arrayBuffer()).equals(BYTES)).toBe(true);
  const [message] = stage.taker.messages;
  expect(message?.attachments).toEqual([
    { kind: "document", ref: `${sent.id}/0`, name: "bill.pdf", mimeType: "application/pdf", bytes: 8 },
    { kind: "image", ref: `${sent.id}/1`, name: "x.bin", mimeType: "image/png", bytes: 3 },
  ]);
  const [bill] = message?.attachments ?? [];
  if (bill === undefined) throw new Error("no attachment");
  expect((await fetched(stage, bill)).equals(BYTES)).toBe(true);
  await expect(fetched(stage, bill, 7)).rejects.toMatchObject({ code: "refused" });
  await stage.dark();
  await stage.start();
  expect((await fetched(stage, bill)).equals(BYTES)).toBe(true);
});

test.each(["", "m_none/0", "m_none", "../web.db", "m/0/1", "m/9999"])("what is at no such place: %j", async (ref) => {
  const stage = await Stage.open();
  await expect(fetched(stage, { kind: "document", ref })).rejects.toMatchObject({ code: "refused" });
});

test("a file needs no words, and words without a file or white space alone are needed as ever", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  expect((await ann.say("dm", "", { files: [BILL] })).text).toBe("");
  expect(stage.taker.messages[0]?.addressed).toBe(true);
  await expect(ann.say("dm", " ")).rejects.toMatchObject({ code: "invalid" });
  await expect(ann.say("dm", "", { files: [] })).rejects.toMatchObject({ code: "invalid" });
});

test("the same message sent again has its files once", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const first = await ann.say("dm", "one", { files: [BILL], clientId: "c" });
  const again = await ann.say("dm", "one", { files: [BILL, BILL], clientId: "c" });
  expect(again).toEqual(first);
  expect(again.files).toHaveLength(1);
});

test("there are ten at most, of 8 MB together", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const eleven = Array.from({ length: 11 }, () => file(1));
  await expect(ann.say("dm", "", { files: eleven })).rejects.toMatchObject({ code: "invalid" });
  expect((await ann.say("dm", "", { files: [file(4_000_000), file(4_000_000)] })).files).toHaveLength(2);
  await expect(ann.say("dm", "", { files: [file(4_000_000), file(4_000_001)] })).rejects.toMatchObject({
    code: "too-large",
  });
  await expect(ann.say("dm", "", { files: [file(9_000_000)] })).rejects.toMatchObject({ code: "too-large" });
  expect(await ann.history("dm")).toHaveLength(1);
});

test("elsewhere, and without telling its length, a request is as small as ever", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const large = { text: "", files: [file(200_000)] };
  expect((await ann.request("PATCH", "/me", { name: "x".repeat(200_000) })).status).toBe(413);
  const streamed = await fetch(`${stage.baseUrl}/web/api/rooms/dm/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${ann.token}`, "content-type": "application/json" },
    body: new Blob([JSON.stringify(large)]).stream(),
    duplex: "half",
  } as RequestInit);
  expect(streamed.status).toBe(413);
  expect((await ann.request("POST", "/rooms/dm/messages", large)).status).toBe(201);
});

test("who sends files all the time is asked to wait, and may go on writing", async () => {
  const stage = await Stage.open({ limits: { uploadsPerMinute: 2 }, environment: { now: () => 1_000 } });
  const ann = await stage.join("Ann");
  for (const _ of [1, 2]) await ann.say("dm", "", { files: [BILL] });
  await expect(ann.say("dm", "", { files: [BILL] })).rejects.toMatchObject({ code: "too-many" });
  await ann.say("dm", "words");
});

test("all people together send so many bytes a minute, and may go on writing", async () => {
  let now = 1_000;
  const stage = await Stage.open({ limits: { uploadBytesPerMinute: 20 }, environment: { now: () => now } });
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  await ann.say("dm", "", { files: [file(10), file(5)] });
  await expect(bob.say("dm", "", { files: [file(6)] })).rejects.toMatchObject({ code: "too-many" });
  await bob.say("dm", "words");
  await bob.say("dm", "", { files: [file(5)] });
  now += 60_000;
  await bob.say("dm", "", { files: [file(20)] });
});

describe("once the files that are kept fill their room", () => {
  const limits = { keptFileBytes: 20 };

  test("nobody sends another one, and everybody writes", async () => {
    const stage = await Stage.open({ limits });
    const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
    await ann.say("dm", "", { files: [file(10), file(5)] });
    const refused = { status: 507, code: "full", message: expect.stringContaining("delete messages with files") };
    await expect(bob.say("lobby", "x", { files: [file(6)] })).rejects.toMatchObject(refused);
    expect(await bob.history("lobby")).toEqual([]);
    await bob.say("lobby", "words");
    await bob.say("lobby", "", { files: [file(5)] });
    await stage.dark();
    await stage.start();
    const cleo = await stage.join("Cleo");
    await expect(cleo.say("lobby", "x", { files: [file(1)] })).rejects.toMatchObject(refused);
  });

  test("a message that is refused for something else takes no room", async () => {
    const stage = await Stage.open({ limits });
    const ann = await stage.join("Ann");
    const lost = ann.say("dm", "x", { files: [file(20)], replyTo: "m_none" });
    await expect(lost).rejects.toMatchObject({ code: "not-found" });
    await ann.say("dm", "", { files: [file(20)], clientId: "c" });
    expect((await ann.say("dm", "", { files: [file(20)], clientId: "c" })).files).toHaveLength(1);
  });

  test("those of the bot count, and are never refused", async () => {
    const stage = await Stage.open({ limits });
    const ann = await stage.join("Ann");
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "x".repeat(20) }];
    await stage.send({ key: "1", files });
    await expect(ann.say("dm", "", { files: [file(1)] })).rejects.toMatchObject({ code: "full" });
    await stage.send({ key: "2", files });
  });

  test.each<[string, (stage: Stage, message: WireMessage, ann: WebPerson) => Promise<unknown>]>([
    ["its author deletes", (_, message, ann) => ann.erase(message)],
    ["its author has forgotten", (stage, _, ann) => eraserOf(stage).of(place("lobby"), ann.id)],
    ["is too old", (stage, message) => eraserOf(stage).before(message.sentAt + 1)],
  ])("what %s makes room again", async (_, goes) => {
    const stage = await Stage.open({ limits });
    const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
    const message = await ann.say("lobby", "", { files: [file(10), file(10)] });
    await expect(bob.say("dm", "", { files: [file(20)] })).rejects.toMatchObject({ code: "full" });
    await goes(stage, message, ann);
    await bob.say("dm", "", { files: [file(20)] });
    await expect(bob.say("dm", "", { files: [file(1)] })).rejects.toMatchObject({ code: "full" });
  });

  test("files of before count as well", async () => {
    const stage = await Stage.open({ limits });
    const ann = await stage.join("Ann");
    await ann.say("dm", "", { files: [file(15)] });
    await stage.dark();
    const db = new Database(stage.file);
    db.exec("DROP TRIGGER files_added; DROP TRIGGER files_dropped; DROP TABLE files_total");
    db.pragma("user_version = 2");
    db.close();
    await stage.start();
    const bob = await stage.join("Bob");
    await expect(bob.say("dm", "", { files: [file(6)] })).rejects.toMatchObject({ code: "full" });
    await bob.say("dm", "", { files: [file(5)] });
  });
});

test.each([
  [{ files: BILL }],
  [{ files: [{ ...BILL, path: "/etc/passwd" }] }],
  [{ files: [{ name: "x" }] }],
  [{ files: [{ ...BILL, name: "x".repeat(1_001) }] }],
  [{ files: [{ ...BILL, name: { length: 1 } }] }],
  [{ files: { length: 1 } }],
  [{ files: null }],
])("what is no list of files is refused: %j", async (body) => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const answer = await ann.request("POST", "/rooms/dm/messages", { text: "x", ...body });
  expect([answer.status, stage.taker.messages]).toEqual([400, []]);
});

test("names break no line, no path and no direction of writing", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const { files } = await ann.say("dm", "", { files: [file(1, { name: "../a\n\u202etxt.exe" })] });
  expect(files?.[0]?.name).toBe(".._a__txt.exe");
  expect(files?.[0]?.mimeType).toBe("application/octet-stream");
});

test("what somebody deletes takes its files along, also from the disk", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const secret = "the combination is 12-34-56";
  const message = await ann.say("dm", "x", { files: [{ name: "s", base64: Buffer.from(secret).toString("base64") }] });
  const [attachment] = stage.taker.messages[0]?.attachments ?? [];
  if (attachment === undefined) throw new Error("no attachment");
  await ann.erase(message);
  await expect(fetched(stage, attachment)).rejects.toMatchObject({ code: "refused" });
  expect((await ann.load(message, 0)).status).toBe(404);
  await stage.dark();
  expect(readFileSync(stage.file).includes(secret)).toBe(false);
});
