import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { soon } from "./stage.ts";

const SCRIPT = `
import { ProgramTransport } from ${JSON.stringify(join(import.meta.dirname, "../../../agents/mcp/program-transport.ts"))};
const clock = { elapsed: () => 0, after: () => () => {} };
const reach = { kind: "program", command: "sleep", args: ["600"], env: {}, cwd: "/" };
const transport = new ProgramTransport(reach, { env: process.env, clock, maxBytes: 1000 }, (stream) => stream.resume());
await transport.start();
process.stdout.write(String(transport.pid), () => process.exit(1));
`;

test("a program that does not heed the end of its input ends also where the gateway ends at once", async () => {
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", SCRIPT]);
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await soon(() => isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
