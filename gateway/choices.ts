import type { Adapter, Choice, Chunk } from "../adapters/adapter.ts";

/** Markdown in chunks, with what can be picked below it: as the platform shows it, or by number where it does not. */
export function withChoices(
  adapter: Adapter,
  markdown: string,
  choices: readonly Choice[],
  files?: Chunk["files"],
  /** What the first one is picked by, where it is by number. */
  from = 1,
): Chunk[] {
  const shown = adapter.choices === true;
  const numbers = shown ? [] : choices.map(({ label }, index) => `${from + index}. ${label}`);
  const text = numbers.length === 0 ? markdown : `${markdown}\n\n${numbers.join("\n")}\n\nAnswer with a number.`;
  return withLast(adapter.render(text), {
    ...(files !== undefined && { files }),
    ...(shown && choices.length > 0 && { choices }),
  });
}

export function withLast(chunks: readonly Chunk[], more: Partial<Chunk>): Chunk[] {
  return chunks.map((chunk, index) => (index === chunks.length - 1 ? { ...chunk, ...more } : chunk));
}
