import type { DeliveryChange, DeliveryChoice, DeliveryRefusal, DeliveryView } from "../../sessions/outbox.ts";
import type { Store } from "../../sessions/store.ts";
import { formatPlace } from "../chat-place.ts";
import { loadConfig } from "../config/load.ts";
import { count } from "../words.ts";
import { atTheKeyboard } from "./by.ts";
import { parseChatName } from "./chat-name.ts";
import { knownChat } from "./known-chat.ts";
import { iso, report } from "./report.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, table } from "./table.ts";
import { visit } from "./visit.ts";

/** What is parked or waits to be sent, in one chat or in all: to whom and why, and nothing of what it says. */
export async function list(around: Surroundings, chatName: string | undefined, options: JsonOption): Promise<number> {
  const { now = Date.now } = around;
  const named = chatName === undefined ? undefined : parseChatName(chatName);
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const deliveries = await store.deliveries(named && (await knownChat(store, named)).ref);
    return report(around, options, {
      value: deliveries.map(deliveryJson),
      lines() {
        if (deliveries.length === 0) return ["Nothing is parked, and nothing waits to be sent."];
        const rows = deliveries.map((delivery) => [
          String(delivery.id),
          formatPlace(delivery.chat) + (delivery.threadId === undefined ? "" : `#${delivery.threadId}`),
          delivery.forUserId ?? "",
          delivery.state,
          delivery.code ?? "",
          String(delivery.failures),
          ageText(now() - delivery.since),
          delivery.chunks === 0 ? "erased" : `${delivery.sent} of ${delivery.chunks}`,
        ]);
        return table(["ID", "CHAT", "READER", "STATE", "CODE", "FAILURES", "AGE", "SENT"], rows);
      },
    });
  });
}

function deliveryJson({ id, chat, threadId, forUserId, state, code, failures, since, sent, chunks }: DeliveryView) {
  return {
    id: String(id),
    chat: formatPlace(chat),
    thread: threadId ?? null,
    user: forUserId ?? null,
    state,
    code: code ?? null,
    failures,
    since: iso(since),
    sent,
    chunks,
  };
}

/** Which deliveries a command is about, as it was typed. */
type Typed = JsonOption & { all?: boolean; chat?: string };

/** Put back what is parked. A running gateway sends it within about a second. */
export async function retry(around: Surroundings, id: string | undefined, options: Typed): Promise<number> {
  return change(around, id, options, {
    does: (store, choice) => store.retryDeliveries(choice, atTheKeyboard()),
    named: "retried",
    done: "put back: sent again from the first part that was not sent",
  });
}

/** What is parked, or waits, is never sent; what it says is erased. */
export async function drop(around: Surroundings, id: string | undefined, options: Typed): Promise<number> {
  return change(around, id, options, {
    does: (store, choice) => store.dropDeliveries(choice, atTheKeyboard()),
    named: "dropped",
    done: "dropped and erased",
  });
}

interface Change {
  does(store: Store, choice: DeliveryChoice): Promise<DeliveryChange>;
  /** What it is called in JSON. */
  named: string;
  /** For people, behind the number of deliveries. */
  done: string;
}

async function change(
  around: Surroundings,
  id: string | undefined,
  options: Typed,
  { does, named, done }: Change,
): Promise<number> {
  const number = idOf(id, options);
  const chat = options.chat === undefined ? undefined : parseChatName(options.chat);
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const where = chat === undefined ? "everywhere" : (await knownChat(store, chat)).ref;
    const changed = await does(store, number === undefined ? { parked: where } : { id: number });
    const [refusal] = changed.refused;
    if (number !== undefined && refusal !== undefined) throw new CliError(refusalText(number, refusal.why));
    const refused = changed.refused.map((each) => ({ id: String(each.id), why: each.why }));
    return report(around, options, {
      value: { [named]: changed.done.map(String), refused },
      *lines() {
        const many = changed.done.length;
        if (many + refused.length === 0) yield `Nothing is parked${chat === undefined ? "" : " there"}.`;
        else
          yield number === undefined
            ? `${count(many, "delivery", "deliveries")} ${done}.`
            : `Delivery ${number} is ${done}.`;
        for (const { id: each, why } of changed.refused) yield refusalText(each, why);
      },
    });
  });
}

/** @returns undefined for all that are parked */
function idOf(id: string | undefined, { all = false, chat }: Typed): number | undefined {
  if (id === undefined && !all) {
    throw new CliError("Which one? Name it by its id, as `parley outbox` shows it, or say --all. Nothing was changed.");
  }
  if (id === undefined) return undefined;
  if (all || chat !== undefined) {
    throw new CliError("An id means one delivery: leave it out, or --all and --chat. Nothing was changed.");
  }
  if (/^[1-9]\d{0,14}$/.test(id)) return Number(id);
  throw new CliError(`"${harmless(id)}" is no id of a delivery: \`parley outbox\` shows them. Nothing was changed.`);
}

function refusalText(id: number, why: DeliveryRefusal): string {
  switch (why) {
    case "unknown":
      return `There is no delivery ${id}: \`parley outbox\` lists those that are parked or wait. Nothing was changed.`;
    case "pending":
      return `Delivery ${id} is not parked: it waits to be sent, and is tried again by itself. Nothing was changed.`;
    case "sending":
      return (
        `Delivery ${id} is being sent, or was when the gateway stopped: look again with \`parley outbox\` once the gateway has ` +
        "been running for a minute. Nothing was changed."
      );
    case "over":
      return `Delivery ${id} was sent or dropped already. Nothing was changed.`;
    case "erased":
      return `What delivery ${id} says was erased: it can only be dropped. Nothing was changed.`;
  }
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
