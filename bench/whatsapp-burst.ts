import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../tests/gateway/stage/program.ts";
import { WhatsAppStage } from "../tests/gateway/stage/whatsapp-stage.ts";
import { readTerminalQr } from "../tests/process/terminal-qr.ts";
import { printTable } from "./table.ts";

/**
 * What a busy WhatsApp group does to the rest of the program: messages of a group come in one burst, and meanwhile the
 * event loop of the main thread is measured by the program's own metrics. The stand-in for WhatsApp encrypts in this
 * process, before the burst begins.
 */
const MESSAGES = 300;
const PEOPLE = 10;
const ROUNDS = 3;

interface Measured {
  seconds: number;
  p50: number;
  p99: number;
  max: number;
}

async function round(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "parley-burst-"));
  const stage = await WhatsAppStage.open();
  let program: Program | undefined;
  try {
    const queue = { maxWaitingPerUser: MESSAGES };
    writeFileSync(join(folder, "parley.yaml"), JSON.stringify({ ...stage.settings, queue }));
    const env = { PARLEY_PORT: "0", PARLEY_ACCESS: "open", PARLEY_STRATEGY: "shared", ...stage.env };
    const linking = new Program({ args: ["whatsapp", "link"], cwd: folder, env });
    await stage.wa.link.scan(await linking.prints(readTerminalQr));
    await linking.exited;
    program = new Program({ cwd: folder, env });
    const url = await program.ready();
    await stage.connect(url);
    const people = [];
    for (let n = 0; n < PEOPLE; n++) people.push(await stage.person(`Person ${n}`));
    // Sessions are made and code is warm before it counts.
    for (const person of people) await person.says("good morning");
    for (const person of people) await person.hears("good morning");

    const { wa, group } = stage;
    wa.disconnect(503);
    await wa.disconnected;
    wa.refuse();
    const written = [];
    for (let n = 0; n < MESSAGES; n++) {
      const contact = people[n % PEOPLE]?.contact;
      if (contact !== undefined) written.push(await contact.writes(`burst ${n}`, { in: group, mention: true }));
    }
    await loopDelay(url);
    const begun = performance.now();
    wa.accept();
    await Promise.all(written.map(({ taken }) => taken));
    const seconds = (performance.now() - begun) / 1_000;
    const delay = await loopDelay(url);
    return { seconds, ...delay };
  } finally {
    await program?.end();
    await stage.close();
    rmSync(folder, { recursive: true });
  }
}

/** Since it was last asked, in ms. */
async function loopDelay(url: string): Promise<Omit<Measured, "seconds">> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string) =>
    1_000 * Number(metrics.match(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, "m"))?.[1]);
  return { p50: read("p50"), p99: read("p99"), max: read("max") };
}

const rows: string[][] = [];
for (let n = 0; n < ROUNDS; n++) {
  const { seconds, p50, p99, max } = await round();
  rows.push([String(MESSAGES), seconds.toFixed(1), ...[p50, p99, max].map((ms) => ms.toFixed(1))]);
}
printTable(["messages", "received in s", "loop delay p50 ms", "p99 ms", "max ms"], rows);
