import { describe } from "vitest";
import { approvals } from "./dialogues/approvals.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import { TelegramStage } from "./stage/telegram-stage.ts";
import { WebStage } from "./stage/web-stage.ts";
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

describe("on Discord", () => approvals(DiscordStage.open));
describe("on Telegram", () => approvals(TelegramStage.open));
describe("on WhatsApp", () => approvals(WhatsAppStage.open));
describe("in the web chat", () => approvals(async () => new WebStage()));
