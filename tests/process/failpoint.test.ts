import { expect, onTestFinished, test } from "vitest";
import { scratchFolder } from "../gateway/config/scratch.ts";
import { Program } from "../gateway/stage/program.ts";

/** Says on the log which modules about failpoints are loaded. */
const LOADER = `import{registerHooks}from"node:module";registerHooks({load(url,context,next){if(url.includes("failpoint"))process.stderr.write("loaded\\n");return next(url,context)}})`;

function start(env: Record<string, string>): Program {
  const options = `--import=data:text/javascript;base64,${btoa(LOADER)}`;
  const program = new Program({ cwd: scratchFolder(), env: { PARLEY_PORT: "0", NODE_OPTIONS: options, ...env } });
  onTestFinished(async () => void (await program.end("SIGKILL")));
  return program;
}

test.each<Record<string, string>>([{}, { PARLEY_FAILPOINT: "" }])(
  "without a failpoint nothing of it is even loaded: %j",
  async (env) => {
    const program = start(env);
    await program.ready();
    expect(await program.end()).toBe(0);
    expect(program.errors).not.toContain("loaded");
    expect(program.errors.join()).not.toContain("FAILPOINT");
  },
);

test("with a failpoint the program says so, and kills itself there", async () => {
  const program = start({ PARLEY_FAILPOINT: "commit.after" });
  expect(await program.exited).toBe("SIGKILL");
  expect(program.errors).toContain("loaded");
  expect(program.errors.join("\n")).toContain("this process will kill itself there");
});

test("one that does not exist ends it with 2, and with those that do", async () => {
  const program = start({ PARLEY_FAILPOINT: "store.ende.before" });
  expect(await program.exited).toBe(2);
  const said = program.errors.join("\n");
  expect(said).toContain('PARLEY_FAILPOINT: there is no point "store.ende.before"');
  expect(said).toContain("store.end.before");
});
