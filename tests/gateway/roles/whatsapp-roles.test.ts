import { describe } from "vitest";
import { WhatsAppStage } from "../stage/whatsapp-stage.ts";
import { consent } from "./consent.ts";
import { roles } from "./roles.ts";

describe("on WhatsApp", () => {
  roles(WhatsAppStage.open);
  consent(WhatsAppStage.open);
});
