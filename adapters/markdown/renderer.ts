import type { Chunk } from "../adapter.ts";
import type { Block } from "./tree.ts";

/**
 * One platform's way to write a message.
 *
 * A text platform composes `layout` with its markup; see `telegram/render.ts` for the shape.
 */
export interface Renderer {
  /** Most that one chunk may measure; at least 16. */
  limit: number;
  /** Protocols that links may have, with their colon; addresses of others are shown as text. */
  protocols: readonly string[];
  /** Pure. Blocks come from one message, in order; what is written stands on its own. */
  render(blocks: readonly Block[]): Chunk;
  /** What the platform counts, in its unit. More content never measures less. */
  measure(chunk: Chunk): number;
}
