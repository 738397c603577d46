import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { WebRefusal } from "../fakes/web/client.ts";
import { type DiscordPerson, DiscordStage } from "../gateway/stage/discord-stage.ts";
import type { Person, Stage } from "../gateway/stage/stage.ts";
import { type TelegramPerson, TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre, type TheatreOptions } from "../gateway/stage/theatre.ts";
import { WebStage, type WebStagePerson } from "../gateway/stage/web-stage.ts";
import { type WhatsAppPerson, WhatsAppStage } from "../gateway/stage/whatsapp-stage.ts";

export const stages: Array<[string, () => Promise<Stage>]> = [
  ["Discord", DiscordStage.open],
  ["Telegram", TelegramStage.open],
  ["WhatsApp", WhatsAppStage.open],
  ["web", async () => new WebStage()],
];

const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();

/** The program on a platform, whose store can be broken and mended while people write. */
export class FailingStore {
  readonly stage: Stage;
  readonly theatre: Theatre;
  /** Texts that the gateway has taken, in the order in which it did. */
  readonly taken: string[] = [];
  #mended = Promise.withResolvers<void>();

  private constructor(stage: Stage, theatre: Theatre) {
    this.stage = stage;
    this.theatre = theatre;
    theatre.claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
  }

  static async open(stage: Stage, options: TheatreOptions = {}): Promise<FailingStore> {
    const theatre = await Theatre.open(stage, { strategy: "shared", asProcess: true, ...options });
    return new FailingStore(stage, theatre);
  }

  get pid(): number {
    return Number(readFileSync(join(this.theatre.dataDir, "parley.pid"), "utf8"));
  }

  /** The answers that stand, without what they are answers to. */
  get answers(): string[] {
    return this.stage.botSaid().map(({ text }) => text.replace("Answer to: ", ""));
  }

  /** What the program says of itself. It has to say so at once, whatever its store does: SQLite would wait for five seconds. */
  async look(path: "/healthz" | "/readyz" | "/metrics"): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.theatre.gateway.url}${path}`, { signal: AbortSignal.timeout(4_000) });
    return { status: response.status, text: await response.text() };
  }

  /** Resolves once nothing is being run, sent or written down. */
  async quiet(): Promise<void> {
    const busy = async () => {
      const { text } = await this.look("/metrics");
      return [...text.matchAll(/^parley_(?:messages_waiting|runs_active|deliveries_pending) (\d+)/gm)].map(
        ([, n]) => n,
      );
    };
    await expect.poll(busy, { timeout: 10_000 }).toEqual(["0", "0", "0"]);
  }

  /** Resolves once the program says that it fails, and why; it lives, and says so at once. */
  async fails(reason: RegExp): Promise<void> {
    const failing = { status: 503, text: expect.stringMatching(reason) };
    await expect.poll(() => this.look("/readyz"), { timeout: 15_000 }).toMatchObject(failing);
    expect(await this.look("/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect((await this.look("/metrics")).status).toBe(200);
  }

  /** Resolves once the program has found out by itself that its store works. */
  async works(): Promise<void> {
    this.#mended.resolve();
    await expect.poll(() => this.look("/readyz"), { timeout: 15_000 }).toMatchObject({ status: 200 });
  }

  /** Write in the group, addressing the bot; the platform keeps it for a gateway that does not take it. */
  writes(person: Person, text: string): void {
    const taken = this.#hand(person, text).then(() => void this.taken.push(text));
    // Whoever still waits when the test is over waits in vain.
    taken.catch(() => {});
  }

  async #hand(person: Person, text: string): Promise<unknown> {
    const { stage } = this;
    if (stage instanceof TelegramStage) {
      const message = stage.group.post((person as TelegramPerson).user, `@${stage.tg.bot.username} ${text}`);
      return stage.tg.taken(message);
    }
    if (stage instanceof DiscordStage) {
      stage.channel.post((person as DiscordPerson).user, `<@${stage.discord.bot.id}> ${text}`);
      // Discord is never told that something was taken.
      return stage.discord.waitFor(`Answer to: ${text}`);
    }
    if (stage instanceof WhatsAppStage) {
      const message = await (person as WhatsAppPerson).contact.writes(text, { in: stage.group, mention: true });
      return message.taken;
    }
    return this.#post(person as WebStagePerson, text, randomUUID());
  }

  /** As the page does it: what was not taken is sent again, under the same id. */
  async #post({ web }: WebStagePerson, text: string, clientId: string): Promise<void> {
    try {
      await web.say("lobby", `@parley ${text}`, { clientId });
    } catch (error) {
      if (!(error instanceof WebRefusal) || error.status !== 503) throw error;
      await this.#mended.promise;
      await this.#post({ web } as WebStagePerson, text, clientId);
    }
  }

  /** Lines of the log that say so, once the program has ended. */
  logged(message: RegExp): Array<{ level: number; msg: string; err?: { message: string } }> {
    return this.theatre.logged
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => message.test(msg));
  }

  /** Another process begins to write, and does not end. @returns what ends it */
  lock(): () => void {
    const other = new Database(join(this.theatre.dataDir, "parley.db"), { timeout: 10_000 });
    onTestFinished(() => void other.close());
    other.exec("BEGIN IMMEDIATE");
    return () => other.exec("COMMIT");
  }

  /** No file grows or changes any more. @returns what ends it; undefined if this machine has no means for it */
  fillDisk(): (() => void) | undefined {
    const limit = (bytes: string) => run("prlimit", "--pid", `${this.pid}`, `--fsize=${bytes}:`);
    return limit("0") ? () => void limit("unlimited") : undefined;
  }
}

/** Whether a command ended well. */
function run(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Let nobody write into a folder and its files, by their modes, or where this user may do everything by making them
 * immutable.
 *
 * @param options.open the files are open, so that their modes do not matter any more
 * @returns what ends it; undefined if nothing does it on this machine
 */
export function makeReadOnly(folder: string, { open = false } = {}): (() => void) | undefined {
  const isRoot = process.getuid?.() === 0;
  if (open && !isRoot) return undefined;
  // The index of the log is memory that is shared: who writes into it must not be stopped.
  const files = readdirSync(folder).filter((name) => !name.endsWith("-shm"));
  const paths = [...files.map((name) => join(folder, name)), folder];
  const end = () => {
    if (isRoot) run("chattr", "-i", ...paths);
    else for (const path of paths.toReversed()) chmodSync(path, 0o700);
  };
  onTestFinished(end);
  if (!isRoot) for (const path of paths) chmodSync(path, 0o500);
  else if (!run("chattr", "+i", ...paths)) return undefined;
  return end;
}
