import { expect, test } from "vitest";
import { complaints, reference } from "./scratch.ts";

const cases: Array<{ name: string; yaml: string; env?: Record<string, string>; says: string[] }> = [
  {
    name: "a word that is none of the choices",
    yaml: "# top\nlog:\n  level: info\ntelegram:\n  token: t\n  mode: pull\n",
    says: ['parley.yaml:6:3  telegram.mode: expected "polling" or "webhook", found "pull"'],
  },
  {
    name: "an unknown key that looks like a known one",
    yaml: "stratgy: shared\n",
    says: ["parley.yaml:1:1  unknown key `stratgy`; did you mean `strategy`?"],
  },
  {
    name: "an unknown key in a section, written in another style",
    yaml: "runs:\n  max: 2\n  time_out_ms: 5\n",
    says: ["parley.yaml:3:3  runs: unknown key `time_out_ms`; did you mean `timeoutMs`?"],
  },
  {
    name: "a key that belongs into another section",
    yaml: "settleMs: 5\n",
    says: ["parley.yaml:1:1  unknown key `settleMs`; did you mean `queue.settleMs`?"],
  },
  {
    name: "a key that resembles nothing",
    yaml: "agent: { colour: blue }\n",
    says: ["parley.yaml:1:10  agent: unknown key `colour`"],
  },
  {
    name: "a key named like a part of every object",
    yaml: "__proto__: { strategy: x }\nlog: { constructor: 1 }\n",
    says: ["parley.yaml:1:1  unknown key `__proto__`", "parley.yaml:2:8  log: unknown key `constructor`"],
  },
  {
    name: "a key that stands twice",
    yaml: "log:\n  level: info\n  level: debug\n",
    says: ["parley.yaml:3:3  key `level` stands twice; the first is on line 2"],
  },
  {
    name: "broken syntax",
    yaml: 'agent:\n  prompt: "never closed\n',
    says: [
      "parley.yaml:3:1  not valid YAML: something is missing here: a colon, a comma, a space, or a closing quote or bracket",
    ],
  },
  {
    name: "a tab in the indentation",
    yaml: "log:\n\tlevel: info\n",
    says: ["parley.yaml:2:1  not valid YAML: a tab in the indentation; YAML takes spaces only"],
  },
  {
    name: "an alias without anchor",
    yaml: "agent:\n  name: *nobody\n",
    says: ["parley.yaml:2:9  an alias (*name) of an anchor that does not exist"],
  },
  {
    name: "a file that is no section",
    yaml: "- strategy\n",
    says: ["parley.yaml:1:1  expected keys with values"],
  },
  {
    name: "a number out of range, a fraction, and text for a number",
    yaml: "http:\n  port: 70000\nruns: { max: 1.5, timeoutMs: soon }\n",
    says: [
      "parley.yaml:2:3  http.port: expected a whole number from 0 to 65535, found 70000",
      "parley.yaml:3:9  runs.max: expected a whole number from 1 to 10000, found 1.5",
      'parley.yaml:3:19  runs.timeoutMs: expected milliseconds: a whole number from 1 to 2147483647, found "soon"',
    ],
  },
  {
    name: "background that would be kept for more than a day",
    yaml: "context: { ambientMaxAgeMs: 86400001 }\n",
    says: [
      "parley.yaml:1:12  context.ambientMaxAgeMs: expected milliseconds: a whole number from 1000 to 86400000, found 86400001",
    ],
  },
  {
    name: "a name of a tool that is none",
    yaml: "tools: [now, ../etc]\nambient: always\n",
    says: [
      'parley.yaml:1:14  tools[1]: expected the name of a tool or of a server, found "../etc"',
      'parley.yaml:2:1  ambient: expected "off" or "recent", found "always"',
    ],
  },
  {
    name: "all tools and one of them, and a list of none",
    yaml: "tools: [all, now]\nweb: { tools: [] }\n",
    says: [
      'parley.yaml:1:1  tools: expected "all", "none", or a list of 1 to 100 names of tools and servers, found a list',
      'parley.yaml:2:8  web.tools: expected "all", "none", or a list of 1 to 100 names of tools and servers, found a list',
    ],
  },
  {
    name: "an item of a list",
    yaml: 'owners:\n  - "telegram:1"\n  - 42\n  - "signal:7"\n',
    says: [
      'parley.yaml:3:5  owners[1]: expected a user, like "telegram:123" or "whatsapp:+4917012345", found 42; put it in quotes',
      'parley.yaml:4:5  owners[2]: expected a user, like "telegram:123" or "whatsapp:+4917012345", found "signal:7"',
    ],
  },
  {
    name: "one value where a list belongs, and a value where a section belongs",
    yaml: "owners: telegram:1\nlog: debug\n",
    says: [
      'parley.yaml:1:1  owners: expected a list of users, like ["telegram:123"], found text',
      "parley.yaml:2:1  log: expected a section with level, found text",
    ],
  },
  {
    name: "a key without value",
    yaml: "strategy:\n",
    says: [
      "parley.yaml:1:1  strategy: expected the name of a strategy: at most 32 lower case letters, digits and dashes, found nothing",
    ],
  },
  {
    name: "a mode of access that does not exist",
    yaml: "access: paired\nweb:\n  access: { dm: closed }\n",
    says: [
      'parley.yaml:1:1  access: expected "pairing", "allowlist", "open" or "off", or a section with dm and groups, found "paired"',
      'parley.yaml:3:13  web.access.dm: expected "pairing", "allowlist", "open" or "off", found "closed"',
    ],
  },
  {
    name: "shares that are none",
    yaml: "compaction: 85\nweb: { compaction: { dm: 0.96, group: 0.5 } }\nlimits: { warnAt: 80% }\n",
    says: [
      "parley.yaml:1:1  compaction: expected a share from 0.1 to 0.95, or a section with dm and groups, found 85",
      "parley.yaml:2:22  web.compaction.dm: expected a share from 0.1 to 0.95, found 0.96",
      "parley.yaml:2:32  web.compaction: unknown key `group`; did you mean `groups`?",
      'parley.yaml:3:11  limits.warnAt: expected a share from 0.1 to 1, found "80%"',
    ],
  },
  {
    name: "limits that are none",
    yaml: "limits: { userRunsPerDay: none }\nweb: { limits: { userRunsPerDay: 0, warnAt: 0.5 } }\nretention: { days: 0.5 }\n",
    says: [
      'parley.yaml:1:11  limits.userRunsPerDay: expected a whole number from 1 to 1000000000000, found "none"',
      'parley.yaml:2:18  web.limits.userRunsPerDay: expected a whole number from 1 to 1000000000000, or "none", found 0',
      "parley.yaml:2:37  web.limits: unknown key `warnAt`; did you mean `limits.warnAt`?",
      "parley.yaml:3:14  retention.days: expected a whole number from 1 to 36500, found 0.5",
    ],
  },
  {
    name: "a word that is no busy mode, and an extra prompt that is too long, without a word of it",
    yaml: `busy: queue\nextraPrompt: ${"x".repeat(4_001)}\n`,
    says: [
      'parley.yaml:1:1  busy: expected "collect", "steer" or "interrupt", found "queue"',
      "parley.yaml:2:1  extraPrompt: expected text of up to 4000 characters, found text",
    ],
  },
  {
    name: "a key of the agent's that every platform has as well",
    yaml: "model: large\n",
    says: ["parley.yaml:1:1  unknown key `model`; did you mean `agent.model`?"],
  },
  {
    name: "an unknown key inside access",
    yaml: "access: { dms: open }\n",
    says: ["parley.yaml:1:11  access: unknown key `dms`; did you mean `dm`?"],
  },
  {
    name: "a list of modules with something else in it",
    yaml: "strategies: [./a.js, true]\n",
    says: ["parley.yaml:1:22  strategies[1]: expected the path of a module, found true; put it in quotes"],
  },
  {
    name: "a Telegram section without token",
    yaml: "log: { level: info }\ntelegram:\n  mode: polling\n",
    says: [
      "parley.yaml:2:1  telegram: there is no token; set telegram.token or TELEGRAM_BOT_TOKEN, or leave the section out",
    ],
  },
  {
    name: "a Telegram section whose lines are all commented out",
    yaml: "telegram:\n  # token: t\n",
    says: [
      "parley.yaml:1:1  telegram: there is no token; set telegram.token or TELEGRAM_BOT_TOKEN, or leave the section out",
    ],
  },
  {
    name: "a webhook without address",
    yaml: "telegram:\n  token: t\n  mode: webhook\n",
    says: [
      'parley.yaml:3:3  telegram.mode: mode "webhook" needs telegram.webhook.url: an address that begins with https:// (http:// on this machine only)',
    ],
  },
  {
    name: "a webhook that anybody on the way can read",
    yaml: "telegram:\n  token: t\n  mode: webhook\n  webhook:\n    url: http://bot.example.org/\n",
    says: [
      "parley.yaml:5:5  telegram.webhook.url: expected an address that begins with https:// (http:// on this machine only)",
    ],
  },
  {
    name: "a reference to a variable that is not set, said once",
    yaml: `anthropic:\n  apiKey: ${reference("MY_KEY")}\nhttp: { port: '${reference("MY_PORT")}' }\n`,
    env: { MY_PORT: "" },
    says: [
      "parley.yaml:2:3  anthropic.apiKey: the environment variable MY_KEY is not set",
      "parley.yaml:3:9  http.port: the environment variable MY_PORT is not set",
    ],
  },
  {
    name: "a reference to a variable that does not fit, without its value",
    yaml: `http:\n  port: ${reference("MY_PORT")}\n`,
    env: { MY_PORT: "hunter2" },
    says: ["parley.yaml:2:3  http.port: expected a whole number from 0 to 65535, found the value of MY_PORT"],
  },
  {
    name: "environment variables, by their names and after the file",
    yaml: "log: { level: loud }\n",
    env: { PARLEY_PORT: "-1", PARLEY_ACCESS: "paired", PARLEY_STRATEGY: "Per User" },
    says: [
      'parley.yaml:1:8  log.level: expected "silent", "fatal", "error", "warn", "info", "debug" or "trace", found "loud"',
      'PARLEY_ACCESS: expected "pairing", "allowlist", "open" or "off", or a section with dm and groups, found "paired"',
      "PARLEY_PORT: expected a whole number from 0 to 65535, found -1",
      'PARLEY_STRATEGY: expected the name of a strategy: at most 32 lower case letters, digits and dashes, found "Per User"',
    ],
  },
];

