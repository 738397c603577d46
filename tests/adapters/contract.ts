import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter, AdapterHandlers, AdapterState, Vault } from "../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../adapters/record.ts";
import { MemoryBookmarks } from "./memory-bookmarks.ts";
import { MemoryVault } from "./memory-vault.ts";

export interface AdapterUnderTest {
  adapter: Adapter;
  /** What the account has kept. Default: nothing. */
  vault?: Vault;
  /** How often the platform has been asked for anything. */
  requests(): number;
  /** Make what `adapter` serves over HTTP reachable; called once before `start`. */
  serve(): Promise<void>;
  /** Somebody writes to the bot in a group; `key` makes ids that are told apart. Resolves once the platform has it. */
  post(text: string): Promise<void>;
  /** The platform tries again what was not taken. */
  redeliver(): Promise<void>;
  group: Destination;
  unknownChat: Destination;
  unknownThread: Destination;
  /** A private chat, and the id of its person. */
  dm(): Promise<{ to: Destination; userId: string }>;
  /** The person of `dm` picks, in the group, what the bot's last message offers under this label; not without `choices`. */
  pick?(label: string): Promise<void>;
  /** What people have read of the bot in the group. */
  said(): Promise<string[]>;
  /** Most that one chunk may measure, in UTF-16 units as people read it. */
  limit: number;
  dispose(): Promise<void>;
}

/** The gateway's side: takes what it is given, unless told otherwise. */
class Gateway implements AdapterHandlers {
  readonly taken: InboundMessage[] = [];
  readonly states: AdapterState[] = [];
  readonly bookmarks = new MemoryBookmarks();
  readonly vault: Vault;
  readonly malformed: unknown[] = [];
  refuses = false;
  #waiting: Array<() => void> = [];

  constructor(vault: Vault = new MemoryVault()) {
    this.vault = vault;
  }

