import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Settings } from "../../gateway/config/schema.ts";
import type { FakeRequest } from "../fakes/anthropic/request.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import type { Stage } from "./stage/stage.ts";
import { TelegramStage } from "./stage/telegram-stage.ts";
import { promptOf, Theatre } from "./stage/theatre.ts";
import { WebStage, type WebStagePerson } from "./stage/web-stage.ts";
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

interface SentFile {
  name: string;
  mimeType?: string;
  bytes: Buffer;
}

/** One person who sends the bot a file, or a voice message, in private. */
interface Sender {
  stage: Stage;
  sends(file: SentFile, words?: string): Promise<unknown>;
  speaks(bytes: Buffer): Promise<unknown>;
}

const senders: ReadonlyArray<readonly [platform: string, open: () => Promise<Sender>]> = [
  [
    "Telegram",
    async () => {
      const stage = await TelegramStage.open();
      const { user } = await stage.person("Ann");
      const chat = stage.tg.dm(user);
      return {
        stage,
        sends: async (document, words = "") => stage.tg.taken(chat.post(user, words, { document })),
        speaks: async (bytes) => stage.tg.taken(chat.post(user, "", { voice: { bytes } })),
      };
    },
  ],
  [
    "Discord",
    async () => {
      const stage = await DiscordStage.open();
      const { user } = await stage.person("Ann");
      const chat = stage.discord.dm(user);
      const voice = { name: "voice-message.ogg", mimeType: "audio/ogg" };
      return {
        stage,
        sends: async (file, words = "") => chat.post(user, words, { attachments: [file] }),
        speaks: async (bytes) => chat.post(user, "", { attachments: [{ ...voice, bytes }] }),
      };
    },
  ],
  [
    "the web chat",
    async () => {
      const stage = new WebStage();
      let joined: Promise<WebStagePerson> | undefined;
      const say = async (words: string, { name, mimeType, bytes }: Required<SentFile>) => {
        joined ??= stage.person("Ann");
        const { web } = await joined;
        return web.say("dm", words, { files: [{ name, mimeType, base64: bytes.toString("base64") }] });
      };
      return {
        stage,
        sends: (file, words = "") => say(words, { mimeType: "", ...file }),
        speaks: (bytes) => say("", { name: "voice.ogg", mimeType: "audio/ogg", bytes }),
      };
    },
  ],
  [
    "WhatsApp",
    async () => {
      const stage = await WhatsAppStage.open();
      const { contact } = await stage.person("Ann");
      return {
        stage,
        sends: ({ name, bytes, mimeType }, caption) => contact.sendsDocument(name, bytes, { mime: mimeType, caption }),
        speaks: (bytes) => contact.sendsVoice(bytes),
      };
    },
  ],
];

/** What a request shows of the last turn. */
function lastTurn({ body }: FakeRequest): Array<{ type: string; source?: { data: string } }> {
  const content = body.messages.at(-1)?.content ?? [];
  return typeof content === "string" ? [] : (content as Array<{ type: string; source?: { data: string } }>);
}

