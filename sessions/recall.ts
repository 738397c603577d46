/** A message of the past that a search found. */
export interface Found {
  /** Epoch ms. */
  at: number;
  role: "user" | "assistant";
  /** Who said it, for messages of people. */
  author?: { id: string; name: string };
  /** The text of the message, or the part of it around what was found, bounded. */
  text: string;
}

export interface RecallStore {
  /**
   * Search what was said in one session and nothing else, also what a summary stands for by now.
   *
   * @param words as a person types them; nothing in them is an operator
   * @returns best first; empty if there is nothing to search for
   */
  recall(sessionId: number, words: string, limit: number): Promise<Found[]>;
}
