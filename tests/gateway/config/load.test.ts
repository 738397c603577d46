import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../gateway/config/load.ts";
import { ConfigError, formatConfigError } from "../../../gateway/config/problems.ts";
import { complaints, failure, folderWith, load, reference, scratchFolder } from "./scratch.ts";

describe("without file and environment", () => {
  test("everything has its default", () => {
    const cwd = scratchFolder();
    const { where: _, ...config } = loadConfig({ env: {}, cwd });
    const chats = {
      strategy: "per-user",
      threads: "per-user",
      addressing: "mention",
      busy: "collect",
      compactionTokens: 200_000,
      ambient: "off",
      tools: "all",
      maxAgeMs: 43_200_000,
    };
    const kinds = { dm: { ...chats, compaction: 0.85 }, groups: { ...chats, compaction: 0.6 } };
    const elsewhere = { ...kinds, access: { dm: "pairing", groups: "pairing" } };
    const texts = { ...chats, compactionTokens: "200000", maxAgeMs: "43200000" };
    const nothing = { dm: {}, groups: {} };
    expect(config).toEqual({
      file: undefined,
      dataDir: join(cwd, "data"),
      strategies: [],
      platforms: {
        discord: elsewhere,
        telegram: elsewhere,
        whatsapp: elsewhere,
        web: {
          dm: { ...kinds.dm, addressing: "always" },
          groups: { ...kinds.groups, addressing: "always" },
          access: { dm: "open", groups: "open" },
        },
      },
      settings: {
        general: { dm: { ...texts, compaction: "0.85" }, groups: { ...texts, compaction: "0.6" } },
        own: { discord: nothing, telegram: nothing, whatsapp: nothing, web: nothing },
      },
      limits: { warnAt: 0.8 },
      retention: { days: undefined },
      owners: [],
      allow: { users: [], chats: [] },
      agent: {
        name: "main",
        model: "claude-sonnet-5-5",
        prompt: undefined,
        maxTokens: 8192,
        contextTokens: 200_000,
        maxSteps: 25,
      },
      anthropic: { apiKey: undefined, baseUrl: undefined, maxRetries: 2 },
      discord: undefined,
      telegram: undefined,
      whatsapp: undefined,
      web: { enabled: true, botName: "parley", joinToken: undefined, allowedHosts: [] },
      http: { host: "127.0.0.1", port: 8787, token: undefined },
      runs: { max: 16, timeoutMs: 600_000, maxAttempts: 3 },
      queue: { maxWaitingPerUser: 20, settleMs: 1000 },
      outbox: { maxFailures: 20 },
      context: {
        ambientMessages: 20,
        ambientTokens: 2_000,
        ambientMaxAgeMs: 3_600_000,
        compactionTimeoutMs: 120_000,
      },
      approvals: { timeoutMs: 120_000 },
      attachments: { maxBytes: 5_000_000, maxPerTurn: 10, maxTextBytes: 200_000, transcriber: undefined },
      shutdown: { graceMs: 20_000 },
      mcp: [],
      log: { level: "info" },
    });
  });

  test("WhatsApp is on with a section or a variable, and off where either says so", () => {
    const pacing = { charsPerSecond: 60, maxMs: 3_000, gapMs: 300 };
    const on = {
      wsUrl: "wss://web.whatsapp.com/ws/chat",
      deviceName: "Parley",
      readReceipts: true,
      typing: true,
      pacing,
    };
    expect(load("", { WHATSAPP_ENABLED: "1" }).whatsapp).toEqual(on);
    expect(load("", { WHATSAPP_ENABLED: "true", WHATSAPP_WS_URL: "ws://127.0.0.1:1/ws" }).whatsapp).toEqual({
      ...on,
      wsUrl: "ws://127.0.0.1:1/ws",
    });
    expect(load("whatsapp: { typing: false, pacing: { maxMs: 10 } }\n").whatsapp).toEqual({
      ...on,
      typing: false,
      pacing: { ...pacing, maxMs: 10 },
    });
    expect(load("whatsapp: { pacing: off, strategy: per-thread }\n")).toMatchObject({
      whatsapp: { pacing: undefined },
      platforms: { whatsapp: { dm: { strategy: "per-thread" }, groups: { strategy: "per-thread" } } },
    });
    expect(load("whatsapp: { typing: false }\n", { WHATSAPP_ENABLED: "0" }).whatsapp).toBeUndefined();
    expect(load("whatsapp: { enabled: false }\n").whatsapp).toBeUndefined();
    expect(load("whatsapp: {}\n", {}).whatsapp).toEqual(on);
    expect(load("", { WHATSAPP_WS_URL: "ws://127.0.0.1:1" }).whatsapp).toBeUndefined();
  });

  test("nothing in it can be changed afterwards", () => {
    const config = load("owners: ['telegram:1']\nweb: { allowedHosts: [a] }\n");
    const { web } = config.platforms;
    for (const part of [config, config.owners, config.web, config.web.allowedHosts, web.access, web.dm, web.groups]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test("the caller's defaults count, unless the file or the environment says otherwise", () => {
    const cwd = folderWith("log: { level: warn }\n");
    const defaults = { http: { port: 0, host: "::1" }, log: { level: "silent" as const } };
    const config = loadConfig({ env: { PARLEY_HOST: "localhost" }, cwd, defaults });
    expect(config.http).toEqual({ host: "localhost", port: 0, token: undefined });
    expect(config.log.level).toBe("warn");
    expect(defaults).toEqual({ http: { port: 0, host: "::1" }, log: { level: "silent" } });
  });
});

describe("the file", () => {
  test("is the one that PARLEY_CONFIG names, and its modules are found beside it", () => {
    const cwd = folderWith("strategy: shared\n");
    mkdirSync(join(cwd, "etc"));
    writeFileSync(join(cwd, "etc/other.yaml"), "strategy: per-thread\nstrategies: ../own/by-weekday.js\n");
    const config = loadConfig({ env: { PARLEY_CONFIG: "etc/other.yaml" }, cwd });
    expect(config).toMatchObject({
      file: join(cwd, "etc/other.yaml"),
      platforms: { web: { dm: { strategy: "per-thread" } } },
      strategies: [join(cwd, "own/by-weekday.js")],
      dataDir: join(cwd, "data"),
    });
    const other = { platforms: { web: { dm: { strategy: "shared" } } } };
    expect(loadConfig({ env: { PARLEY_CONFIG: "etc/other.yaml" }, cwd, file: "parley.yaml" })).toMatchObject(other);
    expect(loadConfig({ env: { PARLEY_CONFIG: "" }, cwd })).toMatchObject(other);
  });

  test("has to exist if somebody named it", () => {
    const cwd = scratchFolder();
    const byVariable = failure(() => loadConfig({ env: { PARLEY_CONFIG: "gone.yaml" }, cwd }));
    expect(byVariable?.problems).toEqual([{ path: "PARLEY_CONFIG", message: "gone.yaml: there is no such file" }]);
    const byCaller = failure(() => loadConfig({ env: {}, cwd, file: "gone.yaml" }));
    expect(byCaller?.problems).toEqual([{ path: "", file: "gone.yaml", message: "there is no such file" }]);
    const folder = failure(() => loadConfig({ env: { PARLEY_CONFIG: cwd }, cwd }));
    expect(folder?.message).toBe(`PARLEY_CONFIG: ${cwd}: this is a folder, not a file`);
  });

  test("is named in full where it lies outside the working directory", () => {
    const elsewhere = folderWith("x: 1\n");
    const error = failure(() => loadConfig({ env: {}, cwd: scratchFolder(), file: join(elsewhere, "parley.yaml") }));
    expect(error?.problems[0]?.file).toBe(join(elsewhere, "parley.yaml"));
  });

  test("may be empty, hold comments alone, or have sections whose lines are commented out", () => {
    for (const yaml of ["", "# nothing\n", "---\n", "http:\n  # port: 1\nowners:\n"]) {
      expect(load(yaml).http.port).toBe(8787);
    }
  });

  test("may use anchors and aliases", () => {
    const config = load("telegram: { token: t, access: &who { dm: open } }\nweb: { access: *who }\n");
    expect(config.platforms.telegram.access).toEqual({ dm: "open", groups: "pairing" });
    expect(config.platforms.web.access).toEqual({ dm: "open", groups: "open" });
  });

  test("takes values from the environment where they are a reference as a whole", () => {
    const yaml = [
      `telegram: { token: '${reference("BOT")}' }`,
      `http: { port: '${reference("PORT")}' }`,
      `web: { enabled: '${reference("WEB")}', joinToken: '${reference("DIGITS")}' }`,
      `agent: { prompt: 'Say ${reference("BOT")} aloud' }`,
      `owners: ['${reference("OWNER")}']`,
      `compaction: '${reference("SHARE")}'`,
      `whatsapp: { limits: { userRunsPerDay: '${reference("RUNS")}', chatRunsPerDay: '${reference("NONE")}' } }`,
    ].join("\n");
    const variables = { BOT: "1:abc", PORT: "0", WEB: "false", DIGITS: "0123", OWNER: "web:ann" };
    const config = load(yaml, { ...variables, SHARE: "0.5", RUNS: "7", NONE: "none" });
    expect(config).toMatchObject({
      telegram: { token: "1:abc" },
      http: { port: 0 },
      web: { enabled: false, joinToken: "0123" },
      agent: { prompt: `Say ${reference("BOT")} aloud` },
      owners: ["web:ann"],
      platforms: { whatsapp: { dm: { compaction: 0.5, userRunsPerDay: 7, chatRunsPerDay: undefined } } },
    });
  });
});

describe("the environment", () => {
  test("wins over the file", () => {
    const yaml = [
      "strategy: shared",
      "access: off",
      "anthropic: { apiKey: a, baseUrl: 'http://a' }",
      "discord: { token: a, apiRoot: 'http://a/api', strategy: shared, access: off }",
      "telegram: { token: a, apiRoot: 'http://a', strategy: shared, access: { dm: off } }",
      "web: { strategy: shared, access: off }",
      "http: { host: a, port: 1, token: a }",
      "log: { level: error }",
    ].join("\n");
    const config = load(yaml, {
      PARLEY_DATA: "/var/lib/parley",
      PARLEY_HOST: "0.0.0.0",
      PARLEY_PORT: "0",
      PARLEY_TOKEN: "b",
      ANTHROPIC_API_KEY: "b",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:9/",
      DISCORD_TOKEN: "b",
      DISCORD_API_ROOT: "http://127.0.0.1:7/api/",
      TELEGRAM_BOT_TOKEN: "b",
      TELEGRAM_API_ROOT: "http://127.0.0.1:8/",
      PARLEY_STRATEGY: "per-thread",
      PARLEY_ACCESS: "open",
      PARLEY_LOG_LEVEL: "silent",
    });
    const strategy = "per-thread";
    const decided = { dm: { strategy }, groups: { strategy }, access: { dm: "open", groups: "open" } };
    expect(config).toMatchObject({
      dataDir: "/var/lib/parley",
      anthropic: { apiKey: "b", baseUrl: "http://127.0.0.1:9" },
      telegram: { token: "b", apiRoot: "http://127.0.0.1:8" },
      discord: { token: "b", apiRoot: "http://127.0.0.1:7/api" },
      platforms: { discord: decided, telegram: decided, web: decided },
      http: { host: "0.0.0.0", port: 0, token: "b" },
      log: { level: "silent" },
    });
  });

  test("says nothing with an empty variable", () => {
    const env = { PARLEY_PORT: "", PARLEY_ACCESS: "", TELEGRAM_BOT_TOKEN: "", PARLEY_DATA: "" };
    expect(load("http: { port: 5 }\n", env)).toMatchObject({ http: { port: 5 }, telegram: undefined });
  });

  test("starts Telegram with a token alone, and with nothing less", () => {
    expect(load("", { TELEGRAM_BOT_TOKEN: "t" }).telegram).toEqual({
      token: "t",
      apiRoot: "https://api.telegram.org",
      mode: "polling",
      webhook: undefined,
    });
    expect(load("", { TELEGRAM_API_ROOT: "http://127.0.0.1:1" }).telegram).toBeUndefined();
    expect(load("telegram:\n  mode: polling\n", { TELEGRAM_BOT_TOKEN: "t" }).telegram?.token).toBe("t");
  });

  test("starts Discord with a token alone, and with nothing less", () => {
    expect(load("", { DISCORD_TOKEN: "t" }).discord).toEqual({
      token: "t",
      apiRoot: "https://discord.com/api",
      shards: "auto",
      shardCount: undefined,
      threadArchiveMinutes: 1440,
      pingOnReply: false,
      drafts: true,
    });
    expect(load("", { DISCORD_API_ROOT: "http://127.0.0.1:1/api" }).discord).toBeUndefined();
  });

  test("makes up for a reference that leads nowhere", () => {
    expect(load(`telegram: { token: '${reference("GONE")}' }\n`, { TELEGRAM_BOT_TOKEN: "t" }).telegram?.token).toBe(
      "t",
    );
  });

  test.each([
    ["[0, 1]", "4", []],
    ["2", undefined, []],
    ["[0, 1]", undefined, ["a list of shards needs discord.shardCount: how many there are in all processes"]],
    ["[0, 4]", "4", ["there is no shard 4: with 4 in all they are 0 to 3"]],
    ["[]", "4", ["the list of shards is empty"]],
    ["[0, 0]", "4", ["a shard stands twice in the list"]],
    ["4", "2", ["it goes with a list of shards and with nothing else"]],
    ["some", undefined, ['expected "auto", a number of shards, or a list of shard numbers, found "some"']],
  ])("shards %s of %s of Discord", (shards, count, wanted) => {
    const yaml = `discord:\n  token: t\n  shards: ${shards}\n${count === undefined ? "" : `  shardCount: ${count}\n`}`;
    if (wanted.length === 0) expect(load(yaml).discord?.shards).toEqual(JSON.parse(shards));
    else expect(complaints(yaml)).toEqual(wanted.map((message) => expect.stringContaining(message)));
  });

  test("cannot mend a section that is none", () => {
    expect(complaints("http: 8080\n", { PARLEY_PORT: "1" })).toEqual([
      "parley.yaml:1:1  http: expected a section with host, port, token, found a number",
    ]);
  });
});

describe("where a setting comes from", () => {
  test("is a line of the file, a variable, or nowhere", () => {
    const config = load("log:\n  level: info\nstrategies:\n  - a.js\n  - b.js\n", { PARLEY_STRATEGY: "x" });
    expect(config.where("log.level")).toEqual({ path: "log.level", file: "parley.yaml", line: 2, column: 3 });
    expect(config.where("strategies[1]")).toEqual({ path: "strategies[1]", file: "parley.yaml", line: 5, column: 5 });
    expect(config.where("strategy")).toEqual({ path: "PARLEY_STRATEGY" });
    expect(config.where("web.strategy")).toEqual({ path: "PARLEY_STRATEGY" });
    expect(config.where("runs.max")).toEqual({ path: "runs.max" });
  });

  test("is the only item of a list that was written without brackets", () => {
    expect(load("strategies: a.js\n").where("strategies[0]")).toMatchObject({ line: 1, column: 1 });
  });

  test("fits into a problem that the caller found", () => {
    const config = load("strategy: by-moon\n");
    const error = new ConfigError([{ ...config.where("strategy"), message: 'there is no strategy "by-moon"' }]);
    expect(formatConfigError(error)).toBe('parley.yaml:1:1  strategy: there is no strategy "by-moon"');
    expect(error).toMatchObject({ code: "config-invalid", name: "ConfigError" });
  });
});
