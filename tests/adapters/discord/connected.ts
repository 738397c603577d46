import { Stage } from "./gateway.ts";

/** Asking for the messages of a channel. */
export const HISTORY = /^GET \/channels\/\d+\/messages$/;

/** An adapter that has taken one message, in a server with one channel. */
export async function connected(options: Parameters<typeof Stage.open>[0] = {}) {
  const stage = await Stage.open(options);
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started();
  const alice = discord.user("Alice");
  general.post(alice, "before");
  await gateway.said("before");
  /** New channels, with one message each. */
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      const channel = team.text(`channel ${n}`);
      channel.post(alice, `in channel ${n}`);
      return channel;
    });
  const fetched = () => discord.calls.filter(({ method, path }) => HISTORY.test(`${method} ${path}`)).length;
  return { stage, discord, gateway, team, general, adapter, alice, fetched, many };
}
