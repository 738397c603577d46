import type { LaneView } from "../../sessions/chats.ts";
import { count } from "../words.ts";
import type { Command } from "./command.ts";
import { plainName } from "./markup.ts";

/** Who is being answered and who waits in the asker's queue: names, and nothing of what they said. */
export const queue: Command = {
  name: "queue",
  description: "Show whom I answer and who waits in your queue",
  async run({ plan, user }, { store, now }) {
    return describeQueue(await store.lane(plan.lane), user.id, now());
  },
};

/** People in the order of their first waiting message, each once. */
export function peopleIn({ waiting }: LaneView): Array<{ userId: string; userName: string; messages: number }> {
  const people = new Map<string, { userId: string; userName: string; messages: number }>();
  for (const { userId, userName } of waiting) {
    const person = people.get(userId) ?? { userId, userName, messages: 0 };
    people.set(userId, { ...person, messages: person.messages + 1 });
  }
  return [...people.values()];
}

function describeQueue(lane: LaneView, asker: string, now: number): string {
  const called = (id: string, name: string) => (id === asker ? "you" : plainName(name));
  const { running } = lane;
  const lines: string[] = [];
  if (running !== null) {
    const seconds = Math.max(0, Math.round((now - running.startedAt) / 1000));
    lines.push(`I am answering ${called(running.userId, running.userName)} for ${seconds} s.`);
  }
  const waiting = peopleIn(lane).map(
    ({ userId, userName, messages }, index) =>
      `${index + 1}. ${called(userId, userName)}${messages > 1 ? ` (${count(messages, "message")})` : ""}`,
  );
  if (waiting.length > 0) lines.push(`Waiting:\n\n${waiting.join("\n")}`);
  return lines.length === 0 ? "Nobody waits, and I am answering nobody here." : lines.join("\n\n");
}
