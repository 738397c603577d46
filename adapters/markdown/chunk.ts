import type { Chunk } from "../adapter.ts";
import { cutBlocks } from "./cut.ts";
import { parse } from "./parse.ts";
import type { Renderer } from "./renderer.ts";
import { settle } from "./settle.ts";
import { type Block, saysMoreThan, visibleText } from "./tree.ts";

/**
 * Cut Markdown into chunks, each rendered, within the renderer's limit and well-formed on its own.
 *
 * Together the chunks show all that the whole would show, once: only white space at a cut goes. Lists go on with the
 * next number, code with its language, a table without a second header. Markdown without anything to show, white space
 * for example, gives no chunk; a chunk is never empty. Never throws.
 */
export function renderChunks(markdown: string, renderer: Renderer): Chunk[] {
  const blocks = settle(parse(markdown), renderer.protocols);
  if (blocks.length === 0) return [];
  const whole = renderer.render(blocks);
  const chunks = renderer.measure(whole) <= renderer.limit ? [whole] : cut(blocks, renderer).map(renderer.render);
  return chunks.filter(({ plain }) => shows(plain));
}

/** The trees of the chunks: those of one message, in order, each within the renderer's limit. */
export function cut(blocks: readonly Block[], renderer: Renderer): Array<readonly Block[]> {
  const { limit, measure, render } = renderer;
  // What says far too much is not rendered to find that out: that would cost the length of all that is left, per chunk.
  const fits = (parts: readonly Block[]) => !saysMoreThan(4 * limit, parts) && measure(render(parts)) <= limit;
  const chunks: Array<readonly Block[]> = [];
  let rest = blocks;
  while (rest.length > 0) {
    let [head, tail] = cutBlocks(rest, { fits, fitAlone: fits, fresh: true });
    if (head.length === 0) [head, tail] = cutBare(rest, fits);
    chunks.push(head);
    rest = tail;
  }
  return chunks;
}

/** Where not even a character fits inside its block's markup, the words go on alone. */
function cutBare([first, ...rest]: readonly Block[], fits: (parts: readonly Block[]) => boolean): [Block[], Block[]] {
  if (first === undefined) return [[], []];
  const bare: Block = { type: "paragraph", spans: [{ text: visibleText([first]) }] };
  const [head, tail] = cutBlocks([bare], { fits, fitAlone: fits, fresh: true });
  return head.length === 0 ? [[bare], rest] : [[...head], [...tail, ...rest]];
}

// Platforms refuse a message of which nothing can be seen.
function shows(text: string): boolean {
  return /[^\s\p{Default_Ignorable_Code_Point}\p{Control}]/u.test(text);
}
