import type { Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import { WebError } from "../errors.ts";
import { readBody } from "./body.ts";
import type { Desk, Known } from "./desk.ts";

const COOKIE = "parley_web";
const COOKIE_SECONDS = 400 * 24 * 60 * 60;

const joining = z.strictObject({ name: z.string(), accessToken: z.string().optional() });
const renaming = z.strictObject({ name: z.string() });

/** Who is there and how one joins. Routes that are added after these know their sender. */
export function peopleRoutes(api: Hono<Known>, desk: Desk): void {
  const { settings } = desk;

  api.get("/about", (context) =>
    context.json({
      bot: { id: settings.botUserId, name: settings.botName, displayName: settings.botDisplayName },
      needsAccessToken: settings.access.kind === "token",
      answersAll: settings.answersAll,
      commands: desk.commands(),
    }),
  );

  api.post("/people", async (context) => {
    const { name, accessToken } = await readBody(context.req, joining);
    const person = await desk.change(({ join }) => join.join(name, accessToken));
    setCookie(context, COOKIE, person.token, {
      path: "/web",
      httpOnly: true,
      sameSite: "Strict",
      secure: new URL(context.req.url).protocol === "https:",
      maxAge: COOKIE_SECONDS,
    });
    return context.json(person, 201);
  });

  api.use(async (context, next) => {
    const token = tokenOf(context);
    const person = token === undefined ? undefined : desk.platform().log.people.byToken(token);
    if (person === undefined) throw new WebError("unauthorized", "Join first: nobody is known by this token.");
    context.set("person", person);
    await next();
  });

  api.get("/me", (context) => context.json(context.var.person));

  api.patch("/me", async (context) => {
    const { name } = await readBody(context.req, renaming);
    return context.json(await desk.change(({ join }) => join.rename(context.var.person.id, name)));
  });
}

function tokenOf(context: Context): string | undefined {
  const header = context.req.header("authorization");
  if (header !== undefined) return /^Bearer (\S+)$/i.exec(header)?.[1];
  return getCookie(context, COOKIE);
}
