import { expect, onTestFinished, test } from "vitest";
import { WebPerson } from "../../fakes/web/client.ts";
import { scratchFolder } from "../config/scratch.ts";
import { Program } from "../stage/program.ts";

function start(env: Record<string, string>): Program {
  const program = new Program({ cwd: scratchFolder(), env: { PARLEY_PORT: "0", ...env } });
  onTestFinished(async () => void (await program.end("SIGKILL")));
  return program;
}

/** The log's records. */
function records({ errors }: Program): Array<{ level: number; msg: string; configuration?: string[] }> {
  return errors.map((line) => JSON.parse(line));
}

test("start logs the configuration as one record, and a warning of a variable that it does not serve", async () => {
  const program = start({ DATABASE_URL: "postgres://SECRET" });
  await program.ready();
  expect(await program.end()).toBe(0);
  const described = records(program).filter(({ configuration }) => configuration !== undefined);
  expect(described).toHaveLength(1);
  expect(described[0]?.configuration).toContain("telegram: off (no token)");
  const warned = records(program).filter(({ level, msg }) => level === 40 && msg.includes("is set, but"));
  expect(warned.map(({ msg }) => msg.split(" ")[0])).toEqual(["DATABASE_URL"]);
  expect(program.errors.join("\n")).not.toContain("SECRET");
});

test("with open access, people from anywhere join without a token; with nothing said, nobody does", async () => {
  const open = await start({ PARLEY_HOST: "0.0.0.0", PARLEY_ACCESS: "open" }).ready();
  const ann = await WebPerson.join(local(open), "Ann");
  onTestFinished(() => ann.close());
  const closed = await start({ PARLEY_HOST: "0.0.0.0" }).ready();
  await expect(WebPerson.join(local(closed), "Ann")).rejects.toMatchObject({ code: "access-token" });
});

function local(url: string): string {
  return `http://127.0.0.1:${new URL(url).port}`;
}
