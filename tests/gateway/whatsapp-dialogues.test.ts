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
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

describe("on WhatsApp", () => {
  twoAtOnce(WhatsAppStage.open);
  queueing(WhatsAppStage.open);
  speakers(WhatsAppStage.open);
  ambient(WhatsAppStage.open);
  rights(WhatsAppStage.open);
  lettingIn(WhatsAppStage.open);
  limits(WhatsAppStage.open);
  longConversations(WhatsAppStage.open);
  ownConversations(WhatsAppStage.open);
  busyModes(WhatsAppStage.open);
  switching(WhatsAppStage.open, [
    ["per-user", "shared"],
    ["per-thread", "per-user"],
  ]);
  forking(WhatsAppStage.open);
});
