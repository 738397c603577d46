import type { AccessMode, PlatformAccess, ServedPlatform } from "./config.ts";
import { isLoopback } from "./loopback.ts";
import type { Settings } from "./schema.ts";

type Written = Settings["access"];

/**
 * Who may talk to the bot on a platform: what its section says, else what the file says for all, else nobody but those
 * on the list. Unless something was said, the web chat is open where only this machine can reach it, and where a join
 * token decides who comes in.
 */
export function resolveAccess(platform: ServedPlatform, settings: Settings, host: string): PlatformAccess {
  const own = spread(settings[platform]?.access);
  const all = spread(settings.access);
  const guarded = isLoopback(host) || settings.web?.joinToken !== undefined;
  const otherwise: AccessMode = platform === "web" && guarded ? "open" : "allowlist";
  return { dm: own.dm ?? all.dm ?? otherwise, groups: own.groups ?? all.groups ?? otherwise };
}

function spread(access: Written): { dm?: AccessMode | undefined; groups?: AccessMode | undefined } {
  return typeof access === "string" ? { dm: access, groups: access } : (access ?? {});
}
