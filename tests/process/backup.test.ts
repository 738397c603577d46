import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import { WebPerson } from "../fakes/web/client.ts";
import { Program } from "../gateway/stage/program.ts";

let folder: string;
let claude: FakeAnthropic;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-backup-"));
  claude = await FakeAnthropic.start();
});
afterAll(async () => {
  await claude.close();
  await rm(folder, { recursive: true });
});

const PEOPLE = 4;
const BACKUPS = 3;

/** Telegram with its people, the same ones every time. */
async function telegram(): Promise<FakeTelegram> {
  const tg = await FakeTelegram.start();
  onTestFinished(() => tg.close());
  for (let i = 0; i < PEOPLE; i++) tg.dm(tg.user(`Person ${i}`));
  return tg;
}

function run(args: string[], cwd: string, env: Record<string, string> = {}): Program {
  const program = new Program({ args, cwd, env: { PARLEY_PORT: "0", PARLEY_LOG_LEVEL: "error", ...env } });
  onTestFinished(async () => void (await program.end("SIGKILL")));
  return program;
}

function start(cwd: string, tg: FakeTelegram): Program {
  return run(["start"], cwd, {
    TELEGRAM_BOT_TOKEN: tg.token,
    TELEGRAM_API_ROOT: tg.apiRoot,
    PARLEY_ACCESS: "open",
    ANTHROPIC_API_KEY: "sk-test",
    ANTHROPIC_BASE_URL: claude.baseURL,
  });
}

/** What a command prints that goes well. */
async function says(args: string[], cwd: string): Promise<string> {
  const program = run(args, cwd);
  expect(await program.exited, program.errors.join("\n")).toBe(0);
  return program.output.join("\n");
}

/** Everybody on both platforms asks, hears the answer, and asks the next thing, until the time has come. */
function everybodyAsks(
  url: string,
  tg: FakeTelegram,
  enough: () => boolean,
): { begun: Promise<void>; over: Promise<void> } {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const next = (who: string, n: number) => {
    asked += 1;
    if (asked > 3 * PEOPLE) resolve();
    return `${who} asks ${n}.`;
  };
  const onTelegram = [...tg.users.values()].filter(({ is_bot }) => !is_bot);
  const talks = onTelegram.map(async (user, i) => {
    for (let n = 0; !enough(); n++) {
      const text = next(`telegram ${i}`, n);
      tg.dm(user).post(user, text);
      await tg.waitFor(text);
    }
  });
  const inTheBrowser = Array.from({ length: PEOPLE }, async (_, i) => {
    const person = await WebPerson.join(url, `Visitor ${i}`);
    onTestFinished(() => person.close());
    // The chat takes a limited number of messages of a person in a minute.
    for (let n = 0; n < 25 && !enough(); n++) {
      const text = next(`web ${i}`, n);
      await person.say("dm", text);
      await person.hears(({ user, text: said }) => user.isBot && said.includes(text));
    }
    await person.close();
  });
  return { begun, over: Promise.all([...talks, ...inTheBrowser]).then(() => {}) };
}

const rowsIn = <T>(file: string, sql: string): T[] => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
};

const QUESTION = /(?:telegram|web) \d+ asks \d+\./;

/** How often each question is answered in these texts. */
function tally(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const [question = text] = QUESTION.exec(text) ?? [];
    counts.set(question, (counts.get(question) ?? 0) + 1);
  }
  return counts;
}

test("backups that are made while everybody writes are each a whole gateway, which answers everything once", {
  timeout: 120_000,
}, async () => {
  const home = join(folder, "home");
  await mkdir(home);
  const tg = await telegram();
  const gateway = start(home, tg);
  let made = 0;
  const { begun, over } = everybodyAsks(await gateway.ready(), tg, () => made === BACKUPS);
  await begun;
  for (; made < BACKUPS; ) {
    const said = await says(["backup", `parley-${made}.tar`], home);
    expect(said).toContain("Credentials are in it");
    expect(JSON.parse(await says(["db", "check", "--json"], home))).toMatchObject({ fine: true });
    made += 1;
  }
  await over;
  expect(await gateway.end()).toBe(0);

  for (let n = 0; n < BACKUPS; n++) {
    const place = join(folder, `restored-${n}`);
    await mkdir(place);
    await says(["restore", join(home, `parley-${n}.tar`)], place);
    const [parley, web] = ["parley.db", "web.db"].map((name) => join(place, "data", name)) as [string, string];
    const asked = rowsIn<{ text: string }>(parley, "SELECT payload ->> '$.text' AS text FROM inbox").map(
      ({ text }) => text,
    );
    const told = rowsIn<{ text: string }>(
      parley,
      "SELECT text FROM chunks JOIN deliveries d ON d.id = delivery_id JOIN chats c ON c.id = d.chat_id WHERE chunks.state = 'sent' AND c.platform = 'telegram'",
    ).map(({ text }) => text);
    const inBrowser = () =>
      rowsIn<{ text: string; isBot: number }>(web, "SELECT text, is_bot AS isBot FROM messages ORDER BY seq");
    const askedThere = inBrowser()
      .filter(({ isBot }) => isBot === 0)
      .map(({ text }) => text);
    expect(asked.length).toBeGreaterThan(PEOPLE);
    expect(askedThere).toEqual(expect.arrayContaining(asked.filter((text) => text.startsWith("web"))));

    const again = await telegram();
    const restored = start(place, again);
    const url = await restored.ready();
    const idle = async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return [...metrics.matchAll(/^parley_(?:messages_waiting|runs_active|deliveries_pending) (\d+)/gm)].map(
        ([, n]) => n,
      );
    };
    await expect.poll(idle, { timeout: 20_000 }).toEqual(["0", "0", "0"]);
    expect(JSON.parse(await says(["db", "check", "--json"], place))).toMatchObject({ fine: true, problems: [] });
    expect(await restored.end()).toBe(0);

    const onTelegram = asked.filter((text) => text.startsWith("telegram"));
    const once = (texts: readonly string[]) => new Map(texts.map((text) => [text, 1]));
    expect(tally([...told, ...again.sent.map(({ text }) => text)])).toEqual(once(onTelegram));
    const answers = inBrowser()
      .filter(({ isBot }) => isBot === 1)
      .map(({ text }) => text);
    expect(tally(answers)).toEqual(once(askedThere));
  }
});

test("a gateway that was killed while everybody wrote leaves a database that is fine, and a backup of it is as well", async () => {
  const home = join(folder, "killed");
  await mkdir(home);
  const tg = await telegram();
  const gateway = start(home, tg);
  const { begun, over } = everybodyAsks(await gateway.ready(), tg, () => gateway.child.killed);
  over.catch(() => {});
  await begun;
  await gateway.end("SIGKILL");
  expect(await says(["db", "check"], home)).toContain("is fine.");
  await says(["backup", "parley.tar"], home);
  const refused = run(["restore", "parley.tar"], home);
  expect(await refused.exited).toBe(1);
  expect(refused.errors.join("\n")).toMatch(/parley\.db, web\.db, token would be moved to .*replaced-.*--yes/);
  expect(await says(["restore", "parley.tar", "--yes"], home)).toContain("What was there is in");
  expect(await says(["db", "check"], home)).toContain("is fine.");
  const again = start(home, tg);
  await again.ready();
  const tooLate = run(["restore", "parley.tar", "--yes"], home);
  expect(await tooLate.exited).toBe(1);
  expect(tooLate.errors.join("\n")).toContain("in use by another Parley process");
  expect(await again.end()).toBe(0);
});
