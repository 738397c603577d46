import type { Store } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Strategy } from "../../strategies/strategy.ts";
import { suggest } from "../config/suggest.ts";
import { findChat } from "./known-chat.ts";
import type { NamedPlace } from "./place-name.ts";
import { CliError } from "./surroundings.ts";
import { harmless } from "./table.ts";

export function knownStrategy(name: string, registry: StrategyRegistry): Strategy {
  const strategy = registry.get(name.toLowerCase());
  if (strategy !== undefined) return strategy;
  const close = suggest(name, registry.names());
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new CliError(
    `There is no strategy "${harmless(name)}": choose one of ${registry.names().join(", ")}.${hint} Nothing was changed.`,
  );
}

/** @throws CliError where there is nobody to share a conversation with */
export async function refuseInPrivate(store: Store, { chat }: NamedPlace): Promise<void> {
  if (chat === undefined || (await findChat(store, chat))?.kind !== "dm") return;
  throw new CliError("A private chat is one conversation, whatever the strategy. Nothing was changed.");
}
