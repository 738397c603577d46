import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { chunk, never, Stage } from "./gateway.ts";

test("nobody makes the bot say in its own name what they wrote themselves", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const [alice, mallory] = [stage.wa.contact("Alice"), stage.wa.contact("Mallory")];
  const team = stage.wa.group("Team", [alice, mallory]);
  await adapter.send(chunk(team.id, "hello"), never);
  const hello = await stage.wa.waitFor("hello");
  const forged = await mallory.writes("pay Mallory", { in: team });
  await stage.gateway.said("pay Mallory");
  await forged.taken;
  void stage.wa.asksAgain(mallory, { ...hello, id: forged.id });
  await stage.wa.until(() => stage.wa.waiting === 0);
  await adapter.send(chunk(team.id, "marker"), never);
  await stage.wa.waitFor("marker");
  expect(stage.wa.sent.map(({ text }) => text)).toEqual(["hello", "marker"]);
});

test.each([421, 479])("a group that has changed is asked about anew, once for each message: code %i", async (code) => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
  const team = stage.wa.group("Team", [alice]);
  await adapter.send(chunk(team.id, "before"), never);
  // Nobody tells the bot.
  team.state.members.push(bob.state);
  const first = chunk(team.id, "hello");
  stage.wa.failSends(code);
  await expect(adapter.send(first, never)).rejects.toMatchObject({ code: "temporary", uncertain: false });
  await adapter.send(first, never);
  await stage.wa.until(() => stage.wa.sent.at(-1)?.readBy.length === 2);
  expect(stage.wa.sent.map(({ text, readBy }) => [text, readBy.toSorted()])).toEqual([
    ["before", ["Alice"]],
    ["hello", ["Alice", "Bob"]],
  ]);
  const second = chunk(team.id, "never");
  stage.wa.failSends(code, 2);
  await expect(adapter.send(second, never)).rejects.toMatchObject({ code: "temporary" });
  await expect(adapter.send(second, never)).rejects.toMatchObject({ code: "refused" });
});

test("where only admins write, the bot does not try unless it is one", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const alice = stage.wa.contact("Alice");
  const team = stage.wa.group("Team", [alice], { admins: [alice] });
  team.announce();
  await expect(adapter.send(chunk(team.id, "hello"), never)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("only admins"),
  });
  team.promoteBot();
  await alice.writes("now you may", { in: team });
  await stage.gateway.said("now you may");
  await adapter.send(chunk(team.id, "thank you"), never);
  expect(stage.wa.sent.map(({ text }) => text)).toEqual(["thank you"]);
});

test("a picture is never on the disk in clear, and people see a preview of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parley-pictures-"));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  onTestFinished(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(folder, { recursive: true });
  });
  const stage = await Stage.linked();
  const adapter = await stage.started();
  let found: Buffer[] = [];
  // At once: what is there for the upload goes with it.
  stage.wa.media.onUpload = () => {
    found = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  };
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
  const files = [{ name: "pixel.png", mimeType: "image/png", base64: pixel }];
  await adapter.send(chunk(stage.wa.contact("Alice").jid(), "a pixel", { files }), never);
  const { message } = await stage.wa.waitFor("a pixel");
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((file) => file.equals(Buffer.from(pixel, "base64")))).toEqual([]);
  expect(message.imageMessage).toMatchObject({ width: 1, height: 1 });
  expect(message.imageMessage?.jpegThumbnail?.length).toBeGreaterThan(0);
});
