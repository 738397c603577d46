import type { TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import type { DocumentBlock, ImageBlock } from "../sessions/transcript.ts";

export type FileBlock = ImageBlock | DocumentBlock;
export type ReadBlob = (hash: string) => Promise<Uint8Array>;

/** What the model is told of a file that it is not given. */
export function note({ type }: FileBlock, problem: string): TextBlockParam {
  return { type: "text", text: `[a ${type === "image" ? "picture" : "file"} that ${problem}]` };
}
