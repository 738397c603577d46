import type { ApiAnswer, ApiRequest, Handler } from "./api-request.ts";
import { notFound, unauthorized } from "./refusal.ts";
import { matchPath } from "./route-pattern.ts";
import { applicationRoutes } from "./routes/application.ts";
import { channelRoutes } from "./routes/channels.ts";
import { guildRoutes } from "./routes/guilds.ts";
import { interactionRoutes } from "./routes/interactions.ts";
import { messageRoutes } from "./routes/messages.ts";
import { threadRoutes } from "./routes/threads.ts";
import type { World } from "./world.ts";

interface Route {
  pattern: string;
  handler: Handler;
  /** Whoever knows the path may call. */
  open: boolean;
}

const ROUTES: readonly Route[] = [
  ...[channelRoutes, messageRoutes, threadRoutes, guildRoutes, applicationRoutes].flatMap((routes) =>
    table(routes, false),
  ),
  ...table(interactionRoutes, true),
];

function table(routes: Readonly<Record<string, Handler>>, open: boolean): Route[] {
  return Object.entries(routes).map(([pattern, handler]) => ({ pattern, handler, open }));
}

/** What Discord answers a call of its REST API. @throws Refusal */
export function answer(
  world: World,
  call: Omit<ApiRequest, "params"> & { method: string; path: string; authorized: boolean },
): ApiAnswer {
  for (const { pattern, handler, open } of ROUTES) {
    const params = matchPath(pattern, `${call.method} ${call.path}`);
    if (params === null) continue;
    if (!open && !call.authorized) throw unauthorized();
    return handler(world, { params, query: call.query, body: call.body, files: call.files });
  }
  throw call.authorized ? notFound() : unauthorized();
}
