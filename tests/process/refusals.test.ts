import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import { Program } from "../gateway/stage/program.ts";

describe("the program", () => {
  let cwd: string;
  const started: Program[] = [];
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "parley-program-"));
  });
  afterEach(async () => {
    for (const program of started.splice(0)) await program.end("SIGKILL");
    rmSync(cwd, { recursive: true });
  });

  function run(args: string[], env: Record<string, string> = {}): Program {
    const program = new Program({ args, cwd, env: { PARLEY_PORT: "0", ...env } });
    started.push(program);
    return program;
  }

  test.each(["start", "check"])(
    "%s refuses a wrong configuration with file, line and expectation, and exit code 2",
    async (command) => {
      writeFileSync(join(cwd, "parley.yaml"), "strategy: per-user\nstratgy: shared\ntelegram:\n  mode: pull\n");
      const program = run([command]);
      expect(await program.exited).toBe(2);
      const said = program.errors.join("\n");
      expect(said).toMatch(/parley\.yaml:2:1 .*stratgy.*did you mean `strategy`/);
      expect(said).toMatch(/parley\.yaml:4:3 .*telegram\.mode.*"polling".*"webhook"/);
    },
  );

  test("refuses a strategy that does not exist, at its line, with a suggestion", async () => {
    writeFileSync(join(cwd, "parley.yaml"), "\nstrategy: per-usr\n");
    const program = run(["start"]);
    expect(await program.exited).toBe(2);
    expect(program.errors.join("\n")).toMatch(/parley\.yaml:2:1 .*did you mean "per-user"/);
  });

  test("serves a strategy from a module that the configuration names", async () => {
    writeFileSync(
      join(cwd, "one.mjs"),
      `export default { name: "one", summary: "One.", plan: (r) => ({ session: "one", lane: "one", attribution: "tagged", thread: "stay", replyTo: r.messageId }) };`,
    );
    writeFileSync(join(cwd, "parley.yaml"), "strategies: ./one.mjs\nstrategy: one\n");
    const program = run(["check"]);
    expect(await program.exited).toBe(0);
    expect(program.output.join("\n")).toContain("one");
  });

  test("refuses a data folder that another process has, and that one goes on", async () => {
    const first = run(["start"]);
    const url = await first.ready();
    const second = run(["start"]);
    expect(await second.exited).toBe(1);
    expect(second.errors.join("\n")).toContain("in use by another Parley process");
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await first.end()).toBe(0);
  });

  test("takes the data folder of a process that was killed", async () => {
    const first = run(["start"]);
    await first.ready();
    await first.end("SIGKILL");
    const second = run(["start"]);
    expect((await fetch(`${await second.ready()}/readyz`)).status).toBe(200);
  });

  test("refuses a data folder that it cannot write, with what to do", async () => {
    writeFileSync(join(cwd, "in-the-way"), "");
    const program = run(["start"], { PARLEY_DATA: join(cwd, "in-the-way", "data") });
    expect(await program.exited).toBe(1);
    expect(program.errors.join("\n")).toMatch(/cannot write .*check that the folder/);
  });

  test.runIf(process.platform === "linux")(
    "on Linux, refuses a data folder that its file system cannot hold, and does not hang",
    async () => {
      const program = run(["start"], { PARLEY_DATA: "/proc/parley-test/data" });
      expect(await program.exited).toBe(1);
      expect(program.errors.join("\n")).toContain("cannot write /proc/parley-test/data");
    },
  );

  test.each(["192.0.2.1", "no-such-host.invalid"])("refuses to listen at %s, in one sentence", async (host) => {
    const program = run(["start"], { PARLEY_HOST: host, PARLEY_LOG_LEVEL: "silent" });
    expect(await program.exited).toBe(1);
    expect(program.errors).toEqual([expect.stringMatching(/cannot listen.*PARLEY_HOST.*PARLEY_PORT/)]);
  });

  test("refuses a port that is taken", async () => {
    const first = run(["start"]);
    const port = new URL(await first.ready()).port;
    const second = run(["start"], { PARLEY_DATA: join(cwd, "other"), PARLEY_PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.errors.join("\n")).toContain("PARLEY_PORT");
  });

  test("refuses a token that Telegram does not know, without printing it", async () => {
    const tg = await FakeTelegram.start({ token: "42:RIGHT" });
    const program = run(["start"], { TELEGRAM_BOT_TOKEN: "42:WRONG", TELEGRAM_API_ROOT: tg.apiRoot });
    expect(await program.exited).toBe(2);
    expect(program.errors.join("\n")).toContain("TELEGRAM_BOT_TOKEN");
    expect(program.errors.join("\n")).not.toContain("42:WRONG");
    await tg.close();
  });

  test("a second SIGTERM ends it at once", async () => {
    const tg = await FakeTelegram.start();
    const stuck = tg.hang("sendMessage");
    const program = run(["start"], {
      TELEGRAM_BOT_TOKEN: tg.token,
      TELEGRAM_API_ROOT: tg.apiRoot,
      PARLEY_ACCESS: "open",
    });
    await program.ready();
    const alice = tg.user("Alice");
    tg.dm(alice).post(alice, "hi");
    await stuck.arrived;
    program.child.kill("SIGTERM");
    await expect.poll(() => program.errors.some((line) => line.includes("stopping"))).toBe(true);
    expect(await program.end("SIGTERM")).toBe(1);
    await tg.close();
  });

  test("lists chats and sessions, and sets a strategy, while the gateway runs and while it does not", async () => {
    const gateway = run(["start"]);
    const url = await gateway.ready();
    const { WebPerson } = await import("../fakes/web/client.ts");
    const alice = await WebPerson.join(url, "Alice");
    onTestFinished(() => alice.close());
    await alice.say("lobby", "hello");
    await alice.hears(({ user, text }) => user.isBot && text.includes("per-user"));
    const cli = async (...args: string[]) => {
      const program = run(args);
      expect(await program.exited).toBe(0);
      return program.output.join("\n");
    };
    expect(await cli("chats")).toMatch(/web:lobby\s+group/);
    expect(await cli("strategy", "web:lobby", "shared")).toContain("from the next message on");
    await alice.say("lobby", "and now?");
    await alice.hears(({ user, text }) => user.isBot && text.includes("shared"));
    expect(await gateway.end()).toBe(0);
    expect(await cli("strategy", "web:lobby")).toMatch(/^web:lobby: shared \(chat\)$/m);
    const sessions = JSON.parse(await cli("sessions", "--json")) as Array<{ key: string }>;
    expect(sessions.map(({ key }) => key)).toEqual([
      "agent:main:web:group:lobby",
      `agent:main:web:group:lobby:user:${alice.id}`,
    ]);
    expect(await cli("strategy", "web:lobby", "reset")).toContain("what holds by default, per-user");
    const wrong = run(["strategy", "web:lobby", "sharde"]);
    expect(await wrong.exited).toBe(1);
    expect(wrong.errors.join("\n")).toContain('Did you mean "shared"');
  });
});
