import { join } from "node:path";
import { expect, test } from "vitest";
import { describeConfig } from "../../../gateway/config/describe.ts";
import { loadConfig } from "../../../gateway/config/load.ts";
import { complaints, folderWith, load, reference } from "./scratch.ts";

test("a server is a program in the folder of the file, or an address, each with what is usual", () => {
  const cwd = folderWith(
    [
      "mcp:",
      "  files:",
      "    command: [npx, -y, server]",
      `    env: { KEY: "${reference("KEY")}", EMPTY: "" }`,
      "  far-away-2:",
      "    url: https://example.org/mcp",
      "    headers: { Authorization: Bearer x y }",
      "    ask: never",
      "    timeoutMs: 5",
      "    maxOutputChars: 300",
      "  elsewhere: { command: [./serve], cwd: sub }",
    ].join("\n"),
  );
  const { mcp } = loadConfig({ env: { KEY: "k" }, cwd });
  const usual = { ask: "writes", timeoutMs: 60_000, maxOutputChars: 20_000 };
  expect(mcp).toEqual([
    {
      name: "files",
      reach: { kind: "program", command: "npx", args: ["-y", "server"], env: { KEY: "k", EMPTY: "" }, cwd },
      ...usual,
    },
    {
      name: "far-away-2",
      reach: { kind: "address", url: "https://example.org/mcp", headers: { Authorization: "Bearer x y" } },
      ask: "never",
      timeoutMs: 5,
      maxOutputChars: 300,
    },
    {
      name: "elsewhere",
      reach: { kind: "program", command: "./serve", args: [], env: {}, cwd: join(cwd, "sub") },
      ...usual,
    },
  ]);
});

test("a section whose servers are all commented out has none", () => {
  expect(load("mcp:\n  #files: { command: [x] }\n").mcp).toEqual([]);
});

const cases: Array<[string, string, string[]]> = [
  [
    "a name that is none",
    "mcp:\n  My Server: { command: [x] }\n",
    [
      "parley.yaml:2:3  mcp: expected the name of a server: at most 32 lower case letters, digits and dashes, found `My Server`",
    ],
  ],
  [
    "an unknown key that looks like a known one",
    "mcp:\n  files: { command: [x], timeoutMS: 5 }\n",
    ["parley.yaml:2:26  mcp.files: unknown key `timeoutMS`; did you mean `timeoutMs`?"],
  ],
  [
    "neither a command nor an address",
    "mcp:\n  files: { ask: never }\n",
    ["parley.yaml:2:3  mcp.files: there is no command and no url; a server needs one of them"],
  ],
  [
    "both",
    "mcp:\n  files:\n    command: [x]\n    url: http://127.0.0.1:1/\n",
    ["parley.yaml:4:5  mcp.files.url: a server is either a command or an address, not both"],
  ],
  [
    "what belongs to the other kind",
    "mcp:\n  a: { command: [x], headers: {} }\n  b: { url: 'https://b', env: {}, cwd: . }\n",
    [
      "parley.yaml:2:22  mcp.a.headers: it goes with url and with nothing else",
      "parley.yaml:3:26  mcp.b.env: it goes with command and with nothing else",
      "parley.yaml:3:35  mcp.b.cwd: it goes with command and with nothing else",
    ],
  ],
  [
    "a command that is one text, or empty",
    "mcp:\n  a: { command: npx SECRET }\n  b: { command: [] }\n",
    [
      'parley.yaml:2:8  mcp.a.command: expected a list, like ["npx", "-y", "some-server"], found text',
      "parley.yaml:3:8  mcp.b.command: the command is empty; its first word is the program",
    ],
  ],
  [
    "values of the wrong kind, which may be secrets",
    "mcp:\n  a:\n    command: [x, 5]\n    env: { KEY: 5, a-b: SECRET }\n  b:\n    url: ftp://SECRET\n    headers: { X: 'SECRET\\n', 'Y:': SECRET }\n",
    [
      "parley.yaml:3:18  mcp.a.command[1]: expected a program or an argument: text, found a number; put it in quotes",
      "parley.yaml:4:12  mcp.a.env.KEY: expected text, found a number; put it in quotes",
      "parley.yaml:4:20  mcp.a.env: expected the name of a variable: letters, digits and underscores, found `a-b`",
      "parley.yaml:6:5  mcp.b.url: expected an address that begins with https:// or http://, found text",
      "parley.yaml:7:31  mcp.b.headers: expected the name of a header: letters, digits and dashes, found `Y:`",
    ],
  ],
  [
    "a variable that is not set",
    `mcp:\n  a: { command: [x], env: { KEY: "${reference("NO_SUCH")}" } }\n`,
    ["parley.yaml:2:29  mcp.a.env.KEY: the environment variable NO_SUCH is not set"],
  ],
  [
    "names that every object has",
    "mcp:\n  __proto__: { command: [x] }\n  a: { command: [x], env: { __proto__: y } }\n",
    [
      "parley.yaml:2:3  mcp.__proto__: this name cannot be used",
      "parley.yaml:3:29  mcp.a.env.__proto__: this name cannot be used",
    ],
  ],
];

test.each(cases)("%s is a mistake with its place", (_, yaml, says) => {
  const said = complaints(yaml);
  expect(said).toEqual(says);
  expect(said.join("\n")).not.toContain("SECRET");
});

test("what is shown of servers holds no secret", () => {
  const config = load(
    [
      "mcp:",
      "  files: { command: [/opt/bin/serve, --key=SECRET], env: { KEY: SECRET } }",
      "  tickets: { url: 'https://user:SECRET@tickets.example.org/SECRET', headers: { X: SECRET }, ask: always }",
    ].join("\n"),
  );
  const lines = describeConfig(config);
  expect(lines).toContain("tools from files: the program serve, asks unless a tool only reads");
  expect(lines).toContain("tools from tickets: at tickets.example.org, always asks");
  expect(lines.join("\n")).not.toContain("SECRET");
});

test.each(["all", "none", "now", "recall"])(
  "no server is called %s: a chat that allows that would get its tools",
  (name) => {
    expect(() => load(`mcp:\n  ${name}: { command: [x] }\n`)).toThrow(/means something else in the setting tools/);
  },
);
