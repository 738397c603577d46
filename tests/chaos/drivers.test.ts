import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import type { FakeRequest } from "../fakes/anthropic/request.ts";
import { Program } from "../gateway/stage/program.ts";
import { DiscordChaos } from "./discord.ts";
import { HeldBack } from "./held-back.ts";
import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";
import { TelegramChaos } from "./telegram.ts";
import { WebChaos } from "./web.ts";
import { WhatsAppChaos } from "./whatsapp.ts";

const PEOPLE = 4;

const faults: FaultName[] = ["5xx", "reset", "ack-lost", "slow", "disconnected", "redelivered", "reordered"];
const drivers: Array<[string, () => Promise<ChaosPlatform>, FaultName[]]> = [
  ["Discord", () => DiscordChaos.open(), ["429", ...faults]],
  ["WhatsApp", () => WhatsAppChaos.open({ people: PEOPLE }), faults],
  ["Telegram", () => TelegramChaos.open(), ["429", ...faults]],
  ["web", async () => new WebChaos(PEOPLE), ["reset", "ack-lost", "disconnected", "redelivered", "reordered"]],
];

/** The program between a platform and a model, with people who keep in mind what they are still to hear. */
class Gateway {
  readonly claude: FakeAnthropic;
  readonly platform: ChaosPlatform;
  readonly #folder: string;
  readonly #strategy: string;
  #program: Program | undefined;

  private constructor(claude: FakeAnthropic, platform: ChaosPlatform, folder: string, strategy: string) {
    this.claude = claude;
    this.platform = platform;
    this.#folder = folder;
    this.#strategy = strategy;
  }

  static async open(openPlatform: () => Promise<ChaosPlatform>, strategy = "per-user"): Promise<Gateway> {
    const claude = await FakeAnthropic.start();
    claude.respond((request) =>
      tokensOf(request)
        .map((token) => `[re ${token}]`)
        .join(" "),
    );
    const platform = await openPlatform();
    const folder = await mkdtemp(join(tmpdir(), "parley-driver-"));
    const gateway = new Gateway(claude, platform, folder, strategy);
    await writeFile(join(folder, "parley.yaml"), JSON.stringify({ queue: { settleMs: 0 }, ...platform.settings }));
    await platform.prepare?.(join(folder, "data"));
    await gateway.start();
    return gateway;
  }

  async start(): Promise<void> {
    this.#program = new Program({
      cwd: this.#folder,
      env: {
        PARLEY_PORT: "0",
        PARLEY_ACCESS: "open",
        PARLEY_STRATEGY: this.#strategy,
        ANTHROPIC_API_KEY: "sk-secret-key",
        ANTHROPIC_BASE_URL: this.claude.baseURL,
        ...this.platform.env,
      },
    });
    await this.platform.connect(await this.#program.ready());
  }

  async kill(): Promise<void> {
    await this.#program?.end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.kill();
    await this.platform.close();
    await this.claude.close();
    await rm(this.#folder, { recursive: true });
  }

  /** Everything said that answers one of these. */
  answersTo(...tokens: string[]): Said[] {
    return this.platform.said().filter(({ text }) => tokens.some((token) => text.includes(`[re ${token}]`)));
  }

  async hears(...tokens: string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (tokens.every((token) => this.answersTo(token).length > 0)) resolve();
    };
    this.platform.onSaid(look);
    look();
    await promise;
  }

  /** Resolves once the place has got to the end of what was written there before. */
  async barrier(person: number, place: Place): Promise<void> {
    await this.hears(await this.writes(person, place));
  }

  async writes(person: number, place: Place): Promise<string> {
    const token = nextToken();
    await this.platform.write(person, place, `please answer ${token}`);
    return token;
  }
}

let tokens = 0;
const nextToken = () => `m${++tokens}`;

/** What is asked in the turn that a request is for. */
function tokensOf({ body: { messages } }: FakeRequest): string[] {
  return JSON.stringify(messages.at(-1)?.content).match(/\bm\d+/g) ?? [];
}