/** A transcriber that hears what a recording spells, and wants to know where it is. */
async function transcriber(): Promise<Settings> {
  const folder = await mkdtemp(join(tmpdir(), "parley-listen-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, "listen.mjs");
  await writeFile(
    script,
    `let heard = "";
    for await (const part of process.stdin) heard += part;
    if (heard === "noise") process.exit(1);
    console.log("I say " + heard + " as " + process.env.PARLEY_AUDIO_TYPE);`,
  );
  return { attachments: { maxTextBytes: 1_000, transcriber: { command: [process.execPath, script] } } };
}

describe.each(senders)("on %s", (_, open) => {
  test("PDFs and text files are read, what is neither is named, and a file alone is a turn", async () => {
    const { stage, sends } = await open();
    const { claude } = await Theatre.open(stage, { settings: { attachments: { maxTextBytes: 1_000 } } });
    await sends({ name: "bill.pdf", mimeType: "application/pdf", bytes: Buffer.from("%PDF-1.7 bill") });
    const [pdf] = await claude.waitForRequests(1);
    expect(lastTurn(pdf as FakeRequest)).toMatchObject([
      { type: "text" },
      {
        type: "document",
        title: "bill.pdf",
        source: { media_type: "application/pdf", data: Buffer.from("%PDF-1.7 bill").toString("base64") },
      },
    ]);
    await sends({ name: "message.txt", mimeType: "text/plain", bytes: Buffer.from("a long tale") }, "sum it up");
    const text = await claude.waitForRequest((request) => promptOf(request).includes("sum it up"));
    expect(lastTurn(text).at(-1)).toMatchObject({
      type: "document",
      title: "message.txt",
      source: { type: "text", data: "a long tale" },
    });
    await sends({ name: "main.rs", bytes: Buffer.from("fn main() {}") }, "review it");
    const code = await claude.waitForRequest((request) => promptOf(request).includes("review it"));
    expect(lastTurn(code).at(-1)?.source?.data).toBe("fn main() {}");
    await sends({ name: "big.log", mimeType: "text/plain", bytes: Buffer.alloc(1_001, "x") }, "and this");
    const large = await claude.waitForRequest((request) => promptOf(request).includes("and this"));
    expect(lastTurn(large).filter(({ type }) => type === "document")).toEqual([]);
    expect(promptOf(large)).toContain("too large to read");
    await sends({ name: "a.zip", mimeType: "application/zip", bytes: Buffer.from("PK\x03\x04") }, "what is in it");
    const archive = await claude.waitForRequest((request) => promptOf(request).includes("what is in it"));
    expect(promptOf(archive)).toContain("a file of this kind cannot be read here");
  });

  test("a voice message is what its sender says, and one that nobody understands is named", async () => {
    const { stage, speaks } = await open();
    const { claude } = await Theatre.open(stage, { settings: await transcriber() });
    await speaks(Buffer.from("hello"));
    const spoken = await claude.waitForRequest();
    expect(promptOf(spoken)).toMatch(/below\)<\/attachment>\\nI say hello as audio\/ogg"/);
    await speaks(Buffer.from("noise"));
    const noise = await claude.waitForRequest((request) => request !== spoken);
    expect(promptOf(noise)).toContain("could not be transcribed");
  });

  test("without a transcriber the agent is told that nobody can listen", async () => {
    const { stage, speaks } = await open();
    const { claude } = await Theatre.open(stage);
    await speaks(Buffer.from("hello"));
    expect(promptOf(await claude.waitForRequest())).toContain("nobody can listen to it here");
  });
});

test("an album of documents with one caption is one turn with all of them", async () => {
  const stage = await TelegramStage.open();
  const { claude } = await Theatre.open(stage);
  const { user } = await stage.person("Ann");
  const document = (n: number) => ({ name: `${n}.txt`, mimeType: "text/plain", bytes: Buffer.from(`file ${n}`) });
  stage.group.post(user, "", { document: document(1), album: "a1" });
  stage.group.post(user, "@parley_bot compare them", { document: document(2), album: "a1" });
  stage.group.post(user, "", { document: document(3), album: "a1" });
  await stage.tg.waitFor("3.txt");
  expect(claude.requests).toHaveLength(1);
  const files = lastTurn(claude.requests[0] as FakeRequest).filter(({ type }) => type === "document");
  expect(files.map(({ source }) => source?.data)).toEqual(["file 1", "file 2", "file 3"]);
});

test("a long paste that became a file, and what was recorded, are gone from the store with their author", async () => {
  const stage = await TelegramStage.open();
  const theatre = await Theatre.open(stage, { settings: await transcriber() });
  const ann = await stage.person("Ann");
  const chat = stage.tg.dm(ann.user);
  chat.post(ann.user, "read this", { document: { name: "message.txt", bytes: Buffer.from("my secret tale") } });
  await theatre.claude.waitForRequest();
  await ann.hears("read this", { inPrivate: true });
  chat.post(ann.user, "", { voice: { bytes: Buffer.from("hello") } });
  await ann.hears("I say hello", { inPrivate: true });
  await theatre.agree(ann, "/forget", /erased/i, { inPrivate: true });
  await theatre.ask(ann, "and now?", "and now?", { inPrivate: true });
  const last = promptOf(theatre.claude.requests.at(-1) as FakeRequest);
  expect(last).not.toContain("secret tale");
  expect(last).not.toContain("I say hello");
});

test("a shutdown that comes while a recording is listened to leaves no process, and the voice message is answered after it", async () => {
  const stage = await TelegramStage.open();
  const folder = await mkdtemp(join(tmpdir(), "parley-listen-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, "listen.mjs");
  await writeFile(
    script,
    `import { existsSync, writeFileSync } from "node:fs";
    process.on("SIGTERM", () => {});
    if (existsSync(${JSON.stringify(join(folder, "pid"))})) { console.log("at last"); process.exit(); }
    writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid));
    setInterval(() => {}, 1e6);`,
  );
  const settings = {
    shutdown: { graceMs: 0 },
    attachments: { transcriber: { command: [process.execPath, script] } },
  };
  const theatre = await Theatre.open(stage, { settings });
  const ann = await stage.person("Ann");
  stage.tg.dm(ann.user).post(ann.user, "", { voice: { bytes: Buffer.from("hello") } });
  const pid = () => readFile(join(folder, "pid"), "utf8").catch(() => "");
  await expect.poll(pid, { timeout: 10_000 }).toMatch(/^\d+$/);
  await theatre.gateway.stop();
  const gone = Number(await pid());
  expect(() => process.kill(gone, 0)).toThrow("ESRCH");
  await theatre.rise();
  await ann.hears("at last", { inPrivate: true });
});
