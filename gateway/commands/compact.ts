import type { Command } from "./command.ts";

/**
 * Sums the conversation up, but for its latest turn. It changes what is given to the model, so it waits until whoever is being
 * answered in the conversation has been answered.
 */
export const compact: Command = {
  name: "compact",
  description: "Sum up this conversation, so that it becomes shorter",
  task: "compact",
};
