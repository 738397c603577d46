import { describe, expect, test } from "vitest";
import type { ForCommand } from "../../../sessions/inbox.ts";
import { message, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const place = { level: "chat", ...account, chatId: "-100" } as const;

/** Changes that commands make: with the command, or not at all. */
export function effects(scene: StoreScene): void {
  const { accept, say, claim, answer } = scene;
  const user = (id: string) => ({ ...account, kind: "user", id }) as const;
  const text = (said: string) => ({ chunks: [{ text: said, plain: said }] });
  const notices = { notice: text("stopped"), dropped: text("dropped") };

  async function command(by = "root"): Promise<ForCommand> {
    const inbound = message(by, "/do", { command: { name: "do", args: "" } });
    const accepted = await accept(inbound, { isCommand: true });
    return { seq: "seq" in accepted ? accepted.seq : 0, said: `done for ${by}` };
  }
  async function ask(who: string, code: string): Promise<void> {
    const inbound = message(who, "let me in", { source: { chat: { id: who, kind: "dm" } } });
    const decide = () => ({ kind: "pair", code, notice: text(code), full: text("full") }) as const;
    await scene.store.accept(inbound, { ...routing(inbound), decide });
  }
  const effectOf = async ({ seq }: ForCommand) => (await scene.store.command(seq))?.effect;
  const chatRef = async () => (await scene.store.chats()).find(({ id }) => id === "-100")?.ref ?? 0;

  /** Every change that can be a command's: one that has an effect the first time, and none the second. */
  const changes: Array<[string, (on: ForCommand) => Promise<unknown>]> = [
    ["setting something", (on) => scene.store.setSettings(place, { strategy: "per-user" }, "telegram:root", on)],
    ["approving", (on) => scene.store.approve("CODE0001", "telegram:root", "", false, on)],
    ["dismissing", (on) => scene.store.dismiss("CODE0002", "telegram:root", on)],
    ["claiming", (on) => scene.store.claimOwner("h", user("root"), on)],
    ["making a code void", (on) => scene.store.setClaim(null, "h", "telegram:root", on)],
    ["ending a session", (on) => scene.store.endSession("agent:main:telegram:group:-100", on.seq, undefined, on)],
    [
      "stopping",
      async (on) => scene.store.stop({ chatRef: await chatRef(), userId: "alice", before: on.seq, ...notices }, on),
    ],
  ];
  /** These say what is so, also if it was so before. */
  const always: typeof changes = [
    ["blocking", (on) => scene.store.setAccess(user("mallory"), "blocked", "telegram:root", on)],
    [
      "forgetting",
      async (on) =>
        scene.store.forget({ chatRef: await chatRef(), userId: "alice", before: on.seq, by: "telegram:alice" }, on),
    ],
  ];

  /** Something for each of them to change. */
  async function begin(): Promise<void> {
    await say("alice", "hi");
    await ask("carol", "CODE0001");
    await ask("dave", "CODE0002");
    await scene.store.setClaim("h");
    const run = await claim();
    await scene.store.end(run, answer(run, "ok"));
    await say("alice", "waits");
  }

  describe("for a command", () => {
    for (const [what, change] of [...changes, ...always]) {
      test(`${what} is kept with it until it is answered, after a crash too`, async () => {
        await begin();
        const on = await command();
        expect(await effectOf(on)).toBeUndefined();
        await change(on);
        await scene.reopen();
        expect(await effectOf(on)).toBe(on.said);
        expect(await scene.store.pendingCommands()).toMatchObject([{ effect: on.said }]);
        await scene.store.answerCommand(on.seq, []);
        const later = await command();
        expect(await effectOf(later)).toBeUndefined();
      });

      test(`${what} is not done if the command was dropped or answered`, async () => {
        await begin();
        const before = await Promise.all([scene.store.audit(), scene.store.pairings(), scene.store.sessions()]);
        const answered = await command();
        await scene.store.answerCommand(answered.seq, []);
        await expect(change(answered)).rejects.toMatchObject({ code: "command-gone" });
        await expect(change({ seq: 999_999, said: "" })).rejects.toMatchObject({ code: "command-gone" });
        expect(await Promise.all([scene.store.audit(), scene.store.pairings(), scene.store.sessions()])).toEqual(
          before,
        );
        expect(await scene.store.counts()).toMatchObject({ waiting: 1 });
        const dropped = await command("admin");
        await scene.store.setAccess(user("admin"), "blocked", "cli:op");
        await expect(change(dropped)).rejects.toMatchObject({ code: "command-gone" });
        expect(await scene.store.accessEntries()).toMatchObject([{ id: "admin", rule: "blocked" }]);
      });
    }

    for (const [what, change] of changes) {
      test(`${what} leaves no word with it where nothing was changed`, async () => {
        await begin();
        await change(await command("alice"));
        const again = await command("alice");
        await change(again);
        expect(await effectOf(again)).toBeUndefined();
      });
    }

    for (const [what, change] of always) {
      test(`${what} leaves its word also where it was so before`, async () => {
        await begin();
        await change(await command());
        const again = await command();
        await change(again);
        expect(await effectOf(again)).toBe(again.said);
      });
    }

    test("what is refused leaves no word, and the latest of several changes counts", async () => {
      const on = await command();
      await scene.store.setAccess(user("boss"), "owner", "cli:op");
      await scene.store.setAccess(user("boss"), "blocked", "telegram:root", on);
      expect(await effectOf(on)).toBeUndefined();
      await scene.store.setSettings(place, { strategy: "per-user" }, "telegram:root", { ...on, said: "first" });
      await scene.store.setSettings(place, { strategy: "shared" }, "telegram:root", { ...on, said: "second" });
      expect(await effectOf(on)).toBe("second");
    });

    test("one that fails takes nothing else along that is written at the same moment", async () => {
      const gone = { seq: 999_999, said: "" };
      const results = await Promise.allSettled([
        scene.store.setSettings(place, { strategy: "shared" }, "telegram:root"),
        scene.store.setSettings(place, { busy: "steer" }, "telegram:root", gone),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(await scene.store.settingsAt([place])).toEqual([{ level: "chat", values: { strategy: "shared" } }]);
    });
  });

  describe("the code for the first owner", () => {
    test("that was made void because others have read it leaves an entry in the audit; no other change of it does", async () => {
      await scene.store.setClaim("one");
      await scene.store.setClaim(null, "another", "telegram:eve");
      await scene.store.setClaim("two", "one", "telegram:eve");
      await scene.store.setClaim(null, "two");
      await scene.store.setClaim("three");
      expect(await scene.store.audit()).toEqual([]);
      await scene.store.setClaim(null, "three", "telegram:eve");
      await scene.store.setClaim(null, "three", "telegram:eve");
      expect(await scene.store.audit()).toMatchObject([
        { by: "telegram:eve", what: "owner code", from: "waiting", to: null },
      ]);
    });
  });
}
