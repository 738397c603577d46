import { describe } from "vitest";
import { twoAtOnce } from "../gateway/dialogues/two-at-once.ts";
import { DiscordStage } from "../gateway/stage/discord-stage.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { WebStage } from "../gateway/stage/web-stage.ts";
import { WhatsAppStage } from "../gateway/stage/whatsapp-stage.ts";

describe("the program, on Discord", () => twoAtOnce(DiscordStage.open, { asProcess: true }));
describe("the program, on Telegram", () => twoAtOnce(TelegramStage.open, { asProcess: true }));
describe("the program, on WhatsApp", () => twoAtOnce(WhatsAppStage.open, { asProcess: true }));
describe("the program, in the web chat", () => twoAtOnce(async () => new WebStage(), { asProcess: true }));
