import { Program } from "../gateway/stage/program.ts";

export interface LifeOptions {
  /** How many there were before it, and itself. */
  start: number;
  folder: string;
  env: Record<string, string>;
  /** A line of its log. */
  onLine(): void;
}

/** One process of the gateway, from its start to its end. */
export class Life {
  readonly start: number;
  readonly #program: Program;
  #isOver = false;
  #signalled = false;

  constructor({ start, folder, env, onLine }: LifeOptions) {
    this.start = start;
    this.#program = new Program({ cwd: folder, env });
    this.#program.child.stderr?.on("data", (bytes: Buffer) => {
      for (const byte of bytes) if (byte === 10) onLine();
    });
    void this.#program.exited.then(() => {
      this.#isOver = true;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it was told to end: by itself it must not. */
  get wasEnded(): boolean {
    return this.#signalled;
  }

  get exited(): Promise<number | NodeJS.Signals> {
    return this.#program.exited;
  }

  /** The last lines of its log. */
  get lastWords(): string {
    return this.#program.errors.slice(-5).join("\n");
  }

  /** Where it serves; undefined if it ended before. */
  ready(): Promise<string | undefined> {
    return this.#program.ready().catch(() => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#signalled = true;
    this.#program.child.kill(signal);
  }

  /** The values of one of its metrics, by platform; undefined if it ended before it could tell. */
  async metric(name: string): Promise<Map<string, number> | undefined> {
    try {
      const url = await this.#program.ready();
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.matchAll(new RegExp(`^${name}(?:\\{platform="(\\w+)"\\})? (\\d+)`, "gm"));
      return new Map(Array.from(lines, ([, platform = "", value]) => [platform, Number(value)]));
    } catch {
      return undefined;
    }
  }
}
