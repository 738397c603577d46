import type { ChaosPlatform } from "./platform.ts";
import type { PlatformName } from "./record.ts";

/** The platforms that a storm can be let loose on. Each is loaded only if it is. */
export const DRIVERS: Record<PlatformName, (people: number) => Promise<ChaosPlatform>> = {
  discord: async () => (await import("./discord.ts")).DiscordChaos.open(),
  telegram: async () => (await import("./telegram.ts")).TelegramChaos.open(),
  whatsapp: async (people) => (await import("./whatsapp.ts")).WhatsAppChaos.open({ people }),
  web: async (people) => new (await import("./web.ts")).WebChaos(people),
};
