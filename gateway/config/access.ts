import type { AccessMode, PlatformAccess, ServedPlatform } from "./config.ts";
import { defaults } from "./defaults.ts";
import { isLoopback } from "./loopback.ts";
import type { Settings } from "./schema.ts";

type Written = Settings["access"];

/**
 * Who may talk to the bot on a platform: what its section says, else what the file says for all, else those whom an
 * owner lets in. Unless something was said, the web chat is open where only this machine can reach it, and where a join
 * token decides who comes in.
 */
export function resolveAccess(platform: ServedPlatform, settings: Settings, host: string): PlatformAccess {
  const own = spread(settings[platform]?.access);
  const all = spread(settings.access);
  const guarded = isLoopback(host) || settings.web?.joinToken !== undefined;
  const otherwise: PlatformAccess = platform === "web" && guarded ? { dm: "open", groups: "open" } : defaults.access;
  return { dm: own.dm ?? all.dm ?? otherwise.dm, groups: own.groups ?? all.groups ?? otherwise.groups };
}

function spread(access: Written): { dm?: AccessMode | undefined; groups?: AccessMode | undefined } {
  return typeof access === "string" ? { dm: access, groups: access } : (access ?? {});
}
