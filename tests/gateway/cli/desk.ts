import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { main } from "../../../gateway/cli/main.ts";
import type { Settings } from "../../../gateway/config/schema.ts";
import type { Decision, Notice } from "../../../sessions/inbox.ts";
import type { Run } from "../../../sessions/runs.ts";
import { openSqliteStore } from "../../../sessions/sqlite/store.ts";
import type { Store } from "../../../sessions/store.ts";
import { message, type RoutingOptions, routing } from "../../sessions/messages.ts";
import { scratchFolder } from "../config/scratch.ts";

interface Said {
  code: number;
  /** What was printed. */
  out: string;
  /** What was complained about. */
  err: string;
}

export const GROUP = "telegram:-100";

/** A command line on the data folder of a gateway, which has it open. */
export class Desk {
  readonly folder = scratchFolder();
  readonly env: Record<string, string> = {};
  now: number = Date.now();
  #open: Store | undefined;

  static open(settings: Settings = {}): Desk {
    const desk = new Desk();
    writeFileSync(join(desk.folder, "parley.yaml"), JSON.stringify(settings));
    desk.#open = openSqliteStore(join(desk.folder, "data"));
    onTestFinished(() => desk.close());
    return desk;
  }

  /** The store as the gateway has it. */
  get store(): Store {
    if (this.#open === undefined) throw new Error("the gateway has ended");
    return this.#open;
  }

  /** The gateway ends. */
  async close(): Promise<void> {
    const store = this.#open;
    this.#open = undefined;
    await store?.close();
  }

  async run(...args: string[]): Promise<Said> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(args, {
      env: this.env,
      cwd: this.folder,
      print: (line) => void out.push(line),
      complain: (line) => void err.push(line),
      now: () => this.now,
    });
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  /** What a command prints that goes well. */
  async says(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    if (code !== 0 || err !== "") throw new Error(`parley ${args.join(" ")} ended with ${code}: ${err}`);
    return out;
  }

  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.says(...args, "--json"));
  }

  /** What a command complains about that fails. */
  async refuses(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    if (code !== 1 || out !== "") throw new Error(`parley ${args.join(" ")} ended with ${code}: ${out}`);
    return err;
  }

  /** A message of the group, unless it says otherwise, waits. */
  async hears(user: string, text: string, changes?: Parameters<typeof message>[2], options?: RoutingOptions) {
    const inbound = message(user, text, { ...changes, source: { sentAt: this.now, ...changes?.source } });
    const accepted = await this.store.accept(inbound, routing(inbound, options));
    if (accepted.kind !== "turn") throw new Error(`not a turn but ${accepted.kind}`);
    return accepted;
  }

  /** A message of somebody who is not let in: a request waits. */
  async isAsked(inbound: InboundMessage, code: string): Promise<void> {
    const notice: Notice = { chunks: [{ text: "ask an owner", plain: "ask an owner" }] };
    await this.store.accept(inbound, {
      ...routing(inbound),
      decide: (): Decision => ({ kind: "pair", code, notice, full: notice }),
    });
  }

  /** Begin what is next in a lane. */
  async begins(lane: string): Promise<Run> {
    const claim = await this.store.claim(lane);
    if (claim.kind !== "run") throw new Error(`no run but ${claim.kind}`);
    return claim.run;
  }

  /** Answer what is next in a lane. */
  async answers(lane: string, text: string): Promise<void> {
    const run = await this.begins(lane);
    const turn = run.messages.map((each) => ({ type: "text" as const, text: each.text }));
    await this.store.journal(run, { message: { role: "user", content: turn, author: run.author } });
    await this.store.journal(run, {
      message: { role: "assistant", content: [{ type: "text", text }] },
      usage: { model: "fake", inputTokens: 100, outputTokens: 20, cacheReadTokens: 3, cacheWriteTokens: 0 },
    });
    await this.store.end(run, {
      outcome: "done",
      cleared: 0,
      deliveries: [{ to: run.to, chunks: [{ text, plain: text }], replyTo: run.quote }],
    });
  }
}

/** A private message. */
export function inPrivate(user: string, text: string): InboundMessage {
  return message(user, text, { source: { chat: { id: user, kind: "dm" } } });
}
