import type { BinaryNode } from "@whiskeysockets/baileys";

/** What a query is answered with: content, or the code of a refusal. */
export type Answer = BinaryNode[] | { refused: string; text: string };
