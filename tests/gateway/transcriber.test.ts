import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../gateway/log.ts";
import { CommandTranscriber } from "../../gateway/transcriber.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";

const recording = { bytes: Buffer.from("OggS sound"), mimeType: "audio/ogg; codecs=opus" };
const never = new AbortController().signal;

/** A transcriber that is a script, and what it tells while it runs, which are lines on a connection to here. */
async function scripted(script: string, env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "parley-script-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "listen.mjs");
  await writeFile(file, script);
  const clock = new VirtualClock(0);
  const logged: string[] = [];
  const log = createLog("debug", { write: (line) => logged.push(line) });
  const transcriber = new CommandTranscriber(
    { command: [process.execPath, file, "--fast"], timeoutMs: 1_000, maxBytes: 1_000 },
    { log, clock, env: { PATH: "/bin", HOME: folder, ANTHROPIC_API_KEY: "sk-secret", ...env } },
  );
  return { transcriber, clock, logged, folder };
}

/** Somebody who is called up by scripts: `tell(line)` in a script comes out here, and they see when the script is gone. */
async function switchboard() {
  const lines: string[] = [];
  const gone = Promise.withResolvers<void>();
  const waiting: Array<() => void> = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (data) => {
      lines.push(...data.toString().split("\n").filter(Boolean));
      for (const look of waiting) look();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) gone.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const told = (wanted: string) =>
    new Promise<void>((resolve) => {
      const look = () => lines.includes(wanted) && resolve();
      waiting.push(look);
      look();
    });
  const prelude = `
    import { connect } from "node:net";
    const line = connect(${port}, "127.0.0.1");
    const tell = (text) => line.write(text + "\\n");
  `;
  return { prelude, told, lines, gone: gone.promise };
}

const ECHO = `
  let heard = "";
  for await (const part of process.stdin) heard += part;
  console.log(JSON.stringify({ heard, env: process.env, args: process.argv.slice(2), cwd: process.cwd() }));
`;

test("the program gets the recording, its arguments and its type, and nothing else of the gateway's", async () => {
  const { transcriber, folder } = await scripted(ECHO, { LANG: "en", NODE_OPTIONS: "--no-warnings" });
  const said = JSON.parse(await transcriber.transcribe(recording, never));
  expect(said).toEqual({
    heard: "OggS sound",
    env: { PATH: "/bin", HOME: folder, LANG: "en", PARLEY_AUDIO_TYPE: "audio/ogg" },
    args: ["--fast"],
    cwd: expect.stringContaining("parley-recording-"),
  });
  expect(existsSync(said.cwd)).toBe(false);
});

