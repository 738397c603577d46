import { describe } from "vitest";
import { queueing } from "./dialogues/queueing.ts";
import { speakers } from "./dialogues/speakers.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { DiscordStage } from "./stage/discord-stage.ts";

describe("on Discord", () => {
  twoAtOnce(DiscordStage.open);
  queueing(DiscordStage.open);
  speakers(DiscordStage.open);
});
