import { encodeWAMessage, proto } from "@whiskeysockets/baileys";
import { expect, test } from "vitest";
import { ThreadError } from "../../../adapters/whatsapp/failures.ts";
import type { Reading } from "../../../adapters/whatsapp/normalize.ts";
import type { WireContent } from "../../../adapters/whatsapp/payload.ts";
import type { MainCalls } from "../../../adapters/whatsapp/protocol.ts";
import type { Ask } from "../../../adapters/whatsapp/worker/ask.ts";
import { Inflow, type InflowOptions } from "../../../adapters/whatsapp/worker/inflow.ts";
import { digestOf, Journal } from "../../../adapters/whatsapp/worker/journal.ts";
import { Mappings } from "../../../adapters/whatsapp/worker/mappings.ts";
import { MemoryVault } from "../memory-vault.ts";

const ME = { id: "15550001111:3@s.whatsapp.net", lid: "900:3@lid" };
const GROUP = "120363000000000001@g.us";

const settings: InflowOptions["settings"] = {
  account: "default",
  wsUrl: "ws://127.0.0.1:1/",
  deviceName: "Parley",
  readReceipts: true,
  maxAttachmentBytes: 1,
  holds: false,
};

/** An inflow with a gateway that does what the test says, and pauses that take no time. */
function begin(handOver: (reading: NonNullable<Reading>) => Promise<boolean>, more: Partial<InflowOptions> = {}) {
  const vault = new MemoryVault();
  const journal = new Journal(vault);
  const line = new AbortController();
  const seen = { malformed: [] as MainCalls["malformed"]["takes"][], pauses: [] as number[], refusals: 0 };
  const ask = (async (name: keyof MainCalls, takes: unknown) => {
    if (name === "handOver") return await handOver((takes as MainCalls["handOver"]["takes"]).reading);
    if (name === "malformed") seen.malformed.push(takes as MainCalls["malformed"]["takes"]);
    return null;
  }) as Ask;
  const inflow = new Inflow({
    settings,
    ask,
    journal,
    mappings: new Mappings(vault),
    groups: { nameOf: async () => undefined, isAdmin: async () => false },
    me: () => ME,
    onAnswered: () => {},
    onRefused: () => {
      seen.refusals += 1;
      line.abort();
    },
    sleep: async (ms) => {
      seen.pauses.push(ms);
    },
    ...more,
  });
  let count = 0;
  const commit = async (content: WireContent, attrs: Record<string, string>) => {
    count += 1;
    const entry = journal.entry(digestOf(`${count}`), { id: `M${count}`, t: "1", ...attrs }, encodeWAMessage(content));
    await journal.keep(entry);
    inflow.take(entry);
    return entry;
  };
  const idle = () => vault.until(() => vault.ids("received").length === 0);
  return { vault, journal, inflow, line, seen, commit, idle };
}

const textOf = (reading: NonNullable<Reading>) => (reading.kind === "message" ? reading.message.text : reading.kind);

test("a message that always fails is tried again and again, reported, and given up; its chat goes on", async () => {
  const tried: string[] = [];
  const { inflow, line, seen, commit, idle } = begin(async (reading) => {
    tried.push(textOf(reading));
    if (textOf(reading) === "poison") throw new ThreadError("TypeError");
    return true;
  });
  await inflow.resume(line.signal);
  await commit({ conversation: "poison" }, { from: "1@lid" });
  await commit({ conversation: "after" }, { from: "1@lid" });
  await idle();
  expect(tried).toEqual([...Array.from({ length: 5 }, () => "poison"), "after"]);
  expect(seen.pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(seen.malformed).toEqual([{ name: "TypeError", code: "thread" }]);
  expect(seen.refusals).toBe(0);
});

test("while it waits, other chats go on, and the end of the connection ends the wait", async () => {
  const ended = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const { vault, inflow, line, commit } = begin(
    async (reading) => {
      if (textOf(reading) === "poison") throw new ThreadError("TypeError");
      taken.resolve();
      return true;
    },
    {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            ended.resolve();
            resolve();
          });
        }),
    },
  );
  await inflow.resume(line.signal);
  await commit({ conversation: "poison" }, { from: "1@lid" });
  await commit({ conversation: "hello" }, { from: "2@lid" });
  await taken.promise;
  line.abort();
  await ended.promise;
  await inflow.hold();
  expect(vault.ids("received")).toEqual([digestOf("1")]);
});

