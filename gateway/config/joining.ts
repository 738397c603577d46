import type { Config } from "./config.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Who can join the web chat: whoever shows the join token; without one whoever is at this machine, or, where others can
 * reach the port, anybody if access is `open` anywhere and else nobody.
 */
export type Joining = "with-token" | "this-machine" | "anybody" | "nobody";

export function joiningOf({ web, http, platforms }: Pick<Config, "web" | "http" | "platforms">): Joining {
  if (web.joinToken !== undefined) return "with-token";
  if (isLoopback(http.host)) return "this-machine";
  const { dm, groups } = platforms.web.access;
  return dm === "open" || groups === "open" ? "anybody" : "nobody";
}
