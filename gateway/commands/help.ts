import type { Command } from "./command.ts";

export const help: Command = {
  name: "help",
  description: "What I can do here",
  async run({ plan }, { commands, registry }) {
    const list = commands
      .map(
        ({ name, description, for: whom }) =>
          `- \`/${name}\` – ${description}${whom === undefined ? "" : ` (${whom})`}`,
      )
      .join("\n");
    const shape = registry.get(plan.strategy)?.summary ?? "";
    return `Write to me and I answer; in a group, mention me or reply to one of my messages.\n\n${list}\n\nHere: ${shape}`;
  },
};
