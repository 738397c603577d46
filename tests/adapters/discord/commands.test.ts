import { describe, expect, it } from "vitest";
import type { CommandOffer } from "../../../adapters/adapter.ts";
import { commandBodies } from "../../../adapters/discord/commands.ts";

const strategy: CommandOffer = {
  name: "strategy",
  description: "How conversations are kept apart.",
  options: [
    {
      name: "name",
      description: "Which one.",
      choices: [
        { value: "per-user", description: "Each person alone." },
        { value: "shared", description: "" },
      ],
    },
  ],
};

describe("commands as Discord registers them", () => {
  it("/ask comes first, takes a question, a file and whether it is private", () => {
    expect(commandBodies([])).toEqual([
      expect.objectContaining({
        name: "ask",
        options: [
          expect.objectContaining({ type: 3, name: "question", required: true, max_length: 4_000 }),
          expect.objectContaining({ type: 11, name: "file" }),
          expect.objectContaining({ type: 5, name: "private" }),
        ],
      }),
    ]);
  });

  it("all of them are for servers and for people, in guilds, the bot's DM and private channels", () => {
    for (const body of commandBodies([strategy, { name: "stop", description: "Stop the answer." }])) {
      expect(body).toMatchObject({ type: 1, integration_types: [0, 1], contexts: [0, 1, 2] });
    }
  });

  it("an option's values are choices that say what they mean", () => {
    const [, body] = commandBodies([strategy]);
    expect(body).toEqual({
      type: 1,
      integration_types: [0, 1],
      contexts: [0, 1, 2],
      name: "strategy",
      description: "How conversations are kept apart.",
      options: [
        {
          type: 3,
          name: "name",
          description: "Which one.",
          choices: [
            { name: "per-user: Each person alone.", value: "per-user" },
            { name: "shared", value: "shared" },
          ],
        },
      ],
    });
  });

  it("an option without values takes any text", () => {
    const [, body] = commandBodies([
      { name: "x", description: "X.", options: [{ name: "y", description: "Y.", choices: [] }] },
    ]);
    expect(body?.options).toEqual([{ type: 3, name: "y", description: "Y." }]);
  });

  it("what Discord would refuse is left out, for it would refuse all with it", () => {
    const names = ["Stop", "a b", "", "x".repeat(33), "slash/", "stop", "stop", "ask", "日本", "status_2", "a-b"];
    const bodies = commandBodies([
      ...names.map((name) => ({ name, description: "Does something." })),
      { name: "silent", description: " " },
    ]);
    expect(bodies.map(({ name }) => name)).toEqual(["ask", "stop", "日本", "status_2", "a-b"]);
    expect(bodies[0]?.options).toHaveLength(3);
  });

  it("nothing is longer, and nothing is more, than Discord takes", () => {
    const many = Array.from({ length: 150 }, (_, at) => at);
    const offers = many.map((at) => ({
      name: `c${at}`,
      description: `${"d".repeat(98)}😀😀`,
      options: many.map((each) => ({
        name: `o${each}`,
        description: "o".repeat(200),
        choices: many.map((value) => ({ value: `v${value}`, description: "c".repeat(200) })),
      })),
    }));
    const bodies = commandBodies(offers);
    expect(bodies).toHaveLength(100);
    for (const { description, options = [] } of bodies.slice(1)) {
      expect(description).toBe(`${"d".repeat(98)}…`);
      expect(options).toHaveLength(25);
      for (const option of options) {
        expect(option.description).toHaveLength(100);
        if (!("choices" in option)) throw new Error("an option without choices");
        expect(option.choices).toHaveLength(25);
        for (const choice of option.choices ?? []) expect(choice.name).toHaveLength(100);
      }
    }
  });

  it("what is too long ends with a whole word", () => {
    const description =
      "Everybody in this channel shares one conversation, and whoever writes waits until those before are answered.";
    const choices = [{ value: "shared", description }];
    const [, body] = commandBodies([{ name: "x", description, options: [{ name: "y", description, choices }] }]);
    const ends = "shares one conversation, and whoever writes waits until those";
    expect(body?.description).toMatch(new RegExp(`${ends} before are…$`));
    expect(body?.options?.[0]).toMatchObject({
      choices: [{ name: expect.stringMatching(/^shared: .* until those…$/) }],
    });
  });

  it("registering twice sends the same", () => {
    expect(commandBodies([strategy])).toEqual(commandBodies([strategy]));
  });
});
