import type { AccessMode, PlatformAccess } from "./config.ts";
import { isLoopback } from "./loopback.ts";
import type { Settings } from "./schema.ts";

type Written = Settings["access"];

/**
 * Who may talk to the bot on a platform: what its section says, else what the file says for all, else nobody but those
 * on the list. The web chat of a server that only this machine can reach is open unless something was said.
 */
export function resolveAccess(platform: "telegram" | "web", settings: Settings, host: string): PlatformAccess {
  const own = spread(settings[platform]?.access);
  const all = spread(settings.access);
  const otherwise: AccessMode = platform === "web" && isLoopback(host) ? "open" : "allowlist";
  return { dm: own.dm ?? all.dm ?? otherwise, groups: own.groups ?? all.groups ?? otherwise };
}

function spread(access: Written): { dm?: AccessMode | undefined; groups?: AccessMode | undefined } {
  return typeof access === "string" ? { dm: access, groups: access } : (access ?? {});
}
