import { ApplicationCommandType, ApplicationFlagsBitField } from "discord.js";
import { created, done, ok, type Routes } from "../api-request.ts";
import { commandsIn, registered } from "../command-body.ts";
import { entryPointRemoved, missingAccess, unknownCommand } from "../refusal.ts";
import type { World } from "../world.ts";

const MESSAGE_CONTENT_LIMITED = Number(ApplicationFlagsBitField.Flags.GatewayMessageContentLimited);

const ENTRY_POINT = ApplicationCommandType.PrimaryEntryPoint;

const application = (world: World) => ({
  id: world.bot.id,
  name: world.bot.username,
  description: "",
  icon: null,
  bot: world.bot,
  bot_public: true,
  bot_require_code_grant: false,
  verify_key: "0".repeat(64),
  flags: MESSAGE_CONTENT_LIMITED,
  integration_types_config: { 0: {}, 1: {} },
});

export const applicationRoutes: Routes = {
  "GET /gateway": (world) => ok({ url: world.gatewayUrl }),

  "GET /gateway/bot": (world) =>
    ok({
      url: world.gatewayUrl,
      shards: world.shards,
      session_start_limit: {
        total: 1000,
        remaining: world.starts.remaining,
        reset_after: world.starts.resetAfterMs,
        max_concurrency: 16,
      },
    }),

  "GET /applications/@me": (world) => ok(application(world)),

  "GET /oauth2/applications/@me": (world) => ok(application(world)),

  "GET /applications/:application/commands": (world, { params }) => {
    demandOwn(world, params.application);
    return ok([...world.commands.values()]);
  },

  /** The whole list at once: what is not in it is gone; what keeps its name keeps its id. */
  "PUT /applications/:application/commands": (world, { params, body }) => {
    demandOwn(world, params.application);
    const wanted = commandsIn(body);
    for (const { id, type } of world.commands.values()) {
      const isKept = type !== ENTRY_POINT || wanted.some((command) => command.id === id && command.type === type);
      if (!isKept) throw entryPointRemoved();
    }
    const commands = wanted.map((command) => registered(world, command));
    world.commands.clear();
    for (const command of commands) world.commands.set(command.id, command);
    world.commandWrites += 1;
    return ok(commands);
  },

  "POST /applications/:application/commands": (world, { params, body }) => {
    demandOwn(world, params.application);
    const [wanted = body] = commandsIn([body]);
    const isNew = ![...world.commands.values()].some(({ name }) => name === wanted.name);
    const command = registered(world, wanted);
    world.commands.set(command.id, command);
    world.commandWrites += 1;
    return isNew ? created(command) : ok(command);
  },

  "DELETE /applications/:application/commands/:command": (world, { params }) => {
    demandOwn(world, params.application);
    if (!world.commands.delete(params.command ?? "")) throw unknownCommand();
    world.commandWrites += 1;
    return done();
  },
};

function demandOwn(world: World, applicationId: string | undefined): void {
  if (applicationId !== world.bot.id) throw missingAccess();
}
