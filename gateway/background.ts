import { tagged } from "../agents/envelope.ts";
import { textTokens } from "../agents/tokens.ts";
import type { AmbientMessage, AmbientStore } from "../sessions/ambient.ts";
import type { Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";

/** How much of what was said beside the bot an answer is shown. */
export interface BackgroundBounds {
  ambientMessages: number;
  ambientTokens: number;
  ambientMaxAgeMs: number;
}

const OPENING = "<background>\n";
const CLOSING = "\n</background>";

/**
 * What people have lately said to one another in the place that a turn was written in, for the model to read behind the
 * turn: of that chat and thread alone, oldest first; where it is too much, the newest wins.
 *
 * @param now epoch ms
 * @returns undefined if there is nothing, if the chat does not want it, or if it is private
 */
export async function backgroundOf(
  store: AmbientStore,
  run: Pick<Run, "chat" | "to" | "plan">,
  settings: Pick<ChatSettings, "ambient">,
  { ambientMessages, ambientTokens, ambientMaxAgeMs }: BackgroundBounds,
  now: number,
): Promise<string | undefined> {
  if (!mayHaveBackground(run, settings)) return undefined;
  // A thread that was opened for the answer holds nothing yet: the question stands outside of it.
  const threadId = run.plan.thread === "open" ? undefined : run.to.threadId;
  const place = { chatRef: run.chat.ref, ...(threadId !== undefined && { threadId }) };
  const since = now - ambientMaxAgeMs;
  const said = await store.ambient(place, { messages: ambientMessages, since });
  // What was said while the gateway was away comes late, and is no younger for that.
  const recent = said.filter(({ sentAt }) => sentAt >= since);
  const shown = latest(recent, ambientTokens - textTokens(OPENING) - textTokens(CLOSING));
  return shown.length === 0 ? undefined : `${OPENING}${shown.join("\n")}${CLOSING}`;
}

/** Whether turns of a place come with background where there is any. */
export function mayHaveBackground({ chat }: Pick<Run, "chat">, { ambient }: Pick<ChatSettings, "ambient">): boolean {
  return ambient === "recent" && chat.kind !== "dm";
}

/** As many of the newest as fit, oldest first; of a single one that is too long, its beginning. */
function latest(said: readonly AmbientMessage[], room: number): string[] {
  const shown: string[] = [];
  let left = room;
  for (const message of said.toReversed()) {
    const whole = written(message);
    const fitting = textTokens(whole) <= left || shown.length > 0 ? whole : shortened(message, left);
    if (textTokens(fitting) > left) break;
    left -= textTokens(fitting) + 1;
    shown.unshift(fitting);
  }
  return shown;
}

function written({ author, sentAt, text, forwarded }: AmbientMessage): string {
  return tagged({ author, sentAt, text, attachments: [], ...(forwarded !== undefined && { forwarded }) });
}

function shortened(message: AmbientMessage, room: number): string {
  // A sign takes up to five units where it is escaped, and up to two tokens elsewhere.
  for (let units = message.text.length; units > 0; units = Math.floor(units / 2)) {
    const cut = written({ ...message, text: `${message.text.slice(0, units).replace(/[\uD800-\uDBFF]$/, "")}…` });
    if (textTokens(cut) <= room) return cut;
  }
  return written(message);
}
