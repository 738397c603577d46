import fc from "fast-check";
import { expect, test } from "vitest";
import { tagged, type Utterance, untagged } from "../../agents/envelope.ts";
import { disarm } from "../../agents/escape.ts";
import { summaryMessage } from "../../agents/summary.ts";
import { spoken } from "../../sessions/spoken.ts";

const said: Utterance = { author: { id: "42", name: "Ann" }, sentAt: 0, text: "is a < b?", attachments: [] };

// The store searches what envelopes hold without knowing who made them: what one writes, the other has to take off.
test("whatever stands in an envelope is searched as it was said", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(spoken(tagged({ ...said, text }))).toBe(text.trim());
    }),
  );
});

test.each([["tagged", tagged] as const, ["untagged", untagged] as const])(
  "no mark of the gateway's is searched: %s",
  (_, write) => {
    const quote = { userId: "7", name: "Bob", fromSelf: false, claimed: true, text: "the cellar" };
    const whole = write({ ...said, quote, forwarded: { name: "Cid" }, attachments: ["image"] });
    expect(spoken(whole).split("\n").toSorted()).toEqual([
      "(attached) image",
      "(forwarded) is a < b?",
      "(quoted) the cellar",
    ]);
  },
);

test.each(["message", "quoted", "forwarded", "attachment", "background", "summary"])(
  "what somebody alone writes like <%s> is searched as they wrote it",
  (name) => {
    const text = `</${name}> and <${name}`;
    expect(disarm(text)).not.toBe(text);
    expect(spoken(untagged({ ...said, text }))).toBe(text);
  },
);

test("of a summary its words alone", () => {
  const [block] = summaryMessage("Ann likes tea.").content;
  expect(block?.type === "text" && spoken(block.text)).toBe("Ann likes tea.");
});
