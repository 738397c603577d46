import { describe, expect, test } from "vitest";
import { complaints, load } from "./scratch.ts";

describe("platforms", () => {
  test("have what their section says, else what counts for all", () => {
    const config = load(
      "strategy: shared\nthreads: shared\naddressing: always\ntelegram: { token: t, threads: per-user }\nweb: { addressing: mention }\n",
    );
    const { telegram, web } = config.platforms;
    for (const kind of ["dm", "groups"] as const) {
      expect(telegram[kind]).toMatchObject({ strategy: "shared", threads: "per-user", addressing: "always" });
      expect(web[kind]).toMatchObject({ strategy: "shared", threads: "shared", addressing: "mention" });
    }
  });

  test("summarise by a share for each kind of chat, or one for both", () => {
    const shares = (yaml: string) => {
      const { telegram, web } = load(yaml).platforms;
      return [telegram, web].map(({ dm, groups }) => [dm.compaction, groups.compaction]);
    };
    expect(shares("compaction: { dm: 0.7 }\nweb: { compaction: 0.3 }\n")).toEqual([
      [0.7, 0.6],
      [0.3, 0.3],
    ]);
    expect(shares("compaction: 0.12345678\nweb: { compaction: { groups: 0.95 } }\n")).toEqual([
      [0.123457, 0.123457],
      [0.123457, 0.95],
    ]);
  });

  test("sum up at a number of tokens, and look at what is said beside them, as they say", () => {
    const { telegram, web } = load(
      "compactionTokens: 50000\nambient: recent\nweb: { compactionTokens: 9000, ambient: off }\n",
    ).platforms;
    expect(telegram.groups).toMatchObject({ compactionTokens: 50_000, ambient: "recent" });
    expect(web.dm).toMatchObject({ compactionTokens: 9_000, ambient: "off" });
  });

  test("use all tools, none, or those with a name", () => {
    const { discord, telegram, web } = load(
      "tools: [recall, files]\ntelegram: { token: t, tools: none }\nweb: { tools: now }\n",
    ).platforms;
    expect([discord, telegram, web].map(({ dm }) => dm.tools)).toEqual(["recall files", "none", "now"]);
  });

  test("have the limits that count for all, others, or none", () => {
    const { limits, platforms } = load(
      "limits: { userTokensPerDay: 1000, chatRunsPerDay: 5, warnAt: 0.5 }\nweb: { limits: { userTokensPerDay: none, userRunsPerDay: 3 } }\n",
    );
    expect(platforms.telegram.dm).toMatchObject({ userTokensPerDay: 1000, chatRunsPerDay: 5 });
    expect(platforms.telegram.groups.userRunsPerDay).toBeUndefined();
    expect(platforms.web.groups).toMatchObject({ userTokensPerDay: undefined, userRunsPerDay: 3, chatRunsPerDay: 5 });
    expect(limits).toEqual({ warnAt: 0.5 });
  });

  test("have a model only where their section names one, and what the agent is told beside its instructions", () => {
    const { platforms, agent } = load(
      "agent: { model: large }\nextraPrompt: |\n  Be brief.\nbusy: steer\nweb: { model: small, extraPrompt: Be kind., busy: interrupt }\n",
    );
    expect(agent.model).toBe("large");
    expect(platforms.discord.dm.model).toBeUndefined();
    expect(platforms.discord.dm).toMatchObject({ extraPrompt: "Be brief.", busy: "steer" });
    expect(platforms.web.groups).toMatchObject({ model: "small", extraPrompt: "Be kind.", busy: "interrupt" });
  });

  test("forget after the days that the file says", () => {
    expect(load("retention: { days: 30 }\n").retention.days).toBe(30);
  });

  test.each([
    ["", "pairing pairing"],
    ["access: open", "open open"],
    ["access: { dm: allowlist }", "allowlist pairing"],
    ["access: off\ntelegram: { token: t, access: { groups: pairing } }", "off pairing"],
  ])("let people in as %j says: %s", (yaml, modes) => {
    const { dm, groups } = load(yaml).platforms.telegram.access;
    expect(`${dm} ${groups}`).toBe(modes);
  });

  test.each([
    ["", "127.0.0.1", "open open"],
    ["", "0.0.0.0", "pairing pairing"],
    ["access: off", "127.0.0.1", "off off"],
    ["access: { groups: off }", "127.0.0.1", "open off"],
    ["access: off\nweb: { access: { dm: allowlist } }", "127.0.0.1", "allowlist off"],
    ["web: { access: open }", "0.0.0.0", "open open"],
    ["web: { joinToken: t }", "0.0.0.0", "open open"],
    ["access: allowlist\nweb: { joinToken: t }", "0.0.0.0", "allowlist allowlist"],
    ["web: { joinToken: t, access: { dm: off } }", "0.0.0.0", "off open"],
  ])("let people into the web chat as %j says at %s: %s", (yaml, host, modes) => {
    const { dm, groups } = load(yaml, { PARLEY_HOST: host }).platforms.web.access;
    expect(`${dm} ${groups}`).toBe(modes);
  });

  test.each(["https://bot.example.org/", "http://127.0.0.1:8443/", "http://[::1]/hook", "http://localhost/"])(
    "take webhooks at %s",
    (url) => {
      const telegram = `telegram: { token: t, mode: webhook, webhook: { url: '${url}', secret: s_1 } }`;
      expect(load(telegram).telegram).toMatchObject({ mode: "webhook", webhook: { url, secret: "s_1" } });
    },
  );

  test("know of no webhook while they poll", () => {
    expect(load("telegram: { token: t, webhook: { url: 'https://a.example' } }").telegram?.webhook).toBeUndefined();
  });
});

describe("a transcriber", () => {
  test("is there if there is a command", () => {
    const transcriber = (yaml: string) => load(`attachments:\n  transcriber: ${yaml}\n`).attachments.transcriber;
    expect(transcriber("{ command: [listen, '-'] }")).toEqual({
      command: ["listen", "-"],
      timeoutMs: 60_000,
      maxBytes: 20_000_000,
    });
    expect(transcriber("{ command: [listen], timeoutMs: 5, maxBytes: 6 }")).toEqual({
      command: ["listen"],
      timeoutMs: 5,
      maxBytes: 6,
    });
    expect(transcriber("")).toBeUndefined();
    expect(transcriber("{}")).toBeUndefined();
  });

  test.each(["{ timeoutMs: 5 }", "{ command: [] }", "{ command: [], maxBytes: 1 }"])(
    "of which nobody knows the command is a mistake: %s",
    (yaml) => {
      expect(complaints(`attachments:\n  transcriber: ${yaml}\n`)).toEqual([
        "parley.yaml:2:3  attachments.transcriber: there is no command; set attachments.transcriber.command, or leave the section out",
      ]);
    },
  );
});
