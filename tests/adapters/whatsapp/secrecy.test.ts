import type { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { chunk, never, type RecordingGateway, Stage } from "./gateway.ts";

/** What libsignal and Baileys say when they talk about keys. */
const PHRASES = [/SessionEntry/, /Closing.*session/i, /privKey|pubKey|privateKey|rootKey|chainKey/, /Session error/i];

const output: string[] = [];

function listen(): void {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      output.push(String(text));
      return true;
    });
  }
  process.on("worker", overhear);
}

/** What a thread says is thrown away: it must not have said it in the first place. */
function overhear(worker: Worker): void {
  for (const stream of [worker.stdout, worker.stderr]) stream?.on("data", (text) => output.push(String(text)));
}

afterEach(() => {
  process.off("worker", overhear);
  vi.restoreAllMocks();
});

/** Every key that was ever in the vault, in the forms in which one would see it. */
function keysOf(gateway: RecordingGateway): Set<string> {
  const found = new Set<string>();
  for (const { value } of gateway.vault.written.flat()) {
    for (const [text] of (value ?? "").matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g)) {
      found.add(text.slice(0, 40));
      found.add(Buffer.from(text, "base64").toString("hex").slice(0, 40));
    }
  }
  return found;
}

test("a whole session says nothing of keys and of what people write", { timeout: 60_000 }, async () => {
  const stage = await Stage.open();
  const { gateway } = stage;
  const errors: unknown[] = [];
  listen();
  await stage.link();
  const adapter = await stage.started();
  const alice = stage.wa.contact("Alice");
  await alice.writes("the secret of Alice");
  await gateway.said("the secret of Alice");
  await adapter.send(chunk(alice.jid(), "the bot's secret"), never);
  const sent = await stage.wa.waitFor("the bot's secret");
  await stage.wa.asksAgain(alice, sent);
  await alice.writes("garbled secret", { garbled: true });
  await gateway.said("garbled secret");
  // New keys: the old session is closed, which libsignal likes to print.
  alice.reinstalls();
  await alice.writes("with new keys");
  await gateway.said("with new keys");
  await adapter.send(chunk(alice.jid(), "to new keys"), never);
  stage.wa.failSends(479);
  await adapter.send(chunk(alice.jid(), "refused secret"), never).catch((error) => errors.push(error));
  await adapter.fetchAttachment?.({ kind: "image", ref: "{}" }, 1, never).catch((error) => errors.push(error));
  gateway.vault.fails = (entries) => entries.some(({ kind }) => kind === "received");
  await alice.writes("for a full disk");
  await gateway.reason("the store failed");
  gateway.vault.fails = () => false;
  await gateway.said("for a full disk");
  stage.wa.disconnect(401);
  await gateway.reason("logged out");
  await adapter.close();
  vi.restoreAllMocks();

  const told = [
    ...output,
    JSON.stringify(gateway.states.all),
    ...[...errors, ...gateway.malformed.all].map(
      (error) => `${error}${(error as Error).stack}${JSON.stringify(error)}`,
    ),
  ].join("\n");
  const keys = keysOf(gateway);
  expect(keys.size).toBeGreaterThan(500);
  expect([...keys].filter((key) => told.includes(key))).toEqual([]);
  expect(PHRASES.filter((phrase) => phrase.test(told))).toEqual([]);
  expect(told).not.toContain("secret");
  expect(errors.length).toBe(2);
});
