import { expect, test } from "vitest";
import { approvalQuestion } from "../../gateway/approval-question.ts";

test.each([
  [1_500, "1 second"],
  [60_000, "1 minute"],
  [90_000, "90 seconds"],
  [120_000, "2 minutes"],
  [150_000, "150 seconds"],
  [230_000, "3 minutes"],
])("of %i ms nobody is promised more than there is", (timeoutMs, words) => {
  const run = {
    chat: { ref: 1, platform: "web", account: "default", id: "c", kind: "dm" },
    author: { id: "1", name: "Ann" },
  };
  const call = { type: "tool-use", id: "1", name: "send", input: {} } as const;
  const asked = { call, tool: { name: "send" }, secret: "ABCD2345", timeoutMs };
  expect(approvalQuestion(run as never, asked)).toContain(`I wait ${words} for`);
});
