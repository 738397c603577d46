import { encodeWAMessage, proto } from "@whiskeysockets/baileys";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import { decodeAttachmentRef } from "../../adapters/whatsapp/attachments.ts";
import { jidsIn, type Reading, readMessage } from "../../adapters/whatsapp/normalize.ts";
import { WhatsAppPayloadError, type WireMessage } from "../../adapters/whatsapp/payload.ts";
import type { MainCalls } from "../../adapters/whatsapp/protocol.ts";
import type { Ask } from "../../adapters/whatsapp/worker/ask.ts";
import { Inflow } from "../../adapters/whatsapp/worker/inflow.ts";
import { digestOf, Journal } from "../../adapters/whatsapp/worker/journal.ts";
import { Mappings } from "../../adapters/whatsapp/worker/mappings.ts";
import { MemoryVault } from "../adapters/memory-vault.ts";
import { edit, revoke, waScene, whatsappFixtures } from "../fakes/whatsapp/fixtures.ts";
import { corpus } from "./corpus.ts";
import { hostileText, hostileValue } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { runs } from "./runs.ts";
import { expectWellFormed } from "./well-formed.ts";

const wires: readonly WireMessage[] = [
  ...whatsappFixtures.map(({ wire }) => wire),
  ...whatsappFixtures.slice(0, 6).map(({ wire }) => ({ ...wire, message: edit("3A1", wire.message ?? {}) })),
  ...whatsappFixtures.slice(0, 6).map(({ wire }) => ({ ...wire, message: revoke("3A1") })),
];
const anyWire = fc.oneof({ weight: 9, arbitrary: mutated(wires) }, { weight: 1, arbitrary: hostileValue });

function expectRead(wire: unknown): void {
  if (typeof wire !== "object" || wire === null) return;
  let reading: Reading;
  try {
    jidsIn(wire as WireMessage);
    reading = readMessage(wire as WireMessage, waScene({ chatName: "Team" }));
  } catch (error) {
    expect(error).toBeInstanceOf(WhatsAppPayloadError);
    return;
  }
  if (reading !== null && reading.kind !== "deletion") expectMessage(reading.message, wire);
  if (reading?.kind === "deletion") {
    for (const id of [reading.chatId, reading.messageId, reading.by]) expect(id).toMatch(/^.{1,200}$/s);
  }
}

function expectMessage(message: InboundMessage, wire: unknown): void {
  expectWellFormed(message, "whatsapp", wire);
  for (const { ref } of message.attachments) expect(ref === "" || decodeAttachmentRef(ref) !== null).toBe(true);
}

test("whatever a message holds, it is a message, a change, nothing, or malformed", () => {
  fc.assert(fc.property(anyWire, expectRead), runs(6_000));
});

test.each(corpus("whatsapp"))("$is", ({ input }) => {
  expectRead(input);
});

/** Everything up to the gateway, with a gateway that takes everything. */
function begin() {
  const vault = new MemoryVault();
  const journal = new Journal(vault);
  const line = new AbortController();
  const readings: NonNullable<Reading>[] = [];
  const seen = { malformed: 0, refusals: 0, pauses: 0 };
  const ask = (async (name: keyof MainCalls, takes: unknown) => {
    if (name === "malformed") seen.malformed += 1;
    if (name !== "handOver") return null;
    return readings.push((takes as MainCalls["handOver"]["takes"]).reading) > 0;
  }) as Ask;
  const inflow = new Inflow({
    settings: {
      account: "default",
      wsUrl: "ws://127.0.0.1:1/",
      deviceName: "Parley",
      readReceipts: true,
      maxAttachmentBytes: 1,
      holds: false,
    },
    ask,
    journal,
    mappings: new Mappings(vault),
    groups: { nameOf: async () => undefined, isAdmin: async () => false },
    me: () => ({ id: "15550001111:3@s.whatsapp.net", lid: "900:3@lid" }),
    onAnswered: () => {},
    onRefused: () => {
      seen.refusals += 1;
    },
    sleep: async () => {
      seen.pauses += 1;
    },
  });
  let count = 0;
  return {
    ...{ inflow, line, seen, readings },
    async commit(plaintext: Uint8Array, attrs: Record<string, string>) {
      count += 1;
      const entry = journal.entry(digestOf(`${count}`), attrs, plaintext);
      await journal.keep(entry);
      inflow.take(entry);
    },
    idle: () => vault.until(() => vault.ids("received").length === 0),
  };
}

/** What a sender's client encodes: types that do not fit are refused by the encoder, everything else gets through. */
function encoded(wire: unknown): Uint8Array {
  const content = (wire as WireMessage | null)?.message;
  try {
    // The encoder would take a list's word for its length.
    if (JSON.stringify(content)?.includes('"length":')) return encodeWAMessage({ conversation: "not to be encoded" });
    return encodeWAMessage(proto.Message.fromObject(content ?? {}));
  } catch {
    return encodeWAMessage({ conversation: "not to be encoded" });
  }
}

const damage = fc.tuple(fc.nat(5_000), fc.nat(255));
const plaintext = fc.oneof(
  { weight: 3, arbitrary: anyWire.map(encoded) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...wires).map(encoded), fc.array(damage, { maxLength: 6 }))
      .map(([bytes, all]) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, value] of all) damaged[at % damaged.length] = value;
        return damaged;
      }),
  },
);

const jid = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("1@lid", "120363000000000001@g.us", "15550001111@s.whatsapp.net") },
  { weight: 1, arbitrary: fc.constantFrom("status@broadcast", "1@newsletter", "@lid", "1:99999999@lid", "1@bot", "@") },
  { weight: 1, arbitrary: hostileText },
);
const attrs = fc.record(
  {
    id: fc.oneof(fc.constantFrom("3A1", ""), hostileText),
    from: jid,
    participant: jid,
    recipient: jid,
    sender_pn: jid,
    participant_lid: jid,
    t: fc.constantFrom("1", "0", "-5", "NaN", "1e300", "99999999999999999999", "Infinity", "x", ""),
    notify: hostileText,
    offline: fc.constantFrom("1", ""),
  },
  { requiredKeys: ["id", "from"] },
);

test("whatever was decrypted is handed over or counted, at once, and what comes after it in its chat is handed over", async () => {
  const check = async (all: ReadonlyArray<readonly [Uint8Array, Record<string, string>]>) => {
    const { inflow, line, seen, readings, commit, idle } = begin();
    await inflow.resume(line.signal);
    for (const [bytes, about] of all) await commit(bytes, about);
    await commit(encodeWAMessage({ conversation: "good" }), { id: "GOOD", from: "1@lid", t: "1" });
    await idle();
    line.abort();
    expect(readings.map((each) => each.kind === "message" && each.message.source.messageId)).toContain("GOOD");
    // The encoder makes such words of what it cannot encode, and half a character of bytes that are none.
    const sent = [all, "undefined", "NaN", "[object Object]", "\ud800"];
    for (const reading of readings) if (reading.kind !== "deletion") expectMessage(reading.message, sent);
    // What is malformed is no reason to try again.
    expect(seen).toMatchObject({ refusals: 0, pauses: 0 });
  };
  const hi = encodeWAMessage({ conversation: "hi" });
  for (const { input } of corpus<Record<string, string>>("whatsapp-stanzas")) await check([[hi, input]]);
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(plaintext, attrs), { maxLength: 5 }), check), runs(400));
});
