import { privately, together } from "./places.ts";
import type { Strategy } from "./strategy.ts";

/** One conversation for the chat in which the agent keeps people apart: it answers each as a person of their own. */
export const taggedHybrid: Strategy = {
  name: "tagged-hybrid",
  summary: "One conversation for the chat in which the agent keeps track of who said what and answers each in person.",
  plan(record, { agent }) {
    if (record.chat.kind === "dm") return privately(record, agent);
    return {
      ...together(record, agent),
      guidance:
        "Keep the people apart: answer the author of the latest message in person, on that person's own matter. " +
        "Refer to what others said by their names when it helps, and never take one person's request for another's.",
    };
  },
};