describe.each(drivers)("people on %s", (_, openPlatform, names) => {
  let gateway: Gateway;
  let platform: ChaosPlatform;

  beforeAll(async () => {
    gateway = await Gateway.open(openPlatform);
    platform = gateway.platform;
  });
  afterAll(() => gateway.close());

  async function open(strategy: string): Promise<Gateway> {
    const other = await Gateway.open(openPlatform, strategy);
    onTestFinished(() => other.close());
    return other;
  }

  test("are answered where they wrote, in plain words", async () => {
    const [first, second, third] = [
      await gateway.writes(0, 0),
      await gateway.writes(1, 1),
      await gateway.writes(2, "dm"),
    ];
    await gateway.hears(first, second, third);
    const quotes = (token: string) => ({ quotes: expect.stringContaining(token) });
    expect(gateway.answersTo(first)).toEqual([{ place: 0, text: `[re ${first}]`, ...quotes(first) }]);
    expect(gateway.answersTo(second)).toEqual([{ place: 1, text: `[re ${second}]`, ...quotes(second) }]);
    expect(gateway.answersTo(third)).toMatchObject([{ place: "dm", person: 2, text: `[re ${third}]` }]);
  });

  test("have seen all that can go wrong", () => {
    expect(Object.keys(platform.faults).toSorted()).toEqual(names.toSorted());
  });

  test.each(names)("are answered once, and then again, whatever comes of %s", async (name) => {
    await gateway.barrier(0, 0);
    platform.faults[name]?.();
    const during = await gateway.writes(0, 0);
    await gateway.hears(during);
    await gateway.barrier(0, 0);
    const copies = name === "ack-lost" && !platform.hasKeys ? 2 : 1;
    expect(gateway.answersTo(during)).toHaveLength(copies);
  });

  test("are answered at once after the calm, whatever was called up", async () => {
    for (const fault of Object.values(platform.faults)) {
      if (fault !== platform.faults.disconnected) fault();
    }
    const kept = await gateway.writes(1, 0);
    platform.calm();
    platform.calm();
    await gateway.barrier(1, 0);
    expect(gateway.answersTo(kept)).toHaveLength(1);
  });

  test("are answered once when the gateway was killed, and what they wrote meanwhile as well", async () => {
    const other = await open("per-thread");
    const early = await other.writes(0, 0);
    await other.hears(early);
    const gate = other.claude.hold();
    const running = [await other.writes(0, 0), await other.writes(1, "dm")];
    await other.claude.waitForInFlight(2);
    await other.kill();
    gate.release();
    const meanwhile = [
      await other.writes(1, 1),
      await other.writes(2, 0),
      await other.writes(1, "dm"),
      // A private chat that the gateway has never heard of.
      await other.writes(3, "dm"),
    ];
    await other.start();
    await other.hears(...running, ...meanwhile);
    for (const person of [1, 3]) await other.barrier(person, "dm");
    for (const place of [0, 1]) await other.barrier(2, place);
    for (const token of [early, ...running, ...meanwhile]) expect(other.answersTo(token)).toHaveLength(1);
    expect(other.answersTo(early, running[0] ?? "")).toMatchObject([
      { place: 0, text: `[re ${early}]` },
      { place: 0, text: `[re ${running[0]}]` },
    ]);
  });
});

describe("what somebody writes", () => {
  let held: HeldBack;
  let delivered: string[];

  beforeEach(() => {
    held = new HeldBack();
    delivered = [];
    onTestFinished(() => held.end());
  });

  const write = (person: number, text: string, chat?: string) => held.pass(person, () => delivered.push(text), chat);

  test("is overtaken by what somebody else writes next, and by nothing after that", () => {
    held.begin();
    write(1, "a");
    write(2, "b");
    write(3, "c");
    expect(delivered).toEqual(["b", "a", "c"]);
  });

  test("is not overtaken by what they write themselves, nor in a chat that keeps its order", () => {
    held.begin();
    write(1, "a", "general");
    write(1, "b", "random");
    held.begin();
    write(1, "c", "general");
    write(2, "d", "general");
    expect(delivered).toEqual(["a", "b", "c", "d"]);
  });
});
