import type { Device } from "./device.ts";
import { element, numberBytes } from "./nodes.ts";
import { secondsOf, type World } from "./world.ts";

/** A message of the bot, in the eyes of a device that it was for. */
interface Arrived {
  id: string;
  /** The person's JID without device, or the group's. */
  chat: string;
  /** The device's own JID, as the bot named it. */
  jid: string;
}

/** WhatsApp's clients give up after as many. */
const MOST_REQUESTS = 5;

/** Tell the bot that its message has arrived. */
export function confirmDelivery(world: World, arrived: Arrived): void {
  world.outbox.add(element("receipt", { ...addressed(arrived), id: arrived.id, t: secondsOf(world) }));
}

/** Ask the bot to send a message again. From the second time on, keys for a new session come with it. */
export async function askAgain(world: World, device: Device, arrived: Arrived): Promise<void> {
  const { id } = arrived;
  const count = (device.asked.get(id) ?? 0) + 1;
  if (count > MOST_REQUESTS) return;
  device.asked.set(id, count);
  const t = secondsOf(world);
  const { registrationId } = device.identity;
  const retry = element("retry", { count: String(count), id, t, v: "1", error: "0" });
  const registration = element("registration", {}, numberBytes(registrationId, 4));
  const bundle = count > 1 ? (await device.bundle()).filter(({ tag }) => tag !== "registration") : [];
  const keys = bundle.length > 0 ? [element("keys", {}, bundle)] : [];
  const attributes = { ...addressed(arrived), id, type: "retry", t };
  world.outbox.add(element("receipt", attributes, [retry, registration, ...keys]));
}

function addressed({ chat, jid }: Arrived): Record<string, string | undefined> {
  return chat.endsWith("@g.us") ? { from: chat, participant: jid } : { from: jid };
}
