import { expect, test } from "vitest";
import { linked, unlinked } from "./bare-stage.ts";

test("a scanned QR code links a device, which has to connect anew and uploads its keys", async () => {
  const { whatsapp, client } = await unlinked({ phone: "491700000001", lid: "777" });
  await client.connect();
  await whatsapp.link.waitForQr();
  expect(whatsapp.paired).toBe(false);
  await whatsapp.link.scan(await client.qr());
  expect(whatsapp.paired).toBe(true);
  expect(whatsapp.bot).toEqual({ phone: "491700000001", lid: "777", device: 5 });
  await client.restart(whatsapp);
  expect(whatsapp.connections).toBe(1);
  expect(whatsapp.preKeys).toBeGreaterThan(100);
  expect(whatsapp.violations).toEqual([]);
});

test("a QR code that nobody shows links nothing", async () => {
  const { whatsapp, client } = await unlinked();
  await client.connect();
  const [, ...keys] = (await client.qr()).split(",");
  await expect(whatsapp.link.scan(["2@old", ...keys].join(","))).rejects.toThrow("no QR code that counts now");
  expect(whatsapp.paired).toBe(false);
});

test("a QR code without the device's secret is refused by the device", async () => {
  const { whatsapp, client } = await unlinked();
  await client.connect();
  const parts = (await client.qr()).split(",");
  parts[3] = Buffer.alloc(32).toString("base64");
  await expect(whatsapp.link.scan(parts.join(","))).rejects.toThrow("went away");
  expect(whatsapp.paired).toBe(false);
});

test("a code that is typed over links a device", async () => {
  const { whatsapp, client } = await unlinked();
  await client.connect();
  await whatsapp.link.waitForQr();
  const code = await client.call("requestPairingCode", whatsapp.bot.phone);
  await whatsapp.link.waitForPairingCode();
  await whatsapp.link.enterCode(String(code));
  await client.restart(whatsapp);
  const alice = whatsapp.contact("Alice");
  const message = await alice.writes("hello");
  expect((await client.waitForMessage(message.id)).message?.conversation).toBe("hello");
  expect(whatsapp.violations).toEqual([]);
});

test("a code that is typed wrongly links nothing", async () => {
  const { whatsapp, client } = await unlinked();
  await client.connect();
  await whatsapp.link.waitForQr();
  await client.call("requestPairingCode", whatsapp.bot.phone);
  await whatsapp.link.waitForPairingCode();
  await expect(whatsapp.link.enterCode("AAAAAAAA")).rejects.toThrow("the code is wrong");
  expect(whatsapp.paired).toBe(false);
});

test("a phone that refuses sends the device away", async () => {
  const { whatsapp, client } = await unlinked();
  await client.connect();
  await whatsapp.link.waitForQr();
  whatsapp.link.refuse();
  await client.closed(403);
  expect(whatsapp.paired).toBe(false);
});

test("a device that unlinks itself is logged out and cannot come back", async () => {
  const { whatsapp, client } = await linked();
  const loggedOut = whatsapp.logout;
  await client.call("logout");
  await loggedOut;
  expect(whatsapp.paired).toBe(false);
  await client.connect();
  await client.closed(401);
  expect(whatsapp.connections).toBe(1);
});

test("a device that is linked anew is another one, and people begin new sessions with it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  await client.waitForMessage((await alice.writes("one")).id);
  await client.waitForMessage((await alice.writes("two", { in: team })).id);
  whatsapp.disconnect(401);
  await client.closed(401);
  expect(whatsapp.paired).toBe(false);
  await expect(alice.writes("is anybody there?")).rejects.toThrow("not linked");
  await client.call("forgetEverything");
  await client.link(whatsapp);
  expect(whatsapp.bot.device).toBe(6);
  await client.waitForMessage((await alice.writes("three")).id);
  await client.waitForMessage((await alice.writes("four", { in: team })).id);
  await client.send(alice.jid(), { text: "I am new" });
  await whatsapp.waitFor("I am new");
  expect(whatsapp.violations).toEqual([]);
});

test("a client that does not trust the fake's root does not talk to it", async () => {
  const { client } = await unlinked({}, { trusting: false });
  await client.connect();
  await client.closed(400);
});
