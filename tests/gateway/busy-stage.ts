import type { InboundMessage } from "../../adapters/record.ts";
import { message, type RoutingOptions } from "../sessions/messages.ts";
import { type RunnerStageOptions, stage } from "./runner-stage.ts";
import { ScriptedAgent, type ScriptedReply } from "./scripted-agent.ts";

type Busy = "collect" | "steer" | "interrupt";

/** A chat in one busy mode, with an agent that follows a script. */
export function playBusily(busy: Busy, script: ScriptedReply[] = [], options: RunnerStageOptions = {}) {
  const desk = new ScriptedAgent(...script);
  const parts = stage(desk.agent, { ...options, settings: { busy } });
  const { runner, accept, clock, lane, store } = parts;
  /** Hand a message over as the intake does. */
  async function write(inbound: InboundMessage, routed: RoutingOptions = {}): Promise<void> {
    const accepted = await accept(inbound, { busy, ...routed });
    if (accepted.kind !== "turn") throw new Error(accepted.kind);
    if (busy === "interrupt") await runner.interrupt(accepted.lane, inbound.source.user.id, accepted.readyAt);
  }
  const say = (user: string, text: string, routed?: RoutingOptions) => write(message(user, text), routed);
  /** Serve the lane until nothing waits. */
  async function serve(of = lane): Promise<void> {
    while ((await runner.handle(of)) === "more");
  }
  async function texts(): Promise<string[]> {
    return (await parts.said()).map(({ text }) => text);
  }
  /** What is kept of the conversation, a line for each message. */
  async function kept(): Promise<string[]> {
    const desk = new ScriptedAgent();
    await stageOver(desk);
    return desk.seen[0]?.slice(0, -1) ?? [];
  }
  async function stageOver(other: ScriptedAgent): Promise<void> {
    const again = stage(other.agent, { db: options.db ?? parts.db });
    await again.accept(message("reader", "what was said?"));
    await again.runner.handle(lane);
  }
  return { ...parts, desk, write, say, serve, texts, kept, clock, store };
}
