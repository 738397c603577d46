import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { describe, expect, test } from "vitest";
import { shownArguments } from "../../gateway/shown-arguments.ts";

/** What a reader of the Markdown sees: the block, and what stands behind it. */
function seen(input: unknown): { code: string; behind: number } {
  const [block, ...behind] = fromMarkdown(shownArguments(input)).children;
  if (block?.type !== "code") throw new Error("it does not begin with a block of code");
  return { code: block.value, behind: behind.length };
}

describe("what a tool would be given", () => {
  test("is shown as JSON, whole where it is short", () => {
    expect(seen({ to: "bob", lines: [1, null, true] })).toEqual({
      code: '{\n  "to": "bob",\n  "lines": [\n    1,\n    null,\n    true\n  ]\n}',
      behind: 0,
    });
    expect(seen(undefined).code).toBe("{}");
  });

  test("hides no character: neither what is invisible nor what turns the text round", () => {
    const { code } = seen({ file: "photo\u202egpj.exe", zero: "a\u200bb", tag: "x\u{e0041}", line: "1\u20282\u0085" });
    expect(code).toContain("photo\\u202egpj.exe");
    expect(code).toContain("a\\u200bb");
    expect(code).toContain("x\\udb40\\udc41");
    expect(code).toContain("1\\u20282\\u0085");
  });

  test("shows the end of long arguments too: each text in them is shortened, and says by how much", () => {
    const { code, behind } = seen({ body: "word ".repeat(1_000), last: "rm -rf /" });
    expect(code).toContain("… (and 4,800 more characters)");
    expect(code).toContain('"last": "rm -rf /"');
    expect(behind).toBe(0);
  });

  test("is bounded, and says how much of it is not shown", () => {
    const shown = shownArguments(Array.from({ length: 1_000 }, (_, index) => index));
    expect(shown.length).toBeLessThan(1_100);
    expect(shown).toMatch(/\((\d,)?\d{3} more characters of it are not shown here\.\)$/);
  });

  test("cannot end its block, whatever it is", () => {
    const hostile = fc.oneof(
      fc.json().map((json) => JSON.parse(json) as unknown),
      fc.array(fc.constantFrom("`", "```", "~~~", "\n", "\n```\n", "# ", "\u202e", "\ud83d", "🙂")).map((parts) => ({
        [parts.join("")]: parts.join(""),
      })),
    );
    fc.assert(
      fc.property(hostile, (input) => {
        const { code, behind } = seen(input);
        expect(code.length).toBeLessThanOrEqual(1_000);
        expect(code).not.toMatch(/[^\n\P{C}]|[\u2028\u2029]/u);
        // One that is cut has a word behind it; nothing else has.
        expect(behind).toBe(code.length === 1_000 && !code.endsWith("}") && !code.endsWith("]") ? 1 : 0);
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each(["\u00a0", "\u034f", "\u115f", "\u17b4", "\u2003", "\u2800", "\u3164", "\ufe0f", "\uffa0", "\u{e0101}"])(
  "%j, which nobody sees, is written out",
  (sign) => {
    expect(shownArguments({ to: `a${sign}b` })).not.toContain(sign);
  },
);