  async onMessage(message: InboundMessage): Promise<boolean> {
    if (this.refuses) throw new Error("the store is not available");
    this.taken.push(message);
    for (const look of this.#waiting.splice(0)) look();
    return true;
  }

  async onEdit(): Promise<void> {}
  async onDelete(): Promise<void> {}
  async onChatMoved(): Promise<void> {}
  async onSamePerson(): Promise<void> {}
  onMalformed(error: unknown): void {
    this.malformed.push(error);
  }
  onSkipped(): void {}
  onState(state: AdapterState): void {
    this.states.push(state);
    for (const look of this.#waiting.splice(0)) look();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

const never = new AbortController().signal;

/** What every adapter has to keep to, with its real client library against its platform's stand-in. */
export function adapterContract(
  name: string,
  open: () => Promise<AdapterUnderTest>,
  records: () => InboundMessage[],
): void {
  describe(`adapter ${name}`, () => {
    let under: AdapterUnderTest;
    let adapter: Adapter;
    let gateway: Gateway;

    beforeEach(async () => {
      under = await open();
      ({ adapter } = under);
      gateway = new Gateway(under.vault);
    });
    afterEach(async () => {
      await adapter.close();
      await under.dispose();
    });

    async function start(): Promise<void> {
      await under.serve();
      await adapter.start(gateway);
      await gateway.until(() => gateway.states.at(-1)?.ready === true);
    }

    const send = (to: Destination, text: string, key = text) =>
      adapter.send({ key, to, index: 0, text, plain: text }, never);

    test("creating one does no I/O, and closing it at any time, more than once, is fine", async () => {
      expect(under.requests()).toBe(0);
      await adapter.close();
      await adapter.close();
      expect(under.requests()).toBe(0);
    });

    test("what people write is handed over in order, each message once", async () => {
      await start();
      for (const n of [1, 2, 3, 4, 5]) await under.post(`message ${n}`);
      await gateway.until(() => gateway.taken.length >= 5);
      expect(gateway.taken.map(({ text }) => text.match(/message \d/)?.[0])).toEqual(
        [1, 2, 3, 4, 5].map((n) => `message ${n}`),
      );
      expect(new Set(gateway.taken.map(({ source }) => source.messageId)).size).toBe(5);
      expect(gateway.malformed).toEqual([]);
    });

    test("what the gateway did not take comes again", async () => {
      await start();
      gateway.refuses = true;
      await under.post("hello").catch(() => {});
      gateway.refuses = false;
      await under.redeliver();
      await gateway.until(() => gateway.taken.length >= 1);
      expect(gateway.taken[0]?.text).toContain("hello");
    });

    test("after stop nothing is handed over, and sending still works", async () => {
      await start();
      await under.dm();
      await adapter.stop();
      await adapter.stop();
      await under.post("too late").catch(() => {});
      await send(under.group, "goodbye");
      expect(await under.said()).toEqual(["goodbye"]);
      expect(gateway.taken).toEqual([]);
    });

    test("a sent message has an id of its own", async () => {
      await start();
      const ids = [await send(under.group, "one"), await send(under.group, "two")];
      expect(new Set(ids).size).toBe(2);
      for (const id of ids) expect(id).toMatch(/^\S+$/);
      expect(await under.said()).toEqual(["one", "two"]);
    });

    test("failures say what they are: an unknown chat, an unknown thread", async () => {
      await start();
      await expect(send(under.unknownChat, "x")).rejects.toMatchObject({ name: "SendError", code: "chat-gone" });
      await expect(send(under.unknownThread, "x")).rejects.toMatchObject({ name: "SendError", code: "thread-gone" });
    });

    test("a send that was called off before it began sends nothing", async () => {
      await start();
      const off = AbortSignal.abort();
      const sending = adapter.send({ key: "k", to: under.group, index: 0, text: "x", plain: "x" }, off);
      await expect(sending).rejects.toMatchObject({ name: "SendError", code: "temporary" });
      expect(await under.said()).toEqual([]);
    });

    test("typing never fails, wherever it is shown", async () => {
      await start();
      for (const to of [under.group, under.unknownChat, under.unknownThread]) await adapter.typing?.(to);
    });

    test("everybody administers their own private chat, and nobody a group by just being there", async () => {
      await start();
      const { to, userId } = await under.dm();
      expect(await adapter.isAdmin?.(to, userId)).toBe(true);
      expect(await adapter.isAdmin?.(under.group, userId)).toBe(false);
    });

    test("picking a choice is sending its command, in the same place, under an id of its own", async () => {
      expect(under.pick !== undefined).toBe(adapter.choices ?? false);
      if (under.pick === undefined) return;
      await start();
      const { userId } = await under.dm();
      const [first, second] = [
        { label: "Per person", command: "strategy per-user --here" },
        { label: "Cancel", command: "cancel" },
      ];
      for (const [n, choices] of [
        [first, second],
        [first, second, { label: "None", command: "strategy reset" }],
      ].entries()) {
        await adapter.send({ key: `k${n}`, to: under.group, index: 0, text: "?", plain: "?", choices }, never);
        for (const { label } of [first, second]) await under.pick(label);
        await gateway.until(() => gateway.taken.length >= 2 * (n + 1));
      }
      const picked = [
        { name: "strategy", args: "per-user --here" },
        { name: "cancel", args: "" },
      ];
      expect(gateway.taken.map(({ command }) => command)).toEqual([...picked, ...picked]);
      for (const { source, attachments } of gateway.taken) {
        expect(source).toMatchObject({ chat: { id: under.group.chatId }, user: { id: userId } });
        expect(attachments).toEqual([]);
      }
      expect(new Set(gateway.taken.map(({ source }) => source.messageId)).size).toBe(4);
      expect(gateway.malformed).toEqual([]);
    });

    test("a private chat is opened with whoever has one, and refused with nobody", async () => {
      await start();
      const { to, userId } = await under.dm();
      const there = await adapter.openPrivate?.(userId);
      expect(there).toMatchObject({ platform: to.platform, account: to.account, chatId: expect.any(String) });
      await send(there ?? under.unknownChat, "between us");
      expect(gateway.malformed).toEqual([]);
      await expect(adapter.openPrivate?.("nobody")).rejects.toMatchObject({ name: "SendError", code: "refused" });
    });

    test("rendering is pure, keeps to the limit and loses nothing", () => {
      const words = Array.from({ length: 9_000 }, (_, i) => `word${i}`);
      const chunks = adapter.render(words.join(" "));
      expect(adapter.render(words.join(" "))).toEqual(chunks);
      expect(chunks.length).toBeGreaterThan(1);
      for (const { plain } of chunks) expect(plain.length).toBeLessThanOrEqual(under.limit);
      expect(chunks.flatMap(({ plain }) => plain.split(/\s+/))).toEqual(words);
      expect(adapter.render(" \n ")).toEqual([]);
    });

    test("its messages are complete and of the one shape", () => {
      expect(records().length).toBeGreaterThan(5);
      for (const { source, text, attachments, addressed, replyTo, command } of records()) {
        expect(source.platform).toBe(adapter.platform);
        expect(["dm", "group", "channel"]).toContain(source.chat.kind);
        for (const id of [source.chat.id, source.user.id, source.messageId, source.thread?.id ?? ""]) {
          expect(id).toBeTypeOf("string");
        }
        expect(source.messageId).not.toBe("");
        expect(source.sentAt).toBeGreaterThan(1_000_000_000_000);
        expect(text).toBeTypeOf("string");
        expect(Array.isArray(attachments)).toBe(true);
        if (source.chat.kind === "dm") expect(addressed).toBe(true);
        if (replyTo !== undefined) expect(replyTo.fromSelf).toBeTypeOf("boolean");
        if (command !== undefined) expect(command.name).toBe(command.name.toLowerCase());
      }
    });
  });
}
