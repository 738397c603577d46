import { describe } from "vitest";
import { DiscordStage } from "../stage/discord-stage.ts";
import { consent } from "./consent.ts";
import { roles } from "./roles.ts";

describe("on Discord", () => {
  roles(DiscordStage.open);
  consent(DiscordStage.open);
});
