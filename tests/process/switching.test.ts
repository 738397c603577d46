import { describe, expect, test } from "vitest";
import { type Pair, SwitchingScene, thereAndBack } from "../gateway/dialogues/switching.ts";
import { marksIn } from "../gateway/session-book.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";

const pairs: readonly Pair[] = [
  ["shared", "per-user"],
  ["per-user", "per-thread"],
  ["per-thread", "tagged-hybrid"],
];

describe("the program is killed right after a change of strategy, while work goes on", () => {
  test.each(pairs)(
    "%s → %s: nothing is lost, and everything is answered once, where it was planned",
    async (...pair) => {
      const scene = await SwitchingScene.open(await TelegramStage.open(), { strategy: pair[0], asProcess: true });
      const { theatre, book } = scene;
      const crash = async () => {
        await theatre.gateway.kill();
        await theatre.rise();
      };
      await thereAndBack(scene, pair, crash);
      book.check(theatre.claude.requests, { again: true });
      const answers = theatre.stage.botSaid().flatMap(({ text }) => marksIn(text));
      expect(answers.toSorted()).toEqual(scene.inGroup.toSorted());
    },
  );
});
