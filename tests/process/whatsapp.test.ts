import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CREDS, KEY_KINDS, RECEIVED, SEEN, SENT } from "../../adapters/whatsapp/vault-kinds.ts";
import { visitSqliteStore } from "../../sessions/sqlite/store.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/fake-whatsapp.ts";
import { trustOption } from "../fakes/whatsapp/trust-option.ts";
import { Program } from "../gateway/stage/program.ts";
import { readTerminalQr } from "./terminal-qr.ts";

const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();

describe("the program, on WhatsApp", () => {
  let wa: FakeWhatsApp;
  let claude: FakeAnthropic;
  let folder: string;
  let programs: Program[];

  beforeEach(async () => {
    wa = await FakeWhatsApp.start();
    claude = await FakeAnthropic.start();
    claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
    folder = await mkdtemp(join(tmpdir(), "parley-whatsapp-"));
    programs = [];
    onTestFinished(async () => {
      for (const program of programs) {
        program.child.kill("SIGKILL");
        await program.exited;
      }
      await wa.close();
      await claude.close();
      await rm(folder, { recursive: true });
    });
  });

  function run(args: string[], env: Record<string, string> = {}): Program {
    const program = new Program({
      args,
      cwd: folder,
      env: {
        WHATSAPP_ENABLED: "1",
        WHATSAPP_WS_URL: wa.url,
        NODE_OPTIONS: trustOption,
        PARLEY_PORT: "0",
        PARLEY_ACCESS: "open",
        PARLEY_LOG_LEVEL: "trace",
        ANTHROPIC_API_KEY: "sk-secret-key",
        ANTHROPIC_BASE_URL: claude.baseURL,
        ...env,
      },
    });
    programs.push(program);
    return program;
  }

  async function link(): Promise<Program> {
    const linking = run(["whatsapp", "link"]);
    await wa.link.scan(await linking.prints(readTerminalQr));
    expect(await linking.exited).toBe(0);
    expect(linking.output.at(-2)).toBe(`Linked as +${wa.bot.phone}.`);
    return linking;
  }

  async function ready(url: string): Promise<{ status: number; whatsapp: string }> {
    const response = await fetch(`${url}/readyz`);
    const { platforms } = (await response.json()) as { platforms: { whatsapp: string } };
    return { status: response.status, whatsapp: platforms.whatsapp };
  }

  test("is linked by a QR code, answers, and after a restart answers again without being linked anew", async () => {
    await link();
    const alice = wa.contact("Alice");
    const first = run(["start"]);
    const url = await first.ready();
    await wa.connected;
    await alice.writes("hello");
    await wa.waitFor("Answer to: hello");
    expect(await ready(url)).toEqual({ status: 200, whatsapp: "connected" });
    expect(await first.end()).toBe(0);
    await alice.writes("while you were away");
    await run(["start"]).ready();
    await wa.waitFor("Answer to: while you were away");
    expect(wa.sent).toHaveLength(2);
  });

  test("is linked by a code that is typed on the phone, in the form in which phones show it", async () => {
    const linking = run(["whatsapp", "link", "--phone", `+1 (555) 000-1111`]);
    const code = await linking.prints((lines) => lines.join("\n").match(/^ +(\S{4}-\S{4})$/m)?.[1]);
    await wa.link.enterCode(code);
    expect(await linking.exited).toBe(0);
    const again = run(["whatsapp", "link"]);
    expect(await again.exited).toBe(1);
    expect(again.errors.join()).toContain("Linked already as +15550001111");
    expect(await run(["whatsapp", "link", "--phone", "hello"]).exited).toBe(1);
  });

  test("says that it is not linked, connects by itself once it is, and says so when it is logged out, without trying on", async () => {
    const gateway = run(["start"]);
    const url = await gateway.ready();
    expect(await ready(url)).toEqual({ status: 503, whatsapp: "not linked: run `parley whatsapp link`" });
    await link();
    await wa.connected;
    const alice = wa.contact("Alice");
    await alice.writes("hello");
    await wa.waitFor("Answer to: hello");
    const before = wa.connections;
    wa.disconnect(401);
    await wa.disconnected;
    await expect.poll(() => ready(url), { timeout: 10_000 }).toMatchObject({ status: 503 });
    expect((await ready(url)).whatsapp).toContain("logged out on the phone");
    expect(wa.connections).toBe(before);
    await link();
    await alice.writes("and again");
    await wa.waitFor("Answer to: and again");
  });

  test("is unlinked: WhatsApp knows, and no credentials are left", async () => {
    await link();
    const unlinking = run(["whatsapp", "unlink"]);
    expect(await unlinking.exited).toBe(0);
    await wa.logout;
    expect(unlinking.output).toEqual([`Unlinked from +${wa.bot.phone}.`]);
    const left = await secrets();
    expect(left.filter(({ kind }) => kind === CREDS || KEY_KINDS.some((each) => each === kind))).toEqual([]);
    const again = run(["whatsapp", "unlink"]);
    expect(await again.exited).toBe(1);
    expect(again.errors.join()).toContain("No WhatsApp account is linked");
  });

  test("shows no key, no credential and no message in its output, its log and its metrics, a whole session long", async () => {
    const linking = await link();
    const gateway = run(["start"]);
    const url = await gateway.ready();
    await wa.connected;
    const [alice, bob] = [wa.contact("Alice"), wa.contact("Bob", { addressing: "phone" })];
    const group = wa.group("Team", [alice, bob]);
    await alice.writes("confidential-one");
    await bob.writes("confidential-two", { in: group, mention: true });
    const answer = await wa.waitFor("confidential-two");
    await wa.waitFor("confidential-one");
    await wa.asksAgain(alice, answer);
    // New keys of a contact make the client close a session, which its library likes to print.
    alice.reinstalls();
    await alice.writes("confidential-three");
    await wa.waitFor("confidential-three");
    wa.drop();
    await bob.writes("confidential-four");
    await wa.waitFor("confidential-four");
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const kept = await secrets();
    wa.disconnect(401);
    await expect.poll(() => ready(url), { timeout: 10_000 }).toMatchObject({ status: 503 });
    await gateway.end();
    const shown = [linking, gateway]
      .flatMap(({ output, errors }) => [...output, ...errors])
      .concat(metrics)
      .join("\n");
    expect(shown).not.toMatch(/SessionEntry|Closing session|privKey|confidential|<Buffer/i);
    const materials = kept.filter(({ value }) => /^[{[]/.test(value)).flatMap(({ value }) => keysIn(JSON.parse(value)));
    expect(materials.length).toBeGreaterThan(500);
    for (const key of new Set(materials)) {
      const bytes = Buffer.from(key, "base64");
      for (const form of [key, bytes.toString("hex"), bytes.toString("base64url"), [...bytes].join(", ")]) {
        expect(shown.includes(form)).toBe(false);
      }
    }
  });

  /** All that is in the vault. */
  async function secrets(): Promise<Array<{ kind: string; value: string }>> {
    const store = visitSqliteStore(join(folder, "data"));
    try {
      const account = { platform: "whatsapp", account: "default" } as const;
      const kinds = [CREDS, ...KEY_KINDS, RECEIVED, SEEN, SENT];
      const found: Array<{ kind: string; value: string }> = [];
      for (const kind of kinds) {
        for (const value of (await store.vault(account, kind)).values()) found.push({ kind, value });
      }
      return found;
    } finally {
      await store.close();
    }
  }
});

/** Everything of a stored value that is bytes of the length of keys, in Base64. */
function keysIn(value: unknown): string[] {
  if (typeof value === "string") {
    return /^[A-Za-z0-9+/]{42,88}={0,2}$/.test(value) && Buffer.from(value, "base64").length >= 32 ? [value] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(keysIn);
}
