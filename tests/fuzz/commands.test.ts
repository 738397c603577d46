import fc from "fast-check";
import { expect, test } from "vitest";
import { componentsOf, pickedIn } from "../../adapters/discord/choices.ts";
import { decodeReplyToken, encodeReplyToken } from "../../adapters/discord/reply-token.ts";
import { commandIn, keyboardOf } from "../../adapters/telegram/choices.ts";
import { argumentsOf } from "../../gateway/commands/arguments.ts";
import { commandNames } from "../../gateway/commands/index.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { Theatre } from "../gateway/stage/theatre.ts";
import { WebStage, type WebStagePerson } from "../gateway/stage/web-stage.ts";
import { corpus } from "./corpus.ts";
import { hostileText, hostileValue } from "./hostile.ts";
import { runs } from "./runs.ts";

const word = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("per-user", "shared", "here", "none", "default", "limits", "access", "open"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("--fresh", "--fork", "--here", "--yes", "—all", "--", "---x", "--__proto__", "–x"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("web:u_x", "telegram:-1", "@", "#", "%", "1", "-1", "1e9", "99999999999999999999"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "strategy=x", "a=b=c", "`", "**", "<b>"),
  },
  { weight: 1, arbitrary: hostileText.map((text) => text.toWellFormed().slice(0, 200)) },
);
const said = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));

test("whatever is typed behind a command is words, known flags and the text between, and none of it is lost", () => {
  const property = fc.property(
    fc.oneof(said, hostileText),
    fc.option(fc.nat(3), { nil: undefined }),
    (args, textAfter) => {
      const call = { message: { command: { name: "x", args } } } as unknown as AcceptedCommand;
      const { words, flags, text } = argumentsOf(call, textAfter, ["fresh", "here"]);
      expect(args.trim().endsWith(text) || [...flags].length > 0).toBe(true);
      const everything = new Set([...words, ...text.split(/\s+/)]);
      for (const each of args.match(/\S+/g) ?? []) {
        expect(everything.has(each) || flags.has(each.replace(/^(?:--|—|–)/, "").toLowerCase())).toBe(true);
      }
    },
  );
  fc.assert(property, runs(2_000));
});

test("whatever a button holds that anybody made up, it is a command that a button could have, or none", () => {
  const property = fc.property(fc.oneof(said, hostileText), (data) => {
    const command = commandIn(data);
    const buttons = keyboardOf([{ label: "x", command: data }])?.inline_keyboard.flat() ?? [];
    expect(buttons).toEqual(command === null ? [] : [{ text: "x", callback_data: data }]);
    if (command !== null) expect(command.args).toBe(command.args.trim());
    const picked = pickedIn({ custom_id: `parley:${data}` });
    expect(componentsOf([{ label: "x", command: data }]).components === undefined).toBe(picked === null);
  });
  fc.assert(property, runs(2_000));
});

test("whatever a component's interaction holds, it is something that was picked, or nothing", () => {
  const property = fc.property(hostileValue, hostileValue, (id, values) => {
    for (const data of [id, { custom_id: id, values }, { custom_id: "parley-menu", values }]) {
      expect(pickedIn(data)?.command ?? "none").toMatch(/^[a-z0-9-]+$/);
    }
  });
  fc.assert(property, runs(1_000));
});

test("whatever stands in place of a reply token, it is one that says the same again, or none", () => {
  const parts = fc.array(fc.oneof(fc.constantFrom<unknown>("1", "2", "token", true, 5), hostileValue), {
    maxLength: 9,
  });
  const property = fc.property(
    fc.oneof(
      parts.map((all) => JSON.stringify(all)),
      hostileText,
    ),
    (text) => {
      const token = decodeReplyToken(text);
      if (token !== null) expect(decodeReplyToken(encodeReplyToken(token))).toEqual(token);
    },
  );
  fc.assert(property, runs(1_000));
});

test("whatever is typed behind a slash, whoever types it is answered at once, and nothing fails inside", async () => {
  const stage = new WebStage();
  const theatre = await Theatre.open(stage);
  const owner = await stage.person("Olga");
  await theatre.owner(owner);
  let [guest, count] = [await stage.person("Guest"), 0];
  const ask = async (text: string, person: WebStagePerson, inPrivate: boolean) => {
    const answer = await theatre.ask(person, text.trimEnd(), /\S/, { inPrivate });
    expect(answer.text).not.toMatch(/Something went wrong|undefined|\[object Object\]|NaN/);
  };
  for (const { input } of corpus<string>("commands")) await ask(input, owner, true);
  const names = fc.constantFrom(
    ...[...commandNames].filter((name) => name !== "forget" && name !== "block"),
    "nonsense",
  );
  const property = fc.asyncProperty(names, said, fc.boolean(), fc.boolean(), async (name, args, byOwner, inPrivate) => {
    // So many messages a minute are one person's.
    count += 1;
    if (count % 50 === 0) guest = await stage.person(`Guest ${count}`);
    await ask(`/${name} ${args}`, byOwner && count < 50 ? owner : guest, inPrivate);
  });
  await fc.assert(property, runs(80));
  expect(theatre.logged.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
});
