import { describe, expect, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { hang } from "../fakes/anthropic/steps.ts";
import type { Stage } from "../gateway/stage/stage.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre } from "../gateway/stage/theatre.ts";
import { WebStage } from "../gateway/stage/web-stage.ts";

const stages: Array<[string, () => Promise<Stage>]> = [
  ["Telegram", TelegramStage.open],
  ["web", async () => new WebStage()],
];

describe.each(stages)("SIGTERM, on %s", (_, openStage) => {
  test("lets the run that is on end and be delivered, starts no other, and exits with 0; the rest comes after the restart", async () => {
    const stage = await openStage();
    const theatre = await Theatre.open(stage, { strategy: "shared", asProcess: true });
    const { claude } = theatre;
    claude.respond(
      ({ body }) =>
        `Answer to: ${lastUserText(body)
          .replace(/<[^>]*>|@\w+/g, "")
          .trim()}`,
    );
    const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
    const gate = claude.hold();
    await alice.says("first");
    await claude.waitForInFlight(1);
    await bob.says("second");
    const stopped = theatre.gateway.stop();
    gate.release();
    await alice.hears("Answer to: first");
    expect(await stopped).toBe(0);
    expect(claude.requests).toHaveLength(1);
    await theatre.rise();
    await bob.hears("Answer to: second");
    expect(stage.botSaid().map(({ text }) => text)).toEqual(["Answer to: first", "Answer to: second"]);
  });

  test("parks a run that takes longer than the grace period; it is answered once after the restart", async () => {
    const stage = await openStage();
    const theatre = await Theatre.open(stage, { asProcess: true, settings: { shutdown: { graceMs: 200 } } });
    const { claude } = theatre;
    claude.script(hang);
    const alice = await stage.person("Alice");
    const asked = await alice.says("take your time");
    await claude.waitForInFlight(1);
    expect(await theatre.gateway.stop()).toBe(0);
    await theatre.rise();
    expect(await alice.hears("take your time")).toMatchObject({ quotes: asked.id });
    expect(stage.botSaid()).toHaveLength(1);
  });
});
