import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { variables } from "../../gateway/config/environment.ts";
import { loadConfig } from "../../gateway/config/load.ts";
import { formatConfigError } from "../../gateway/config/problems.ts";
import { failure, reference, scratchFolder } from "../gateway/config/scratch.ts";
import { corpus } from "./corpus.ts";
import { hostileText } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { runs } from "./runs.ts";

/** The example with all of its keys in use. */
const example = readFileSync(new URL("../../parley.example.yaml", import.meta.url), "utf8").replace(
  /^( *)#(?=\S)/gm,
  "$1",
);
const everything: unknown = parse(example);

/** Lines that are somewhere else, gone, twice, cut or indented differently. */
const shuffled = fc
  .array(fc.tuple(fc.nat(400), fc.nat(400), fc.nat(4)), { minLength: 1, maxLength: 5 })
  .map((changes) => {
    const lines = example.split("\n");
    for (const [one, other, how] of changes) {
      const [at, to] = [one % lines.length, other % lines.length];
      const line = lines[at] ?? "";
      if (how === 0) lines.splice(at, 1);
      else if (how === 1) lines.splice(to, 0, line);
      else if (how === 2) lines[at] = line.slice(0, other % (line.length + 1));
      else if (how === 3) lines[at] = `${" ".repeat(other % 5)}${line}`;
      else lines[at] = `${line}${lines[to] ?? ""}`;
    }
    return lines.join("\n");
  });

const anyFile = fc.oneof(
  {
    weight: 3,
    arbitrary: mutated([everything]).map((value) => stringify(value ?? null, { aliasDuplicateObjects: false })),
  },
  { weight: 3, arbitrary: shuffled },
  { weight: 1, arbitrary: hostileText },
);

const environment = fc.dictionary(
  fc.constantFrom(...variables.map(({ name }) => name), "PARLEY_DATA", "ANTHROPIC_API_KEY", "HOME", "toString"),
  fc.oneof(
    hostileText,
    fc.constantFrom("1", "0", "true", "open", "per-user", "https://e.com", "127.0.0.1", "::1", "65536"),
  ),
  { maxKeys: 5 },
);

test("all keys of the example, taken together, are a configuration or say what is missing", () => {
  expect(Object.keys(everything as object).length).toBeGreaterThan(15);
});

test("whatever file and environment say, it is a configuration, or every problem has its place and its reason", () => {
  const cwd = scratchFolder();
  const check = (text: string, env: Record<string, string>) => {
    writeFileSync(join(cwd, "parley.yaml"), text);
    const error = failure(() => loadConfig({ env, cwd }));
    if (error === undefined) return;
    expect(error.code).toBe("config-invalid");
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { path, file, line, message } of error.problems) {
      expect(path !== "" || (file !== undefined && line !== undefined && line > 0)).toBe(true);
      expect(message).toMatch(/^\S[^\n]{0,500}$/);
    }
    expect(formatConfigError(error)).not.toMatch(/[^\P{C}\n]/u);
  };
  for (const { input } of corpus<[string, Record<string, string>]>("config")) check(...input);
  fc.assert(fc.property(anyFile, environment, check), runs(200));
});

const SECRET = "Zq7-secret-Zq7";

/** What people make of a secret that they write down wrongly. */
const slip = fc.constantFrom<(secret: string) => unknown>(
  (secret) => secret,
  (secret) => `${secret} and more`,
  (secret) => ` ${secret}`,
  (secret) => [secret],
  (secret) => ({ value: secret }),
  (secret) => `${secret}\n${secret}`,
  (secret) => `https://user:${secret}@e.com`,
  (secret) => `${secret}://e.com`,
  () => reference("SPARE"),
);
const SECRETS = [
  ...[
    "telegram.token",
    "discord.token",
    "anthropic.apiKey",
    "http.token",
    "telegram.webhook.secret",
    "telegram.webhook.url",
  ],
  ...[
    "anthropic.baseUrl",
    "telegram.apiRoot",
    "discord.apiRoot",
    "whatsapp.wsUrl",
    "telegram",
    "discord.tokn",
    "agent.prompt",
  ],
] as const;

function put(root: Record<string, unknown>, path: string, value: unknown): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) root[first] = value;
  else {
    if (typeof root[first] !== "object" || root[first] === null) root[first] = {};
    put(root[first] as Record<string, unknown>, rest.join("."), value);
  }
}

test("wherever a secret stands that is malformed, no message repeats it", () => {
  const cwd = scratchFolder();
  const placed = fc.array(fc.tuple(fc.constantFrom(...SECRETS), slip), { minLength: 1, maxLength: 4 });
  const cut = fc.tuple(fc.nat(400), fc.constantFrom("", ":", "\t", '"', "- ", "[", "{", "&", "*", "!", "%"));
  const names = variables.map(({ name }) => name).filter((name) => /TOKEN|KEY|URL|ROOT/.test(name));
  const given = fc.dictionary(
    fc.constantFrom(...names, "SPARE"),
    slip.map((make) => String(make(SECRET))),
  );
  const property = fc.property(placed, fc.option(cut), given, (all, broken, env) => {
    const root: Record<string, unknown> = { log: { level: "loud" } };
    for (const [path, make] of all) put(root, path, make(SECRET));
    let text = stringify(root);
    if (broken !== null) text = text.slice(0, broken[0]) + broken[1] + text.slice(broken[0]);
    writeFileSync(join(cwd, "parley.yaml"), text);
    const error = failure(() => loadConfig({ env, cwd }));
    const shown =
      error === undefined ? "" : `${formatConfigError(error)}${JSON.stringify(error.problems)}${error.message}`;
    expect(shown).not.toContain("secret-Zq7");
    expect(String(error?.cause)).not.toContain("secret-Zq7");
  });
  fc.assert(property, runs(250));
});
