import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Attachment } from "../../../adapters/record.ts";
import { never, Stage } from "./gateway.ts";

const MEGABYTE = 1024 * 1024;

async function received(): Promise<{ stage: Stage; adapter: Awaited<ReturnType<Stage["started"]>> }> {
  const stage = await Stage.linked();
  return { stage, adapter: await stage.started() };
}

async function attachment(stage: Stage): Promise<Attachment> {
  const { attachments } = await stage.gateway.messages.waitFor((message) => message.attachments.length > 0);
  const [first] = attachments;
  if (first === undefined) throw new Error("no attachment");
  return first;
}

test("a picture, a document and a voice note are fetched as they were sent", async () => {
  const { stage, adapter } = await received();
  const alice = stage.wa.contact("Alice");
  const bytes = [randomBytes(30_000), randomBytes(100), randomBytes(5_000)] as const;
  await alice.sendsImage(bytes[0], { caption: "look" });
  await alice.sendsDocument("notes.txt", bytes[1], { mime: "text/plain" });
  await alice.sendsVoice(bytes[2]);
  await stage.gateway.messages.waitForMany(3);
  const all = stage.gateway.messages.all.flatMap(({ attachments }) => attachments);
  expect(all.map(({ kind }) => kind)).toEqual(["image", "document", "audio"]);
  for (const [index, each] of all.entries()) {
    const fetched = await adapter.fetchAttachment?.(each, MEGABYTE, never);
    expect(Buffer.from(fetched?.bytes ?? []).equals(bytes[index] ?? Buffer.alloc(0))).toBe(true);
    expect(fetched?.mimeType).toBe(each.mimeType);
  }
});

test("more than was asked for is not fetched, whatever its sender says of its size", async () => {
  const { stage, adapter } = await received();
  await stage.wa.contact("Alice").sendsImage(randomBytes(50_000));
  const picture = await attachment(stage);
  await expect(adapter.fetchAttachment?.(picture, 10_000, never)).rejects.toMatchObject({ code: "refused" });
  const lying = { ...picture, ref: JSON.stringify({ ...JSON.parse(picture.ref), fileLength: 1 }) };
  await expect(adapter.fetchAttachment?.(lying, 10_000, never)).rejects.toMatchObject({ code: "refused" });
});

test("a file that is no longer there, or not what it was, is refused", async () => {
  const { stage, adapter } = await received();
  const message = await stage.wa.contact("Alice").sendsImage(randomBytes(1_000));
  const picture = await attachment(stage);
  const other = { ...JSON.parse(picture.ref), mediaKey: randomBytes(32).toString("base64") };
  await expect(
    adapter.fetchAttachment?.({ ...picture, ref: JSON.stringify(other) }, MEGABYTE, never),
  ).rejects.toMatchObject({ code: "refused" });
  stage.wa.expireMedia(message);
  await expect(adapter.fetchAttachment?.(picture, MEGABYTE, never)).rejects.toMatchObject({ code: "refused" });
});

test("nobody but WhatsApp's own hosts is ever asked", async () => {
  const { stage, adapter } = await received();
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end("hello");
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await stage.wa.contact("Alice").sendsImage(randomBytes(1_000));
  const picture = await attachment(stage);
  const { directPath, ...rest } = JSON.parse(picture.ref) as { directPath: string };
  const lures = [
    { ...rest, url: `http://127.0.0.1:${port}/x` },
    { ...rest, url: `https://127.0.0.1:${port}/x` },
    { ...rest, url: `https://127.0.0.1:${port}/.whatsapp.net` },
    { ...rest, directPath: `@127.0.0.1:${port}/x` },
    { ...rest, directPath: `//127.0.0.1:${port}/x` },
  ];
  for (const lure of lures) {
    const fetching = adapter.fetchAttachment?.({ ...picture, ref: JSON.stringify(lure) }, MEGABYTE, never);
    await expect(fetching).rejects.toMatchObject({ name: "SendError" });
  }
  // With a path of its own, another host in the address changes nothing.
  const led = { ...rest, directPath, url: `https://127.0.0.1:${port}${directPath}` };
  const fetched = await adapter.fetchAttachment?.({ ...picture, ref: JSON.stringify(led) }, MEGABYTE, never);
  expect(fetched?.bytes.byteLength).toBe(1_000);
  expect(asked).toBe(0);
});

test("fetching can be called off", async () => {
  const { stage, adapter } = await received();
  await stage.wa.contact("Alice").sendsImage(randomBytes(1_000));
  const picture = await attachment(stage);
  const off = AbortSignal.abort();
  await expect(adapter.fetchAttachment?.(picture, MEGABYTE, off)).rejects.toMatchObject({ code: "temporary" });
});

test("what is no reference to a file is refused", async () => {
  const { adapter } = await received();
  for (const ref of ["", "{}", "null", '{"kind":"image"}']) {
    const fetching = adapter.fetchAttachment?.({ kind: "image", ref }, MEGABYTE, never);
    await expect(fetching).rejects.toMatchObject({ name: "SendError", code: "refused" });
  }
});
