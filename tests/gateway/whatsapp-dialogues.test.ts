import { describe } from "vitest";
import { queueing } from "./dialogues/queueing.ts";
import { speakers } from "./dialogues/speakers.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

describe("on WhatsApp", () => {
  twoAtOnce(WhatsAppStage.open);
  queueing(WhatsAppStage.open);
  speakers(WhatsAppStage.open);
});
