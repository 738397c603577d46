import { proto } from "@whiskeysockets/baileys";
import { expect, test, vi } from "vitest";
import { Account, flawOf } from "../../fakes/whatsapp/account.ts";
import { Device } from "../../fakes/whatsapp/device.ts";
import { quietSignal } from "../../fakes/whatsapp/quiet.ts";
import { linked } from "./bare-stage.ts";

test("every new session takes one of the bot's keys, and the bot uploads more when they run low", async () => {
  const { whatsapp, client } = await linked();
  const before = whatsapp.preKeys;
  const alice = whatsapp.contact("Alice");
  await alice.writes("one");
  await client.waitForMessage((await alice.writes("two")).id);
  expect(whatsapp.preKeys).toBe(before - 1);
  whatsapp.spendPreKeys(whatsapp.preKeys - 4);
  const bob = whatsapp.contact("Bob");
  await client.waitForMessage((await bob.writes("one")).id);
  await whatsapp.until(() => whatsapp.preKeys >= 5);
  expect(whatsapp.violations).toEqual([]);
});

test("without any one-time key a session begins all the same", async () => {
  const { whatsapp, client } = await linked();
  whatsapp.drop();
  await client.closed(428);
  whatsapp.spendPreKeys(whatsapp.preKeys);
  const alice = whatsapp.contact("Alice");
  const message = await alice.writes("hello");
  await client.reconnect();
  expect((await client.waitForMessage(message.id)).message?.conversation).toBe("hello");
});

test("the directory knows devices, and the other name of who tells it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice", { device: 7 });
  const bob = whatsapp.contact("Bob", { tellsOther: false });
  const devices = async (jid: string) => {
    const found = (await client.call("getUSyncDevices", [jid], false, false)) as Array<{ jid: string }>;
    return found.map((each) => each.jid);
  };
  expect(await devices(alice.jid("lid"))).toEqual([alice.jid("lid"), `${alice.lid}:7@lid`]);
  expect(await devices("999@lid")).toEqual([]);
  const found = await client.call("onWhatsApp", alice.phone, bob.phone, "19999999999");
  expect(found).toEqual([
    { jid: alice.jid("phone"), exists: true },
    { jid: bob.jid("phone"), exists: true },
  ]);
});

test("an identity that account and device have signed is believed; any other is not", () => {
  const account = new Account("1", "2");
  const device = new Device(5, "2").identity.signedIdentityKey;
  const other = new Account("1", "2");
  const accountKey = account.identityKey.public;
  const signed = account.sign(device.public, 1, 0);
  const expected = { accountKey, deviceIdentity: device.public };
  expect(flawOf(signed, expected)).toContain("without details or signatures");
  expect(flawOf({ ...signed, deviceSignature: new Uint8Array(64) }, expected)).toContain("the device did not sign");
  const foreign = other.sign(device.public, 1, 0);
  expect(flawOf({ ...foreign, deviceSignature: new Uint8Array(64) }, expected)).toContain("the account did not sign");
  const { details } = proto.ADVSignedDeviceIdentityHMAC.decode(account.seal(signed, Buffer.alloc(32)));
  expect(proto.ADVSignedDeviceIdentity.decode(details ?? new Uint8Array()).accountSignatureKey).toEqual(accountKey);
});

test("what the Signal library says is kept off the console, everything else is not", () => {
  const { console } = globalThis;
  const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
  const loud = quietSignal();
  const louder = quietSignal();
  console.info("Closing session:", { privateKey: "secret" });
  console.info("the weather is fine");
  loud();
  loud();
  console.info("Closing session:", { privateKey: "secret" });
  louder();
  console.info("Closing session:", "by somebody else");
  expect(info.mock.calls).toEqual([["the weather is fine"], ["Closing session:", "by somebody else"]]);
  info.mockRestore();
});
