import type { Choice } from "./adapter.ts";
import { cutAtWord } from "./cut-at-word.ts";
import { oneLine } from "./one-line.ts";

const MAX_LABEL = 80;

/**
 * Choices as platforms can show them: each command once, with a label of one line and at most 80 UTF-16 units without
 * anything that is not seen; the command itself where nothing is left of the label.
 */
export function labelledChoices(choices: readonly Choice[]): Choice[] {
  const labels = new Map<string, string>();
  for (const { label, command } of choices) {
    if (!labels.has(command)) labels.set(command, cutAtWord(oneLine(label) || command, MAX_LABEL));
  }
  return [...labels].map(([command, label]) => ({ label, command }));
}