test("its folder goes with everything that it has left there", async () => {
  const { transcriber } = await scripted(`
    import { writeFileSync } from "node:fs";
    writeFileSync("left.wav", "x");
    console.log(process.cwd());
  `);
  const cwd = await transcriber.transcribe(recording, never);
  await expect(readdir(cwd)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each(["audio/ogg\nX: y", "../../etc", "", "audio/ogg; x=y\0"])(
  "of a type like %j nothing gets out",
  async (mimeType) => {
    const { transcriber } = await scripted("console.log(process.env.PARLEY_AUDIO_TYPE)");
    const type = await transcriber.transcribe({ ...recording, mimeType }, never);
    expect(["audio/ogg", "application/octet-stream"]).toContain(type);
  },
);

test("a program that does not read its input may answer all the same", async () => {
  const { transcriber } = await scripted("process.stdin.destroy(); console.log('  hello\\r\\n\\u0007there ')");
  const large = { ...recording, bytes: Buffer.alloc(5_000_000) };
  expect(await transcriber.transcribe(large, never)).toBe("hello\nthere");
});

test("what is longer than 20,000 characters is cut between characters", async () => {
  const { transcriber } = await scripted("console.log('a' + '😀'.repeat(11_000))");
  const words = await transcriber.transcribe(recording, never);
  expect(words).toBe(`a${"😀".repeat(9_999)} …`);
});

test("a program that never stops writing is ended, and what it wrote first counts", async () => {
  const { transcriber } = await scripted(`
    process.stdout.on("error", () => process.exit());
    const more = () => process.stdout.write("häh ".repeat(5_000), more);
    more();
  `);
  expect(await transcriber.transcribe(recording, never)).toBe(`${"häh ".repeat(5_000)} …`);
});

test.each([
  [
    "ends with an exit code",
    "console.log('half'); console.error('no model\\nsecond line'); process.exitCode = 3",
    "exit",
  ],
  ["kills itself", "process.kill(process.pid, 'SIGSEGV')", "signal"],
  ["writes nothing", "", "no-words"],
  ["writes white space", "console.log(' \\n\\t ')", "no-words"],
  ["writes bytes that are no text", "process.stdout.write(Buffer.from([0x68, 0xff, 0xfe]))", "not-text"],
  ["ends in the middle of a character", "process.stdout.write(Buffer.from([0x68, 0xc3]))", "not-text"],
])("a program that %s has failed", async (_, script, reason) => {
  const { transcriber, logged, clock } = await scripted(script);
  await expect(transcriber.transcribe(recording, never)).rejects.toMatchObject({
    code: "transcription-failed",
    reason,
  });
  expect(logged.join()).not.toContain("half");
  expect(logged.join()).not.toContain("second line");
  expect(logged.some((line) => line.includes('"complaint":"no model"'))).toBe(reason === "exit");
  expect(clock.pending).toBe(0);
});

test("a program that is not there has failed, and the log says so", async () => {
  const logged: string[] = [];
  const log = createLog("info", { write: (line) => logged.push(line) });
  const config = { command: ["/nowhere/listen"], timeoutMs: 1_000, maxBytes: 1_000 };
  const transcriber = new CommandTranscriber(config, { log, clock: new VirtualClock(0), env: {} });
  const failed = expect(transcriber.transcribe(recording, never)).rejects;
  await failed.toMatchObject({ code: "transcription-failed", reason: "not-started" });
  expect(logged.join()).toContain("ENOENT");
});

test("a program that hangs is killed with all that it has started, though it ignores SIGTERM", async () => {
  const board = await switchboard();
  const { transcriber, clock } = await scripted(`${board.prelude}
    import { spawn } from "node:child_process";
    process.on("SIGTERM", () => {});
    if (process.argv[2] === "--child") { tell("child"); setInterval(() => {}, 1e6); }
    else {
      spawn(process.execPath, [process.argv[1], "--child"], { stdio: "inherit" });
      console.log("half of it");
      tell("parent");
    }
    setInterval(() => {}, 1e6);
  `);
  const words = transcriber.transcribe(recording, never);
  const failed = expect(words).rejects.toMatchObject({ reason: "timeout" });
  await board.told("parent");
  await board.told("child");
  clock.advance(1_000);
  await failed;
  await board.gone;
});

test("who goes on in the background after the end is ended, too", async () => {
  const board = await switchboard();
  const { transcriber } = await scripted(`${board.prelude}
    import { spawn } from "node:child_process";
    if (process.argv[2] === "--child") { tell("child"); setInterval(() => {}, 1e6); }
    else {
      const child = spawn(process.execPath, [process.argv[1], "--child"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      line.destroy();
      child.once("error", () => {});
      process.stdout.write("said", () => setImmediate(() => process.exit()));
    }
  `);
  expect(await transcriber.transcribe(recording, never)).toBe("said");
});

test("two run at a time, and whoever waits can leave", async () => {
  const board = await switchboard();
  const { transcriber, clock } = await scripted(`${board.prelude}
    tell("listening");
    line.on("data", () => {});
    setInterval(() => {}, 1e6);
  `);
  const ending = new AbortController();
  const first = [0, 1].map(() => transcriber.transcribe(recording, ending.signal));
  const leaving = new AbortController();
  const third = transcriber.transcribe(recording, leaving.signal);
  leaving.abort(new Error("the run was stopped"));
  await expect(third).rejects.toThrow("the run was stopped");
  await board.told("listening");
  const ended = Promise.all(first.map((each) => expect(each).rejects.toThrow("shutdown")));
  ending.abort(new Error("shutdown"));
  await ended;
  await board.gone;
  expect(board.lines.length).toBeLessThanOrEqual(2);
  expect(clock.pending).toBe(0);
});

test("nothing is started for a run that has ended", async () => {
  const { transcriber, folder } = await scripted(`
    import { writeFileSync } from "node:fs";
    writeFileSync(process.env.HOME + "/ran", "x");
    console.log("x");
  `);
  await expect(transcriber.transcribe(recording, AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  expect(existsSync(join(folder, "ran"))).toBe(false);
  expect(await transcriber.transcribe(recording, never)).toBe("x");
  expect(await readFile(join(folder, "ran"), "utf8")).toBe("x");
});
