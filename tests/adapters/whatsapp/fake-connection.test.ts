import { expect, test } from "vitest";
import { linked } from "./bare-stage.ts";

test.each([408, 428, 503, 515])("a connection that is ended with %i can be begun again", async (code) => {
  const { whatsapp, client } = await linked();
  whatsapp.disconnect(code);
  await client.closed(code);
  await whatsapp.disconnected;
  await client.reconnect();
  await whatsapp.connected;
  expect(whatsapp.connections).toBe(2);
});

test("a second connection of the device takes the place of the first", async () => {
  const { whatsapp, client } = await linked();
  await client.connect();
  await client.closed(440);
  await whatsapp.connected;
  const alice = whatsapp.contact("Alice");
  await client.waitForMessage((await alice.writes("to the second")).id);
  expect(client.messages.all).toHaveLength(1);
});

test("a line that is cut ends as 428", async () => {
  const { whatsapp, client } = await linked();
  expect(whatsapp.online).toBe(true);
  whatsapp.drop();
  await client.closed(428);
  await whatsapp.disconnected;
  expect(whatsapp.online).toBe(false);
});

test("a server that is out of reach is reached later", async () => {
  const { whatsapp, client } = await linked();
  whatsapp.refuse();
  whatsapp.drop();
  await client.closed(428);
  await client.connect();
  await client.updates.waitFor((update) => update.connection === "close" && update.code !== 428 && update.code !== 515);
  whatsapp.accept();
  await client.reconnect();
  await whatsapp.connected;
});

test.each([401, 403, 405])("logins fail with %i as long as they are made to", async (code) => {
  const { whatsapp, client } = await linked();
  whatsapp.drop();
  await client.closed(428);
  whatsapp.failLogins(code);
  await client.connect();
  await client.closed(code);
  whatsapp.failLogins(null);
  await client.reconnect();
  await whatsapp.connected;
});