test.each(cases)("it says where and what: $name", ({ yaml, env = {}, says }) => {
  expect(complaints(yaml, env)).toEqual(says);
});

const secrets = ["123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "sk-short 1", "p@ss word"];
const hidingPlaces: Array<(text: string) => string> = [
  (text) => `telegram: ${text}`,
  (text) => `telegram: { token: [${text}] }`,
  (text) => `telegram: { token: ${text} }`,
  (text) => `telegram: { token: t, webhook: { secret: ${text} } }`,
  (text) => `telegram: { token: t, apiRoot: ${text} }`,
  (text) => `anthropic: { apiKey: ${text} }`,
  (text) => `anthropic: { baseUrl: ${text} }`,
  (text) => `anthropic: ${text}`,
  (text) => `web: { joinToken: ${text} }`,
  (text) => `http: { token: ${text} }`,
  (text) => `http: { token: ${text}`,
  (text) => `http: { token: ${text} "x" }`,
  (text) => `http: { tokn: ${text} }`,
  (text) => `agent: { prompt: { x: ${text} } }`,
  (text) => `extraPrompt: [${text}]`,
];

test.each(secrets)("no complaint quotes a secret: %s", (text) => {
  for (const hide of hidingPlaces) {
    const quoted = JSON.stringify(text);
    expect(complaints(hide(quoted)).join("\n")).not.toContain(text);
  }
});

test("a token in the place of a word or a key is not quoted, for it is too long for one", () => {
  const token = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
  expect(complaints(`telegram: { token: t, mode: "${token}" }`)).toEqual([
    'parley.yaml:1:23  telegram.mode: expected "polling" or "webhook", found text',
  ]);
  expect(complaints(`telegram: { token: t, "${token}": }`)).toEqual([
    "parley.yaml:1:23  telegram: unknown key of 44 characters",
  ]);
});

test("a secret of the environment is not quoted", () => {
  const env = { TELEGRAM_BOT_TOKEN: "my secret token", ANTHROPIC_API_KEY: " ", PARLEY_TOKEN: "a b" };
  expect(complaints("", env)).toEqual([
    "ANTHROPIC_API_KEY: expected text without spaces, found text",
    "PARLEY_TOKEN: expected text without spaces, found text",
    "TELEGRAM_BOT_TOKEN: expected text without spaces, found text",
  ]);
});
