import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Settings } from "../../gateway/config/schema.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { Program } from "../gateway/stage/program.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";

/** A gateway as a process on Telegram, and the command line as further processes on its data. */
export class Operator {
  readonly stage: TelegramStage;
  readonly claude: FakeAnthropic;
  readonly cwd: string;
  readonly #env: Record<string, string>;

  private constructor(stage: TelegramStage, claude: FakeAnthropic, env: Record<string, string>, settings: Settings) {
    this.stage = stage;
    this.claude = claude;
    this.cwd = mkdtempSync(join(tmpdir(), "parley-operator-"));
    this.#env = {
      PARLEY_PORT: "0",
      ANTHROPIC_API_KEY: "sk-secret-key",
      ANTHROPIC_BASE_URL: claude.baseURL,
      ...stage.env,
      ...env,
    };
    const file = { queue: { settleMs: 50 }, web: { enabled: false }, ...settings };
    writeFileSync(join(this.cwd, "parley.yaml"), JSON.stringify(file));
  }

  static async open(env: Record<string, string> = {}, settings: Settings = {}): Promise<Operator> {
    const [stage, claude] = [await TelegramStage.open(), await FakeAnthropic.start()];
    const operator = new Operator(stage, claude, env, settings);
    onTestFinished(async () => {
      await stage.close();
      await claude.close();
      rmSync(operator.cwd, { recursive: true });
    });
    claude.respond(
      ({ body }) =>
        `Answer to: ${lastUserText(body)
          .replace(/<[^>]*>|@\w+/g, "")
          .trim()}`,
    );
    return operator;
  }

  async gateway(): Promise<Program> {
    const program = this.begin();
    await program.ready();
    return program;
  }

  /** A gateway that may end by itself before it is ready. */
  begin(env: Record<string, string> = {}): Program {
    const program = new Program({ cwd: this.cwd, env: { ...this.#env, ...env } });
    onTestFinished(async () => void (await program.end("SIGKILL")));
    return program;
  }

  /** What a command prints that goes well. */
  async says(...args: string[]): Promise<string> {
    const program = new Program({ args, cwd: this.cwd, env: this.#env });
    expect(await program.exited, program.errors.join("\n")).toBe(0);
    return program.output.join("\n");
  }

  /** What a command complains about that fails. */
  async refuses(...args: string[]): Promise<string> {
    const program = new Program({ args, cwd: this.cwd, env: this.#env });
    expect(await program.exited, program.output.join("\n")).toBe(1);
    return program.errors.join("\n");
  }

  /** What a command prints, however it ends. */
  async runs(...args: string[]): Promise<{ code: number | NodeJS.Signals; output: string }> {
    const program = new Program({ args, cwd: this.cwd, env: this.#env });
    const code = await program.exited;
    return { code, output: program.output.join("\n") };
  }

  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.says(...args, "--json"));
  }
}
