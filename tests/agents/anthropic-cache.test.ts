import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { fileReader } from "../../agents/anthropic-files.ts";
import { toRequest } from "../../agents/anthropic-request.ts";
import { systemPrompt } from "../../agents/prompt.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { problemWith } from "../fakes/anthropic/rules.ts";
import { type Piece, pieces } from "../fakes/anthropic/tokens.ts";
import { ann, answers, bob, says, toolResult, toolUse } from "./requests.ts";

const tool = (name: string): Tool => ({
  name,
  description: `Does ${name}.`,
  inputSchema: { type: "object" },
  idempotent: true,
  run: async () => "done",
});

async function piecesOf(messages: TranscriptMessage[], system = "You are a test.", tools = [tool("look")]) {
  const readFile = fileReader(async (hash) => Buffer.from(`%PDF-${hash}`));
  const request = await toRequest({ model: "m", maxTokens: 1, system, tools, messages, readFile });
  expect(problemWith(request)).toBeNull();
  return pieces(request);
}

/** The blocks at which a request asks to cache, as JSON. */
const marksOf = (all: Piece[]) => all.filter(({ marked }) => marked).map(({ key }) => key);

describe("the marks of a request", () => {
  test("stand behind the system prompt, the last message, the user's before, and what the turn before began with", async () => {
    const turn = (name: string) => [
      says(`${name} begins`),
      answers(toolUse(`${name}-1`, "look")),
      { role: "user" as const, content: [toolResult(`${name}-1`, `${name} one`)] },
      answers(toolUse(`${name}-2`, "look")),
      { role: "user" as const, content: [toolResult(`${name}-2`, `${name} two`)] },
      answers({ type: "text", text: `${name} ends` }),
    ];
    const marks = marksOf(await piecesOf([...turn("first"), ...turn("second"), says("third begins")]));
    expect(marks).toHaveLength(4);
    expect(marks[0]).toContain("You are a test.");
    expect(marks[1]).toContain("second begins");
    expect(marks[2]).toContain("second two");
    expect(marks[3]).toContain("third begins");
  });

  test("stand before the background, which is read anew", async () => {
    const all = await piecesOf([{ ...says("So?"), background: "<background>Others</background>" }]);
    expect(all.map(({ marked }) => marked)).toEqual([false, true, true, false]);
    expect(all.at(-1)?.key).toContain("Others");
  });

  test("are fewer where there is less, and stand behind the tools where there is no system prompt", async () => {
    expect(marksOf(await piecesOf([says("Hi")], "", [tool("one"), tool("two")]))).toMatchObject([
      expect.stringContaining('"two"'),
      expect.stringContaining("Hi"),
    ]);
    expect(marksOf(await piecesOf([says("Hi")], "", []))).toHaveLength(1);
  });

  test("whoever joins changes nothing up to the first of them", async () => {
    const prompt = (...participants: (typeof ann)[]) =>
      systemPrompt({ persona: "You are a test.", attribution: "tagged", participants });
    const before = await piecesOf([says("Hi")], prompt(ann));
    const after = await piecesOf([says("Hi")], prompt(ann, bob));
    const first = before.findIndex(({ marked }) => marked);
    expect(after.slice(0, first + 1)).toEqual(before.slice(0, first + 1));
    expect(after[first + 1]).toMatchObject({ key: expect.stringContaining("People"), marked: false });
    expect(
      after.map(({ key }) => JSON.parse(key.replace(/^\{"type":"auto"\} /, "")).text ?? "").join("\n\n"),
    ).toContain(prompt(ann, bob));
  });
});

/** A conversation of many turns, and where in it the model is asked; background is there in its own turn alone. */
function dialogue(seed: number) {
  const random = xoroshiro128plus(seed);
  const upTo = (most: number) => uniformInt(random, 0, most);
  const requests: TranscriptMessage[][] = [];
  const past: TranscriptMessage[] = [];
  for (let turn = 0; turn < 8; turn++) {
    const own = says(`turn ${turn} ${"x".repeat(upTo(50))}`, upTo(1) === 0 ? ann : bob);
    if (upTo(3) === 0) own.content.push({ type: "document", blob: `${turn}`, mimeType: "application/pdf" });
    const steps: TranscriptMessage[] = [upTo(1) === 0 ? own : { ...own, background: `beside turn ${turn}` }];
    for (let step = 0; step < upTo(3); step++) {
      requests.push([...past, ...steps]);
      const ids = Array.from({ length: upTo(12) + 1 }, (_, call) => `${turn}-${step}-${call}`);
      steps.push(answers(...ids.map((id) => toolUse(id, "look"))));
      steps.push({ role: "user", content: ids.map((id) => toolResult(id, "y".repeat(upTo(30)))) });
      if (upTo(4) === 0) steps.push(says("and one more thing"));
    }
    requests.push([...past, ...steps]);
    // A turn may go without an answer.
    if (steps.length > 1 || upTo(5) !== 0) steps.push(answers({ type: "text", text: `answer ${turn}` }));
    past.push(...steps.map(({ background, ...step }) => step));
  }
  return requests;
}

test("adding messages never changes a byte of what was marked, and the next request finds it in one look", async () => {
  let marks = 0;
  for (let seed = 1; seed <= 80; seed++) {
    let before: Piece[] | undefined;
    let wasTurn = "";
    for (const messages of dialogue(seed)) {
      const all = await piecesOf(messages);
      const turn = messages.findLast(({ content: [first] }) => first?.type === "text" && first.text.startsWith("turn"));
      const turnText = JSON.stringify(turn?.content[0]);
      if (before !== undefined) {
        // Within a turn everything lasts; from one turn to the next, all that has no background before it.
        const gone = turnText === wasTurn ? -1 : before.findIndex(({ key }) => /beside turn/.test(key));
        const lasting = gone === -1 ? before : before.slice(0, gone);
        const end = lasting.findLastIndex(({ marked }) => marked);
        expect(all.slice(0, end + 1).map(({ key }) => key)).toEqual(lasting.slice(0, end + 1).map(({ key }) => key));
        const near = all.slice(end, end + 20).some(({ marked }) => marked);
        expect(near, `seed ${seed}: a mark at most 19 blocks behind`).toBe(true);
        marks++;
      }
      before = all;
      wasTurn = turnText;
    }
  }
  expect(marks).toBeGreaterThan(700);
});
