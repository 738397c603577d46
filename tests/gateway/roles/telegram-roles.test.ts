import { describe } from "vitest";
import { TelegramStage } from "../stage/telegram-stage.ts";
import { consent } from "./consent.ts";
import { roles } from "./roles.ts";

describe("on Telegram", () => {
  roles(TelegramStage.open);
  consent(TelegramStage.open);
});
