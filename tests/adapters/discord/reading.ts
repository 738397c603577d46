import type { Scene } from "../../../adapters/discord/scene.ts";
import type { InboundMessage } from "../../../adapters/record.ts";
import { bot, discordFixture, normalized } from "../../fakes/discord/fixtures.ts";

export function read(name: string): InboundMessage {
  const message = normalized(discordFixture(name));
  if (message === null) throw new Error(`"${name}" is never answered`);
  return message;
}

export const scene: Scene = { bot, channel: { id: "400000000000000001", kind: "dm" } };
export const minimal = {
  id: "1425768101969920005",
  channel_id: "400000000000000001",
  type: 0,
  author: { id: "500000000000000001", username: "alice" },
};
