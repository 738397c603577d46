import type { Destination } from "../../adapters/record.ts";
import type { NewDelivery, Offer } from "../outbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Enqueue } from "./enqueue.ts";
import type { Offers } from "./offers.ts";
import type { People } from "./people.ts";
import type { waiting } from "./waiting.ts";

/**
 * End a command with its answers; runs inside a transaction.
 *
 * Where an answer goes is what `to` says and nothing else: what was asked in a group and is told in private must not be
 * told in the group because nobody has written in private yet. The command's own chat is found also if it is called
 * otherwise since the command was read.
 *
 * @returns chats with something to send; none if the command was ended before
 */
export function commandAnswerer({
  chats,
  offers,
  people,
  enqueue,
  queue,
}: {
  chats: ChatRefs;
  offers: Offers;
  people: People;
  enqueue: Enqueue;
  queue: Pick<ReturnType<typeof waiting>, "endCommand">;
}): (seq: number, deliveries: readonly NewDelivery[], offer?: Offer | null) => number[] {
  return (seq, deliveries, offer) => {
    const command = queue.endCommand(seq);
    if (command === undefined) return [];
    if (offer !== undefined) offers.replace(command, offer ?? undefined);
    const told = new Set<number>();
    for (const { to, ...delivery } of deliveries) {
      if (delivery.chunks.length === 0) continue;
      const ref = numberOf(to, command.chatRef);
      enqueue(ref, { ...delivery, threadId: to.threadId });
      told.add(ref);
    }
    return [...told];
  };

  function numberOf({ platform, account, chatId }: Destination, own: number): number {
    const known = chats.find(platform, account, chatId);
    if (known !== undefined) return known;
    if (chats.find(platform, account, people.present({ platform, account }, chatId)) === own) return own;
    return chats.of({ platform, account, chat: { id: chatId, kind: "dm" } });
  }
}
