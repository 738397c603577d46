import type { Run } from "../sessions/runs.ts";
import type { Compacted } from "./context.ts";
import { count, thousands } from "./words.ts";

/**
 * A run that sums its session up because somebody asked for it: in a session of their own everybody may, in one that others share
 * admins. @returns what the asker is told
 */
export async function compacted(
  run: Run,
  conversation: { compact(signal: AbortSignal): Promise<Compacted> },
  isAdmin: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<string> {
  const { plan, messages } = run;
  if (plan.root !== undefined && plan.root === messages[0]?.messageId) return EACH_ITS_OWN;
  if (plan.attribution !== "none" && !(await isAdmin())) return ADMINS_ONLY;
  const result = await conversation.compact(signal);
  switch (result.kind) {
    case "nothing":
      return "There is nothing to sum up yet: this conversation is no longer than its latest question and answer.";
    case "failed":
      return "I could not sum this conversation up just now, so it stays as it is. Please try again in a little while.";
    case "done":
      return (
        `Done: I have summed up ${count(result.messages, "message")} of this conversation. It took about ` +
        `${thousands(result.tokensBefore)} tokens and takes about ${thousands(result.tokensAfter)} now.`
      );
  }
}

const EACH_ITS_OWN =
  "Every question begins a conversation of its own here, so there is nothing to sum up. Inside such a conversation `/compact` does it.";

const ADMINS_ONLY = "This conversation belongs to everybody here, so only an admin of this chat can have it summed up.";
