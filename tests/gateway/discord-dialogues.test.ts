import { describe } from "vitest";
import { ambient } from "./dialogues/ambient.ts";
import { busyModes } from "./dialogues/busy.ts";
import { lettingIn } from "./dialogues/letting-in.ts";
import { limits } from "./dialogues/limits.ts";
import { longConversations } from "./dialogues/long-conversations.ts";
import { ownConversations } from "./dialogues/own-conversations.ts";
import { queueing } from "./dialogues/queueing.ts";
import { rights } from "./dialogues/rights.ts";
import { speakers } from "./dialogues/speakers.ts";
import { forking, switching } from "./dialogues/switching.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { DiscordStage } from "./stage/discord-stage.ts";

describe("on Discord", () => {
  twoAtOnce(DiscordStage.open);
  queueing(DiscordStage.open);
  speakers(DiscordStage.open);
  ambient(DiscordStage.open);
  rights(DiscordStage.open);
  lettingIn(DiscordStage.open);
  limits(DiscordStage.open);
  longConversations(DiscordStage.open);
  ownConversations(DiscordStage.open);
  busyModes(DiscordStage.open);
  switching(DiscordStage.open, [
    ["shared", "per-user"],
    ["per-thread", "tagged-hybrid"],
  ]);
  forking(DiscordStage.open);
});
