import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { toolResults } from "../fakes/anthropic/request.ts";
import { message, toolUse } from "../fakes/anthropic/steps.ts";
import { codeIn } from "../gateway/dialogues/approvals.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre } from "../gateway/stage/theatre.ts";

const SERVER = join(import.meta.dirname, "../fakes/mcp/ledger-server.ts");

/** A gateway with a server whose tool asks, and somebody whose turn wants to use it. */
async function play(failpoint?: string) {
  const folder = await mkdtemp(join(tmpdir(), "parley-ledger-"));
  const file = join(folder, "ledger");
  const stage = await TelegramStage.open();
  const theatre = await Theatre.open(stage, {
    strategy: "shared",
    asProcess: true,
    settings: { mcp: { ledger: { command: [process.execPath, SERVER, file] } } },
    ...(failpoint !== undefined && { failpoint }),
  });
  onTestFinished(() => rm(folder, { recursive: true }));
  const { claude } = theatre;
  claude.respond(({ body }) => {
    const [result] = toolResults(body);
    return result === undefined
      ? message([toolUse("ledger__pay", { to: "bob" })])
      : `The tool said: ${JSON.stringify(result.content)}`;
  });
  const metrics = async () => (await fetch(`${theatre.gateway.url}/metrics`)).text();
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/^parley_mcp_connected\{.*\} 1$/m);
  const alice = await stage.person("Alice");
  await alice.says("pay bob");
  const question = await alice.hears("may I use");
  // Telegram has no keys: what is not written down as sent would stand twice after a kill.
  const unsent = async () => (await theatre.store((store) => store.counts())).pendingDeliveries;
  await expect.poll(unsent, { timeout: 10_000 }).toBe(0);
  /** What was paid, a line each. */
  const paid = async () => (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  return { theatre, stage, claude, alice, question, paid };
}

test.each([
  ["before it counts as begun: it runs, once", "store.moveApproval.before", ["bob"], "bob is paid"],
  ["when it counts as begun and has done nothing: it does not run", "store.moveApproval.after", [], "result unknown"],
  ["when it has run and nobody knows what came of it: it runs no second time", "agent.tool.after", ["bob"], "unknown"],
])(
  "killed behind the yes to a tool, %s",
  async (_, failpoint, wanted, told) => {
    const { theatre, claude, stage, alice, question, paid } = await play(failpoint);
    await alice.picks(question, "Allow");
    expect(await theatre.gateway.ended).toBe("SIGKILL");
    await theatre.rise();
    await alice.hears("Allowed.");
    await alice.hears(`The tool said: ${/unknown/.test(told) ? '"result unknown' : `"${told}`}`);
    expect(await paid()).toEqual(wanted);
    expect(claude.requests).toHaveLength(2);
    expect(stage.botSaid().filter(({ text }) => text.includes("may I use"))).toHaveLength(1);
  },
  60_000,
);

test("killed while its author thinks: a yes that is given while it is down counts, and it is not asked again", async () => {
  const { theatre, stage, claude, alice, question, paid } = await play();
  await theatre.gateway.kill();
  const { tg } = stage;
  const answer = stage.group.post(alice.user, `/approve ${codeIn(question)}`);
  await theatre.rise();
  await tg.taken(answer);
  await alice.hears("Allowed.");
  await alice.hears('The tool said: "bob is paid');
  expect(await paid()).toEqual(["bob"]);
  expect(claude.requests).toHaveLength(2);
  expect(stage.botSaid().filter(({ text }) => text.includes("may I use"))).toHaveLength(1);
}, 60_000);

test("told to stop while its author thinks: it ends at once, and goes on behind the yes", async () => {
  const { theatre, alice, question, paid } = await play();
  expect(await theatre.gateway.stop()).toBe(0);
  await theatre.rise();
  await alice.picks(question, "Allow");
  await alice.hears('The tool said: "bob is paid');
  expect(await paid()).toEqual(["bob"]);
}, 60_000);