test("a store that fails ends the connection, and is no fault of the message", async () => {
  let isFailing = true;
  const { inflow, line, seen, commit, idle } = begin(async () => {
    if (isFailing) throw new ThreadError("StoreError", "unwritable");
    return true;
  });
  await inflow.resume(line.signal);
  await commit({ conversation: "hello" }, { from: "1@lid" });
  while (seen.refusals === 0) await new Promise(setImmediate);
  isFailing = false;
  await inflow.resume(new AbortController().signal);
  await idle();
  expect(seen).toEqual({ malformed: [], pauses: [], refusals: 1 });
});

test("an admin's deletion waits until it can be asked who is one", async () => {
  const deletions: NonNullable<Reading>[] = [];
  let failures = 2;
  const { inflow, line, commit, idle } = begin(async (reading) => deletions.push(reading) > 0, {
    groups: {
      nameOf: async () => undefined,
      isAdmin: async () => {
        failures -= 1;
        if (failures >= 0) throw new Error("not connected");
        return true;
      },
    },
  });
  await inflow.resume(line.signal);
  const key = { remoteJid: GROUP, fromMe: false, id: "THEIRS", participant: "2@lid" };
  await commit({ protocolMessage: { key, type: 0 } }, { from: GROUP, participant: "1@lid" });
  await idle();
  expect(deletions).toMatchObject([{ kind: "deletion", by: "1@lid", byAuthor: false }]);
});

test("what was committed before the connection stood comes before what came since", async () => {
  const texts: string[] = [];
  const { inflow, line, commit, idle } = begin(async (reading) => texts.push(textOf(reading)) > 0);
  await commit({ conversation: "one" }, { from: "1@lid" });
  const resumed = inflow.resume(line.signal);
  await commit({ conversation: "two" }, { from: "1@lid" });
  await resumed;
  await commit({ conversation: "three" }, { from: "1@lid" });
  await idle();
  expect(texts).toEqual(["one", "two", "three"]);
});

/** What the owner's phone answers a device with that was not given a message. */
function sentAgain(): WireContent {
  const bytes = proto.WebMessageInfo.encode({
    key: { remoteJid: "1@lid", fromMe: false, id: "MISSED" },
    message: { conversation: "you missed this" },
    messageTimestamp: 7,
    pushName: "Alice",
  }).finish();
  const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes: bytes } }];
  return { protocolMessage: { type: 17, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } };
}

test("a message that the owner's phone sends again is handed over, once", async () => {
  const readings: NonNullable<Reading>[] = [];
  const { inflow, line, commit, idle } = begin(async (reading) => readings.push(reading) > 0);
  await inflow.resume(line.signal);
  await commit(sentAgain(), { from: "15550001111@s.whatsapp.net", category: "peer" });
  await commit(sentAgain(), { from: "15550001111@s.whatsapp.net", category: "peer" });
  await idle();
  expect(readings).toMatchObject([
    { message: { text: "you missed this", source: { messageId: "MISSED", user: { id: "1@lid", name: "Alice" } } } },
  ]);
});

test("nobody else can say what was sent again", async () => {
  const readings: NonNullable<Reading>[] = [];
  const { inflow, line, commit, idle } = begin(async (reading) => readings.push(reading) > 0);
  await inflow.resume(line.signal);
  await commit(sentAgain(), { from: "2@lid" });
  await idle();
  expect(readings).toEqual([]);
});

test("what says nothing to the gateway is known again, but not kept", async () => {
  const { journal, inflow, line, commit, idle } = begin(async () => true);
  await inflow.resume(line.signal);
  const reactionMessage = { key: { id: "X" }, text: "👍" };
  const { id } = await commit({ reactionMessage }, { from: "1@lid" });
  const own = await commit({ conversation: "a secret" }, { from: "15550001111@s.whatsapp.net", recipient: "2@lid" });
  await idle();
  expect((await journal.find(id))?.plaintext).toBe("AQ==");
  expect((await journal.find(own.id))?.plaintext).toBe("AQ==");
});
