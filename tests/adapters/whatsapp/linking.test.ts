import { describe, expect, test } from "vitest";
import { type LinkOptions, linkAccount, linkedAs, unlinkAccount } from "../../../adapters/whatsapp/link.ts";
import { MemoryVault } from "../memory-vault.ts";
import { never, Stage } from "./gateway.ts";

function linking(stage: Stage, more: Partial<LinkOptions> = {}) {
  const { url: wsUrl, link } = stage.wa;
  return linkAccount({
    vault: stage.gateway.vault,
    wsUrl,
    signal: never,
    onQr: (text) => void link.scan(text),
    onPairingCode: () => {},
    ...more,
  });
}

describe("linking", () => {
  test("a scanned QR code links the account, through the new connection that WhatsApp asks for", async () => {
    const stage = await Stage.open();
    const steps: string[] = [];
    const account = await linking(stage, { onProgress: (step) => void steps.push(step) });
    expect(account).toEqual({ phone: "15550001111", lid: "900000001@lid" });
    expect(await linkedAs(stage.gateway.vault)).toEqual(account);
    expect(steps).toEqual(["waiting", "paired", "connecting", "connected"]);
    expect(stage.wa.paired).toBe(true);
    expect(stage.wa.preKeys).toBeGreaterThan(5);
    expect(stage.gateway.vault.ids("pre-key").length).toBeGreaterThanOrEqual(stage.wa.preKeys);
    expect(stage.gateway.vault.ids("link")).toEqual([]);
    expect(stage.wa.violations).toEqual([]);
  });

  test("a code that is typed on the phone links it as well", async () => {
    const stage = await Stage.open();
    const codes: string[] = [];
    const qrs: string[] = [];
    const account = await linking(stage, {
      phone: "+1 (555) 000-1111",
      onQr: (text) => qrs.push(text),
      onPairingCode(code) {
        codes.push(code);
        void stage.wa.link.enterCode(code);
      },
    });
    expect(account).toEqual({ phone: "15550001111", lid: "900000001@lid" });
    expect(codes).toEqual([expect.stringMatching(/^[0-9A-Z]{8}$/)]);
    expect(qrs).toEqual([]);
  });

  test("nothing is written before the phone agreed, and everything at once when it did", async () => {
    const stage = await Stage.open();
    const { vault } = stage.gateway;
    let before: unknown[] = [];
    await linking(stage, {
      onQr(text) {
        before = [...vault.written];
        void stage.wa.link.scan(text);
      },
    });
    expect(before).toEqual([]);
    const [first] = vault.written;
    expect(first?.map(({ kind, id }) => [kind, id])).toContainEqual(["creds", "creds"]);
    expect(first?.map(({ kind, id }) => [kind, id])).toContainEqual(["link", "held"]);
  });

  test("linking that is called off leaves nothing behind", async () => {
    const stage = await Stage.open();
    const off = new AbortController();
    const attempt = linking(stage, { signal: off.signal, onQr: () => off.abort() });
    await expect(attempt).rejects.toMatchObject({ name: "LinkError", code: "aborted" });
    expect(stage.gateway.vault.kinds()).toEqual([]);
    expect(stage.wa.paired).toBe(false);
    await expect(linking(stage, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });

  test("an account that is linked is left alone", async () => {
    const stage = await Stage.linked();
    const { written } = stage.gateway.vault;
    const writes = written.length;
    await expect(linking(stage)).rejects.toMatchObject({ code: "already-linked" });
    expect(written.length).toBe(writes);
  });

  test("a phone that refuses, and a server that is not there, are told apart", async () => {
    const stage = await Stage.open();
    const refused = linking(stage, { onQr: () => stage.wa.link.refuse() });
    await expect(refused).rejects.toMatchObject({ code: "refused" });
    stage.wa.refuse();
    await expect(linking(stage)).rejects.toMatchObject({ code: "unreachable" });
    expect(stage.gateway.vault.kinds()).toEqual([]);
  });

  test("called off after the phone agreed, the account stays linked", async () => {
    const stage = await Stage.open();
    const off = new AbortController();
    const attempt = linking(stage, { signal: off.signal, onProgress: (step) => step === "connecting" && off.abort() });
    await expect(attempt).rejects.toMatchObject({ code: "aborted", message: expect.stringContaining("is linked") });
    expect(await linkedAs(stage.gateway.vault)).toMatchObject({ phone: "15550001111" });
    expect(stage.gateway.vault.ids("link")).toEqual([]);
    await stage.started();
  });

  test("a store that fails at the decisive moment links nothing", async () => {
    const stage = await Stage.open();
    stage.gateway.vault.fails = () => true;
    await expect(linking(stage)).rejects.toMatchObject({ code: "unreachable" });
    expect(await linkedAs(stage.gateway.vault)).toBeNull();
  });

  test("what people write between linking and the gateway's start is answered then", async () => {
    const stage = await Stage.open();
    const alice = stage.wa.contact("Alice");
    const { promise: written, resolve } = Promise.withResolvers<void>();
    await linking(stage, {
      async onProgress(step) {
        if (step === "connecting") await alice.writes("are you there?").then(() => resolve());
      },
    });
    await written;
    await stage.started();
    expect((await stage.gateway.said("are you there?")).source.user.name).toBe("Alice");
  });
});

describe("unlinking", () => {
  test("tells WhatsApp, and erases credentials and keys but not what was received", async () => {
    const stage = await Stage.linked();
    const { vault } = stage.gateway;
    const adapter = await stage.started();
    await stage.wa.contact("Alice").writes("hello");
    await stage.gateway.said("hello");
    await adapter.close();
    expect(await unlinkAccount({ vault, wsUrl: stage.wa.url, signal: never })).toEqual({ told: true });
    await stage.wa.logout;
    expect(stage.wa.paired).toBe(false);
    expect(await linkedAs(vault)).toBeNull();
    expect(vault.kinds()).toEqual(["seen"]);
  });

  test("erases them also if WhatsApp cannot be told", async () => {
    const stage = await Stage.linked();
    stage.wa.refuse();
    const { vault } = stage.gateway;
    expect(await unlinkAccount({ vault, wsUrl: stage.wa.url, signal: never })).toEqual({ told: false });
    expect(vault.kinds()).toEqual([]);
  });

  test("needs no link to be there", async () => {
    const vault = new MemoryVault();
    expect(await linkedAs(vault)).toBeNull();
    expect(await unlinkAccount({ vault, signal: never })).toEqual({ told: false });
  });

  test("after it, another number can be linked", async () => {
    const stage = await Stage.linked();
    const { vault } = stage.gateway;
    await unlinkAccount({ vault, wsUrl: stage.wa.url, signal: never });
    await stage.link();
    await stage.started();
    expect(stage.wa.paired).toBe(true);
  });
});
