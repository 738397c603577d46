import { describe, expect, test } from "vitest";
import { type PromptParts, systemPrompt } from "../../agents/prompt.ts";

const ann = { id: "1", name: "Ann" };
const bob = { id: "2", name: "Bob" };
const shared: PromptParts = { persona: "You are Parley.", attribution: "tagged", participants: [ann, bob] };
const alone: PromptParts = { persona: "You are Parley.", attribution: "none", participants: [ann] };

describe("the prompt", () => {
  test("begins with the persona and what the place adds, and ends with the people", () => {
    const prompt = systemPrompt({ ...shared, extra: "Be brief.", guidance: "One topic at a time." });
    expect(prompt.startsWith("You are Parley.\n\nBe brief.\n\n")).toBe(true);
    expect(prompt).toContain("One topic at a time.");
    expect(prompt.endsWith('People in this conversation:\n- from="1" name="Ann"\n- from="2" name="Bob"')).toBe(true);
  });

  test("changes nothing before the list when somebody joins, so that what is cached still serves", () => {
    const before = systemPrompt({ ...shared, participants: [ann] });
    expect(systemPrompt(shared).startsWith(before)).toBe(true);
  });

  test("speaks of envelopes where there are any, and of background where there may be some", () => {
    expect(systemPrompt(alone)).not.toMatch(/<message>|<background>|People in this conversation/);
    expect(systemPrompt(shared)).toContain("<message>");
    expect(systemPrompt({ ...alone, background: true })).toContain("<background>");
  });

  test.each(["<quoted>", "<forwarded>", "<attachment>", "<summary>"])("explains %s to everybody", (element) => {
    for (const parts of [alone, shared]) expect(systemPrompt(parts)).toContain(element);
  });

  test("says how people are named, the same words everywhere", () => {
    const rule = /When you speak of somebody.*nobody is notified[^\n]*/;
    expect(systemPrompt(alone)).toMatch(rule);
    expect(rule.exec(systemPrompt(alone))?.[0]).toBe(rule.exec(systemPrompt(shared))?.[0]);
  });

  test("lists of a busy channel those who joined last", () => {
    const participants = Array.from({ length: 150 }, (_, index) => ({ id: `${index}`, name: `P${index}` }));
    const lines = systemPrompt({ ...shared, participants }).match(/^- from=.*$/gm);
    expect(lines).toHaveLength(100);
    expect(lines?.at(-1)).toBe('- from="149" name="P149"');
  });
});
