import { expect, test } from "vitest";
import { message } from "../sessions/messages.ts";
import { call, playAsking, SEND } from "./approvals-stage.ts";

test("consent to one call is no consent to another of the same id", async () => {
  const tool = { ...SEND, idempotent: true };
  const play = playAsking({ tool, calls: [call("call-1", { file: "menu" }), call("call-1", { file: "salaries" })] });
  await play.accept(message("alice", "read"));
  const running = play.runner.handle(play.lane);
  await play.asked(1);
  await play.answer("alice", true);
  await play.asked(2);
  expect((await play.said()).at(-1)?.text).toContain('"file": "salaries"');
  await play.answer("alice", false);
  await running;
  expect(play.told[0]).toMatchObject([{ given: true }, { given: false }]);
  await play.store.close();
});
