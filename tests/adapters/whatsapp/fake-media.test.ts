import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { trustOption } from "../../fakes/whatsapp/trust-option.ts";
import { linked, started } from "./bare-stage.ts";

test("pictures, documents and voice notes are downloaded and decrypted", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bytes = randomBytes(100_000);
  const sent = [
    await alice.sendsImage(bytes, { caption: "look", mime: "image/png" }),
    await alice.sendsImage(bytes, { viewOnce: true }),
    await alice.sendsDocument("plan.pdf", bytes, { mime: "application/pdf" }),
    await alice.sendsDocument("plan.pdf", bytes, { mime: "application/pdf", caption: "the plan" }),
    await alice.sendsVoice(bytes),
  ];
  for (const { id } of sent) {
    const got = await client.waitForMessage(id);
    expect(bytes.equals((await client.call("download", got)) as Buffer)).toBe(true);
  }
  const image = await client.waitForMessage(sent[0]?.id ?? "");
  expect(image.message?.imageMessage).toMatchObject({ caption: "look", mimetype: "image/png" });
  const wrapped = await client.waitForMessage(sent[3]?.id ?? "");
  expect(wrapped.message?.documentWithCaptionMessage?.message?.documentMessage?.caption).toBe("the plan");
});

test("an album is a parent and its pictures", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const { parent, parts } = await alice.sendsAlbum([randomBytes(50), randomBytes(60)], "both");
  const got = await client.waitForMessage(parent.id);
  expect(got.message?.albumMessage?.expectedImageCount).toBe(2);
  for (const [index, { id }] of parts.entries()) {
    const { message } = await client.waitForMessage(id);
    expect(message?.messageContextInfo?.messageAssociation?.parentMessageKey?.id).toBe(parent.id);
    expect(message?.imageMessage?.caption ?? "").toBe(index === 0 ? "both" : "");
  }
});

test("what the bot sends is uploaded, and decrypted by who gets it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bytes = randomBytes(70_000);
  await client.send(alice.jid(), { document: bytes, fileName: "a.bin", mimetype: "text/plain", caption: "take it" });
  const { media, text } = await whatsapp.waitFor("take it");
  expect(text).toBe("take it");
  expect(media).toMatchObject({ kind: "document", name: "a.bin", mimeType: "text/plain", caption: "take it" });
  expect(media?.bytes.equals(bytes)).toBe(true);
  expect(whatsapp.violations).toEqual([]);
});

test("a file that is kept no longer cannot be downloaded", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const message = await alice.sendsImage(randomBytes(100));
  whatsapp.expireMedia(message);
  const got = await client.waitForMessage(message.id);
  await expect(client.call("download", got)).rejects.toThrow();
  expect(whatsapp.media.downloads).toHaveLength(1);
});

test("a download that stops in the middle goes on", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bytes = randomBytes(100_000);
  const got = await client.waitForMessage((await alice.sendsVoice(bytes)).id);
  const hold = whatsapp.media.hold();
  const download = client.call("download", got);
  await vi.waitFor(() => expect(whatsapp.media.downloads).toHaveLength(1));
  hold.release();
  expect(bytes.equals((await download) as Buffer)).toBe(true);
});

test("a program that is started with the option trusts the media server in its threads alone", async () => {
  const whatsapp = await started();
  const { url } = whatsapp.media.put(Buffer.from("hello"));
  const program = `
    import { get } from "node:https";
    import { isMainThread, parentPort, Worker } from "node:worker_threads";
    const asked = [
      fetch("${url}").then(({ status }) => status, () => "no"),
      new Promise((done) => get("${url}", (said) => done(said.resume().statusCode)).on("error", () => done("no"))),
    ];
    const said = (who, answers) => process.stdout.write(who + " " + answers.join(" ") + "\\n");
    if (!isMainThread) Promise.all(asked).then((answers) => parentPort.postMessage(answers));
    else Promise.all(asked).then((answers) => {
      said("main", answers);
      const file = new URL("data:text/javascript," + encodeURIComponent(process.argv[1]));
      new Worker(file).on("message", (heard) => said("thread", heard));
    });`;
  const env = { ...process.env, NODE_OPTIONS: trustOption };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, program], {
    env,
  });
  expect(stdout).toBe("main no no\nthread 200 200\n");
});
