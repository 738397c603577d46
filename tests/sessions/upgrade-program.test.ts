import { mkdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { toolResults } from "../fakes/anthropic/request.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre } from "../gateway/stage/theatre.ts";
import { frozenDatabases, thaw } from "./released/frozen.ts";

describe.each(frozenDatabases)("a gateway on a database of schema $schema ($name)", (frozen) => {
  test("answers what ran and what waited, sends what was to be sent, each once and in order, and goes on", async () => {
    const stage = await TelegramStage.open();
    const { tg, group } = stage;
    const [alice] = [await stage.person("Alice"), await stage.person("Bob"), await stage.person("Carol")];
    tg.dm(alice.user);
    const prepare = async (dataDir: string) => {
      await mkdir(dataDir, { recursive: true });
      thaw(frozen, dataDir);
    };
    const theatre = await Theatre.open(Object.assign(stage, { prepare }), { strategy: "shared" });
    // The model answers with the last thing that it was told.
    await alice.hears("Strategy", { inPrivate: true });
    await alice.hears("waiting: in private", { inPrivate: true });
    await alice.hears("waiting: from Carol");
    await theatre.ask(alice, "and now?", "and now?");
    const said = (chat: number) => tg.sent.filter(({ chatId }) => chatId === chat).map(({ text }) => text);
    expect(said(group.id)).toEqual([
      "pending: this part was not",
      expect.stringMatching(/^Let me see\./),
      expect.stringContaining("and the second part"),
      expect.stringContaining("waiting: from Carol"),
      expect.stringContaining("and now?"),
    ]);
    expect(said(alice.user.id).toSorted()).toEqual([
      expect.stringMatching(/^Strategy/),
      expect.stringContaining("waiting: in private"),
      "pending: this was on its way",
    ]);
    expect(theatre.claude.requests).toHaveLength(5);
    const resumed = theatre.claude.requests.find(({ body }) => toolResults(body).length > 0);
    expect(JSON.stringify(resumed?.body.messages)).toContain("It is 13:00 in UTC.");
    await theatre.gateway.stop();
    expect(await checkDatabase(theatre.dataDir)).toEqual([]);
  });
});
