import { describe } from "vitest";
import { busyCrashes } from "../gateway/dialogues/busy.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { WebStage } from "../gateway/stage/web-stage.ts";

describe("what one adds to an answer, on Telegram", () => busyCrashes(TelegramStage.open));
describe("what one adds to an answer, in the web chat", () => busyCrashes(async () => new WebStage()));
