import type { Forward } from "../adapters/record.ts";
import type { Author } from "./transcript.ts";

/** A message that did not address the bot. */
export interface AmbientMessage {
  author: Author;
  /** Epoch ms. */
  sentAt: number;
  text: string;
  /** Set if the author only passes it on. */
  forwarded?: Forward;
}

/** How many of the latest there may be. */
export interface AmbientBounds {
  messages: number;
  /** Received since then, epoch ms. */
  since: number;
}

/**
 * What people say to one another where the bot is: background for its next answers in that very place. It is no turn, belongs
 * to no session, and is kept only as long as it may still be shown.
 */
export interface AmbientStore {
  /**
   * The latest messages of a chat that did not address the bot, outside of threads or of this one alone, oldest first.
   *
   * @param bounds what is beyond them is not given
   */
  ambient(place: { chatRef: number; threadId?: string }, bounds: AmbientBounds): Promise<AmbientMessage[]>;
}
